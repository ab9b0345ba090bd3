//! The limits of connections.

use std::time::Duration;

/// The limits of the connections to one address.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// `HEADER_TIMEOUT`: how long the head of a request may take.
    pub header_timeout: Duration,
    /// `IDLE_TIMEOUT`: how long a connection may be idle between two requests.
    pub idle_timeout: Duration,
    /// `HEADER_BYTES_MAX`: the largest head of a request.
    pub header_bytes_max: usize,
    /// `CONNECTIONS_MAX`: the number of connections.
    pub connections_max: usize,
    /// `CONNECTIONS_PER_ADDRESS_MAX`: the number of connections of one peer; 0 for no limit.
    pub per_address_max: usize,
}

impl ConnectionLimits {
    /// The number of connections to an address that is for the operator alone.
    const INTERNAL_MAX: usize = 64;

    /// The limits of an address that is for the operator alone, such as the one of the metrics.
    #[must_use]
    pub fn internal(self) -> Self {
        Self {
            connections_max: self.connections_max.min(Self::INTERNAL_MAX),
            per_address_max: 0,
            ..self
        }
    }
}
