//! What a story looks at: X, the phones, the calls to the simulator, and the ledger.

use birdcall_domain::clock::{Clock as _, Timestamp};
use birdcall_ledger::{
    accounts::Account,
    texts::{Attempt, TextFilter},
};
use birdcall_sim::Direction;

use super::{
    seen::{SeenReply, SeenText},
    start::App,
};

impl App {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The posts on X, oldest first.
    pub(crate) fn posts(&self) -> Vec<String> {
        self.sim.posts().into_iter().map(|post| post.text).collect()
    }

    /// What we texted to a phone, oldest first.
    pub(crate) fn replies(&self, phone: &str) -> Vec<String> {
        self.sim
            .messages()
            .into_iter()
            .filter(|message| message.direction == Direction::OutboundApi && message.to == phone)
            .map(|message| message.body)
            .collect()
    }

    /// What we last texted to a phone. It is empty if we never did.
    pub(crate) fn last_reply(&self, phone: &str) -> String {
        self.replies(phone).pop().unwrap_or_default()
    }

    /// How often an endpoint of the simulator was called, including calls that met a fault.
    pub(crate) fn calls(&self, endpoint: &str) -> usize {
        let requests = self.sim.requests();
        let calls = requests
            .iter()
            .filter(|request| request.endpoint == endpoint);
        calls.count()
    }

    /// The value of a counter or a gauge in `/metrics`, or 0 if it is not there. All stories of the
    /// process share the metrics, so compare the values before and after.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let page = self.get(&self.metrics_url).await;
        let line = page.body.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        value.map_or(0, |value| value.parse().expect("a number"))
    }

    /// Waits until the metrics show this name. Web counts the rows in the background.
    pub(crate) async fn until_shown(&self, name: &str) {
        loop {
            let page = self.get(&self.metrics_url).await;
            if page.body.lines().any(|line| line.starts_with(name)) {
                return;
            }
        }
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> Vec<SeenText> {
        let all = TextFilter {
            limit: 10_000,
            ..TextFilter::default()
        };
        let texts = self.ledger.texts(&all).await.expect("the ledger");
        texts.into_iter().map(SeenText::from).collect()
    }

    /// The text with this sid, if it is in the ledger.
    pub(crate) async fn text_with(&self, sid: &str) -> Option<SeenText> {
        let sid = sid.parse().expect("a sid");
        let text = self.ledger.text(&sid).await.expect("the ledger");
        text.map(SeenText::from)
    }

    /// The text with this sid, which must be in the ledger.
    pub(crate) async fn row(&self, sid: &str) -> SeenText {
        let text = self.text_with(sid).await;
        text.expect("the text is in the ledger")
    }

    /// The state of a text as `state`, or as `state/reason` if it has a reason.
    pub(crate) async fn state(&self, sid: &str) -> String {
        let row = self.row(sid).await;
        row.reason.map_or(row.state.clone(), |reason| {
            format!("{}/{reason}", row.state)
        })
    }

    /// The replies to a text, oldest first.
    pub(crate) async fn replies_to(&self, sid: &str) -> Vec<SeenReply> {
        let sid = sid.parse().expect("a sid");
        let replies = self.ledger.replies_to(&sid).await.expect("the ledger");
        replies.into_iter().map(SeenReply::from).collect()
    }

    /// The calls to X that could post a text.
    pub(crate) async fn attempts(&self, sid: &str) -> Vec<Attempt> {
        let sid = sid.parse().expect("a sid");
        self.ledger.attempts(&sid).await.expect("the ledger")
    }

    /// The account of a phone, if it is linked.
    pub(crate) async fn account_of(&self, phone: &str) -> Option<Account> {
        let phone = phone.parse().expect("a phone");
        self.ledger.account_of(&phone).await.expect("the ledger")
    }
}
