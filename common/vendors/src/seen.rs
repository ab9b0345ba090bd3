//! What a client last saw of its vendor: whether calls work.

use std::sync::{Arc, Mutex, PoisonError};

use birdcall_domain::{
    clock::SharedClock,
    overview::{Vendor, VendorSeen},
};

/// What a client last saw. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    vendor: Vendor,
    clock: SharedClock,
    last: Arc<Mutex<VendorSeen>>,
}

impl Seen {
    /// Nothing was seen yet.
    pub(crate) fn new(vendor: Vendor, clock: SharedClock) -> Self {
        Self {
            vendor,
            clock,
            last: Arc::default(),
        }
    }

    /// Notes how a call ended, in the word of the metrics.
    pub(crate) fn note(&self, class: &'static str) {
        let now = Some(self.clock.now());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.vendor.works(class) {
            last.ok_at = now;
        } else {
            last.failed_at = now;
            last.failure = Some(class.to_owned());
        }
    }

    /// What was seen last.
    pub(crate) fn last(&self) -> VendorSeen {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }
}
