//! `docs/errors.md` is made from the tables of the errors of X and Twilio. This test compares them;
//! with `BIRDCALL_UPDATE=1` in the environment it writes the page instead.

use std::{fmt::Write as _, fs};

use birdcall_domain::reply::{Sentence, TWILIO_ERRORS, TwilioBecomes, Words};
use birdcall_vendors::x::errors::{Becomes, KNOWN, Known, Name};

use crate::{
    source::{read, root},
    states::is_update,
};

const HEAD: &str = "\
# Errors of X and Twilio

<!-- Made from `common/vendors/src/x/errors.txt` and `common/domain/src/reply/twilio_errors.txt`: change
a row there, and then run `BIRDCALL_UPDATE=1 cargo test -p birdcall --test architecture`. -->

This page is for the operator. It lists every error of X and of Twilio that Birdcall knows, and what each
one becomes. The replies are explained in [Texting](texting.md), and the reasons for a wait in [the
command's page](cli.md#states-of-a-text).

## X

Birdcall looks at the `type` of X's answer first, then at the code, then at the words of `detail` and of
each `message`, and last at the HTTP status. It looks for whole phrases only, and leaves out what X
repeats of the request: what a person texted never decides. An answer that is not in X's words (a web
page, or the JSON of a service in front of X) decides nothing, and the text is tried again.

| it becomes | which means |
|---|---|
| limit of the account | The text waits until the moment that X named. If X named none, it is tried again after delays that grow from `RETRY_DELAY_MIN` to `RETRY_DELAY_MAX`. Its sender is told |
| limit of the app | The same, and all posting pauses |
| out of credit | All posting pauses, and one text at a time tries. The senders are told |
| the operator's trouble | All posting pauses, and one text at a time tries. The senders are told that the operator has to act. `birdcall texts show` gives X's words |
| new access token | The access token is refreshed once, and then the text waits as in an outage. Nobody is signed out |
| sign in | The owner is asked to sign in again. The text is kept |
| outage | The text is tried again. After an answer of 500 or more, Birdcall first looks whether it was posted |
| refused | The text is refused. Its sender is told the reason |
| by status | 400, 403, 422 and other statuses refuse the text, and its sender is told X's words. 401, 402 and 429 mean what the table says of a token, of credit and of a limit. After 404, 405, 406, 408, 409, 410, 421, 423, 425 and 426 the text is tried again |

X is asked to delete a post until it answers `\"deleted\": true`, the type `resource-not-found` or the code
144. A 404 of another kind does not count as deleted.

| X says | with status | it becomes |
|---|---|---|
";

const TWILIO: &str = "
## Twilio

A code in Twilio's answer decides about a reply that is being sent. A code in a delivery report decides
whether a reply that Twilio accepted is sent again. Only a code that says that the phone can't be reached
ends a reply. A reply with an unknown code waits for the operator, and is tried until its deadline.

| code | meaning | the reply |
|---|---|---|
";

fn x_row(row: &Known) -> String {
    let named = match row.name {
        Name::Type(name) => format!("type `{name}`"),
        Name::Code(code) => format!("code {code}"),
        Name::Words => String::new(),
    };
    let said = [named, row.words.replace(" * ", " … ")];
    let said: Vec<String> = said.into_iter().filter(|it| !it.is_empty()).collect();
    let becomes = match &row.becomes {
        Becomes::UserLimit => "limit of the account".to_owned(),
        Becomes::AppLimit => "limit of the app".to_owned(),
        Becomes::Credit => "out of credit".to_owned(),
        Becomes::Operator => "the operator's trouble".to_owned(),
        Becomes::Token => "new access token".to_owned(),
        Becomes::SignIn => "sign in".to_owned(),
        Becomes::Outage => "outage".to_owned(),
        Becomes::ByStatus => "by status".to_owned(),
        Becomes::Refused(rejection) => {
            let sentence = Sentence::CommandRejected(rejection.clone());
            let body = sentence.compose(Words::default(), 99).body;
            format!("refused: `{}`", body.replace("That did not work: ", ""))
        }
    };
    format!("| {} | {} | {becomes} |\n", said.join(": "), row.status)
}

fn twilio_words(becomes: TwilioBecomes) -> &'static str {
    match becomes {
        TwilioBecomes::OptedOut => {
            "is not sent. Nothing is texted to that phone until it texts START"
        }
        TwilioBecomes::Unreachable => "fails",
        TwilioBecomes::Wait => "waits, and is tried again",
        TwilioBecomes::Operator => "waits for the operator",
        TwilioBecomes::Account => "waits for the operator, like all replies",
        TwilioBecomes::AgainSoon => "is sent once more after 5 minutes",
        TwilioBecomes::AgainLater => "is sent once more after an hour",
        TwilioBecomes::Report => "is not sent again",
    }
}

#[test]
fn the_page_of_errors_is_made_from_the_tables() {
    let mut page = HEAD.to_owned();
    for row in KNOWN.iter() {
        page.push_str(&x_row(row));
    }
    page.push_str(TWILIO);
    let mut rows: Vec<_> = TWILIO_ERRORS.iter().collect();
    rows.sort_by_key(|row| row.code);
    for row in rows {
        let becomes = twilio_words(row.becomes);
        writeln!(page, "| {} | {} | {becomes} |", row.code, row.words).expect("a string");
    }
    if is_update() {
        fs::write(root().join("docs/errors.md"), &page).expect("the page can be written");
    }
    assert!(
        page == read("docs/errors.md"),
        "docs/errors.md differs from the tables: BIRDCALL_UPDATE=1 cargo test -p birdcall --test architecture"
    );
}
