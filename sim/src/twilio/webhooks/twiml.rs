//! The check whether a webhook's answer is TwiML. Its verbs are not executed.

/// Returns Twilio's error code for an answer it cannot use: 11200 for a status other than 200,
/// 12300 for a wrong content type, and 12100 for an invalid document.
pub(super) fn refusal(status: u16, content_type: &str, body: &str) -> Option<u32> {
    if status != 200 {
        return Some(11200);
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(kind, "text/xml" | "application/xml") {
        return Some(12300);
    }
    (!is_response(body)).then_some(12100)
}

/// Returns whether the text is one `Response` element whose tags match. Comments, CDATA and a
/// quoted `>` are not understood, because Birdcall has no reason to send them.
fn is_response(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{FEFF}').trim();
    if let Some(after) = rest.strip_prefix("<?xml") {
        let Some((_, after)) = after.split_once("?>") else {
            return false;
        };
        rest = after.trim_start();
    }
    let mut open: Vec<&str> = Vec::new();
    let mut seen_root = false;
    while !rest.is_empty() {
        let Some((text, after)) = rest.split_once('<') else {
            return false;
        };
        if open.is_empty() && !text.trim().is_empty() || (open.is_empty() && seen_root) {
            return false;
        }
        let Some((tag, after)) = after.split_once('>') else {
            return false;
        };
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return false;
            }
        } else {
            let name = tag
                .trim_end_matches('/')
                .split_whitespace()
                .next()
                .unwrap_or_default();
            if name.is_empty() || (open.is_empty() && name != "Response") {
                return false;
            }
            seen_root = true;
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        if open.is_empty() {
            return rest.trim().is_empty();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn only_a_response_document_is_accepted() {
        for good in [
            "<Response/>",
            "<Response></Response>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n</Response>\n",
            "<Response><Message to=\"+1\">hi</Message></Response>",
        ] {
            assert_eq!(
                refusal(200, "text/xml; charset=utf-8", good),
                None,
                "{good}"
            );
        }
        for bad in [
            "",
            "ok",
            "<Response>",
            "<Other/>",
            "<Response/><Response/>",
            "<Response></X>",
        ] {
            assert_eq!(refusal(200, "text/xml", bad), Some(12100), "{bad}");
        }
        assert_eq!(refusal(200, "text/plain", "<Response/>"), Some(12300));
        assert_eq!(refusal(204, "text/xml", ""), Some(11200));
    }
}
