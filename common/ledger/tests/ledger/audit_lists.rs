//! The audit: filtered, page by page, and taken away as a whole.

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{
    audit::{AuditEntry, Deed},
    audit_list::{DeedFilter, DeedPlace},
};

use crate::{
    engines::on_both_engines,
    ledger::{TestLedger, operator},
    values::{NOW, seconds},
};

on_both_engines!(
    the_audit_is_narrowed_by_who_what_and_when,
    page_after_page_has_every_entry_once,
    an_export_is_in_the_audit_and_so_in_itself,
);

impl TestLedger {
    async fn did(&self, id: &str, actor: &str, action: &str, at: Timestamp) {
        let deed = Deed {
            actor,
            action,
            subject: "it",
            detail: "",
        };
        self.audit(id, deed, at).await.unwrap();
    }

    async fn ids(&self, filter: &DeedFilter) -> Vec<String> {
        let deeds = self.deeds_of(filter, None, 100).await.unwrap();
        let total = self.deed_total_of(filter).await.unwrap();
        assert_eq!((total.count, total.all), (deeds.len() as u64, true));
        deeds.into_iter().map(|deed| deed.id).collect()
    }
}

async fn the_audit_is_narrowed_by_who_what_and_when(ledger: TestLedger) {
    ledger.did("1", "ada", "block", NOW).await;
    ledger.did("2", "olivia", "block", NOW + seconds(1)).await;
    ledger.did("3", "ada", "erase", NOW + seconds(2)).await;
    let any = DeedFilter::default();
    let named = |actor: &str, action: &str| DeedFilter {
        actor: Some(actor.to_owned()).filter(|actor| !actor.is_empty()),
        action: Some(action.to_owned()).filter(|action| !action.is_empty()),
        ..DeedFilter::default()
    };
    let between = |since, until| DeedFilter {
        since: Some(since),
        until: Some(until),
        ..DeedFilter::default()
    };
    for (filter, expected) in [
        (any, &["3", "2", "1"][..]),
        (named("ada", ""), &["3", "1"]),
        (named("", "block"), &["2", "1"]),
        (named("ada", "block"), &["1"]),
        (named("nobody", ""), &[]),
        (between(NOW, NOW + seconds(2)), &["2", "1"]),
        (between(NOW + seconds(1), NOW + seconds(9)), &["3", "2"]),
    ] {
        assert_eq!(ledger.ids(&filter).await, expected, "{}", filter.words());
    }
}

async fn page_after_page_has_every_entry_once(ledger: TestLedger) {
    let mut expected = Vec::new();
    for number in 0..7_u32 {
        // Three have the same moment.
        let at = NOW + seconds(u64::from(number / 3));
        ledger.did(&format!("{number}"), "ada", "block", at).await;
        expected.push(format!("{number}"));
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let filter = DeedFilter::default();
        let some = ledger.deeds_of(&filter, after.as_ref(), 2).await.unwrap();
        let last: Option<DeedPlace> = some.last().map(AuditEntry::place);
        found.extend(some.into_iter().map(|deed| deed.id));
        match last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    assert_eq!(found, ["6", "3", "4", "5", "0", "1", "2"]);
    found.sort_unstable();
    assert_eq!(found, expected);
}

async fn an_export_is_in_the_audit_and_so_in_itself(ledger: TestLedger) {
    let filter = DeedFilter {
        actor: Some("olivia".to_owned()),
        ..DeedFilter::default()
    };
    let begun = ledger.begin_export(&filter, operator("deed"), NOW);
    begun.await.unwrap();
    let deeds = ledger.deeds_of(&filter, None, 10).await.unwrap();
    let cells = deeds[0].cells("then");
    let expected = [
        "deed",
        "then",
        "olivia",
        "export",
        "audit",
        "entries with actor olivia",
        "",
    ];
    assert_eq!(cells, expected);
}
