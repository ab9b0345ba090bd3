//! Sign-in links in replies. A link lets its holder link a number to an X account, so the ledger holds
//! none: a reply is stored with the address alone, and the link is made again when the reply is sent.

/// What a stored reply says in place of the part of a sign-in link that is worth stealing.
const HIDDEN: &str = "?[hidden]";

/// The body with the link's number and token hidden; `None`: it holds no link. What a person texted may look
/// like a link, and it is quoted before the link, so the last one is the one that counts.
pub(super) fn hide_link(body: &str, link: &str) -> Option<String> {
    let (address, _) = link.split_once('?')?;
    let (before, after) = body.rsplit_once(link)?;
    Some(format!("{before}{address}{HIDDEN}{after}"))
}

/// What comes before and after the link in a stored body. `None`: it holds no link. In every sentence, a
/// space comes before the link.
#[must_use]
pub fn around_link(stored: &str) -> Option<(&str, &str)> {
    let (before, after) = stored.rsplit_once(HIDDEN)?;
    let address = before.rfind(' ')? + 1;
    Some((&before[..address], after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_hidden_and_found_again() {
        let link = "https://b.example/auth/?phone=%2B15551230001&token=AAAA";
        for (body, before, after) in [
            (format!("Sign in: {link}"), "Sign in: ", ""),
            (
                format!("Sign-in needed: {link} . Nothing is waiting."),
                "Sign-in needed: ",
                " . Nothing is waiting.",
            ),
            (
                format!("We kept 'a https://b.example/auth/?[hidden]' and more: {link}"),
                "We kept 'a https://b.example/auth/?[hidden]' and more: ",
                "",
            ),
        ] {
            let hidden = hide_link(&body, link).expect("a link");
            let expected = format!("{before}https://b.example/auth/?[hidden]{after}");
            assert_eq!(hidden, expected);
            assert_eq!(around_link(&hidden), Some((before, after)));
        }
        assert_eq!(hide_link("no link", link), None);
        assert_eq!(hide_link("no link", ""), None);
        assert_eq!(around_link("no link"), None);
    }
}
