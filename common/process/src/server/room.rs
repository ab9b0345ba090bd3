//! The places for connections to one address, and the rule for who gives way.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use metrics::{counter, gauge};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::phase::Phase;
use crate::telemetry::LineLimit;

/// The places for connections to one address.
pub(super) struct Room {
    max: usize,
    /// 0 for no limit.
    per_peer_max: usize,
    seats: Mutex<Seats>,
    /// Something has changed for a connection that waits for a place.
    changed: Notify,
}

#[derive(Default)]
struct Seats {
    taken: HashMap<IpAddr, usize>,
    count: usize,
    /// The connections that may be closed to make room, longest waiting first.
    waiting: BTreeMap<u64, Waiting>,
    /// The number of connections that were asked to leave and have not left.
    leaving: HashMap<IpAddr, usize>,
    next: u64,
}

struct Waiting {
    peer: IpAddr,
    leave: CancellationToken,
}

/// A connection is turned away, because its peer has as many as it may and all of them are at work.
#[derive(Debug)]
pub(super) struct TurnedAway;

/// Whether there is a place now.
enum Answer {
    Enter,
    Wait,
    TurnAway,
}

impl Room {
    pub(super) fn new(max: usize, per_peer_max: usize) -> Arc<Self> {
        Arc::new(Self {
            max: max.max(1),
            per_peer_max,
            seats: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Gives a connection of this peer a place, as soon as there is one.
    pub(super) async fn enter(self: &Arc<Self>, peer: IpAddr) -> Result<Place, TurnedAway> {
        static FULL: LineLimit = LineLimit::new();
        let peer = counted_as(peer);
        loop {
            let answer = self.seats().ask(peer, self.max, self.per_peer_max);
            match answer {
                Answer::Enter => return Ok(Place::take(self, peer)),
                Answer::Wait => self.changed.notified().await,
                Answer::TurnAway => {
                    counter!("birdcall_connections_closed_total", "reason" => "address_full")
                        .increment(1);
                    if let Some(more) = FULL.admit() {
                        tracing::warn!(%peer, more, "a peer has CONNECTIONS_PER_ADDRESS_MAX requests under way");
                    }
                    return Err(TurnedAway);
                }
            }
        }
    }

    /// Asks the connection that has waited longest to leave, if there is one.
    pub(super) fn make_room(&self) {
        self.seats().ask_to_leave(None);
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    /// Says whether a connection of this peer may enter. If it has to wait, another one was asked to
    /// leave for it, unless all are at work.
    fn ask(&mut self, peer: IpAddr, max: usize, per_peer_max: usize) -> Answer {
        let of_peer = number(&self.taken, peer);
        if per_peer_max > 0 && of_peer >= per_peer_max {
            let is_leaving = of_peer - number(&self.leaving, peer) < per_peer_max;
            return match is_leaving || self.ask_to_leave(Some(peer)) {
                true => Answer::Wait,
                false => Answer::TurnAway,
            };
        }
        if self.count < max {
            return Answer::Enter;
        }
        let leaving: usize = self.leaving.values().sum();
        if self.count - leaving >= max {
            self.ask_to_leave(None);
        }
        Answer::Wait
    }

    /// Asks the connection that has waited longest, of this peer or of any, to leave.
    fn ask_to_leave(&mut self, peer: Option<IpAddr>) -> bool {
        let is_asked = |waiting: &Waiting| peer.is_none_or(|peer| waiting.peer == peer);
        let found = self.waiting.iter().find(|(_, waiting)| is_asked(waiting));
        let Some(waiting) = found
            .map(|(turn, _)| *turn)
            .and_then(|turn| self.waiting.remove(&turn))
        else {
            return false;
        };
        *self.leaving.entry(waiting.peer).or_default() += 1;
        waiting.leave.cancel();
        true
    }
}

fn number(of: &HashMap<IpAddr, usize>, peer: IpAddr) -> usize {
    of.get(&peer).copied().unwrap_or(0)
}

fn one_less(of: &mut HashMap<IpAddr, usize>, peer: IpAddr) {
    if let Some(number) = of.get_mut(&peer) {
        *number -= 1;
        if *number == 0 {
            of.remove(&peer);
        }
    }
}

/// The address by which a peer's connections are counted. A customer of a network usually gets at
/// least 2^64 addresses of IPv6.
fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// The place of one connection. It is free again when this is dropped.
pub(super) struct Place {
    room: Arc<Room>,
    peer: IpAddr,
    /// Where it is in [`Seats::waiting`], while it waits.
    turn: Mutex<Option<u64>>,
    phase: watch::Sender<Phase>,
    /// It is asked to leave.
    pub(super) leave: CancellationToken,
}

impl Place {
    fn take(room: &Arc<Room>, peer: IpAddr) -> Self {
        let mut seats = room.seats();
        seats.count += 1;
        *seats.taken.entry(peer).or_default() += 1;
        drop(seats);
        gauge!("birdcall_connections").increment(1);
        let place = Self {
            room: Arc::clone(room),
            peer,
            turn: Mutex::new(None),
            phase: watch::Sender::new(Phase::Head),
            leave: CancellationToken::new(),
        };
        place.enter(Phase::Head);
        place
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Tells of every new phase.
    pub(super) fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Begins a phase.
    pub(super) fn enter(&self, phase: Phase) {
        let mut seats = self.room.seats();
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turn.take() {
            seats.waiting.remove(&turn);
        }
        if phase != Phase::Working && !self.leave.is_cancelled() {
            let next = seats.next;
            seats.next += 1;
            *turn = Some(next);
            let waiting = Waiting {
                peer: self.peer,
                leave: self.leave.clone(),
            };
            seats.waiting.insert(next, waiting);
            self.room.changed.notify_one();
        }
        self.phase.send_replace(phase);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut seats = self.room.seats();
        let turn = self
            .turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(turn) = turn {
            seats.waiting.remove(&turn);
        }
        seats.count -= 1;
        one_less(&mut seats.taken, self.peer);
        if self.leave.is_cancelled() {
            one_less(&mut seats.leaving, self.peer);
        }
        drop(seats);
        gauge!("birdcall_connections").decrement(1);
        self.room.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures_util::FutureExt as _;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const TWO: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    /// What becomes of a connection at this moment: it enters, waits, or is turned away.
    fn asks(room: &Arc<Room>, peer: IpAddr) -> Option<Result<Place, TurnedAway>> {
        room.enter(peer).now_or_never()
    }

    fn enters(room: &Arc<Room>, peer: IpAddr) -> Place {
        asks(room, peer).expect("a place").expect("a place")
    }

    #[test]
    fn the_connection_that_has_waited_longest_makes_room() {
        let room = Room::new(3, 0);
        let [first, second, third] = [ONE, TWO, ONE].map(|peer| enters(&room, peer));
        // The first one gets a request and rests again, so it waits less long than the others.
        first.enter(Phase::Working);
        first.enter(Phase::Idle);
        assert!(asks(&room, ONE).is_none());
        assert!(second.leave.is_cancelled());
        assert!(!first.leave.is_cancelled() && !third.leave.is_cancelled());
        // One that is on its way out is enough.
        assert!(asks(&room, ONE).is_none());
        assert!(!first.leave.is_cancelled() && !third.leave.is_cancelled());
        drop(second);
        let _fourth = enters(&room, ONE);
    }

    #[test]
    fn a_connection_at_work_is_never_asked_to_leave() {
        let room = Room::new(2, 0);
        let [first, second] = [ONE, TWO].map(|peer| enters(&room, peer));
        first.enter(Phase::Working);
        second.enter(Phase::Working);
        assert!(asks(&room, ONE).is_none());
        assert!(!first.leave.is_cancelled() && !second.leave.is_cancelled());
        room.make_room();
        assert!(!first.leave.is_cancelled() && !second.leave.is_cancelled());
        // A body that is still on its way is not work yet.
        first.enter(Phase::Body);
        assert!(asks(&room, ONE).is_none());
        assert!(first.leave.is_cancelled());
    }

    #[test]
    fn a_peer_makes_room_among_its_own_connections() {
        let room = Room::new(10, 2);
        let other = enters(&room, TWO);
        let [first, second] = [ONE, ONE].map(|peer| enters(&room, peer));
        first.enter(Phase::Working);
        assert!(asks(&room, ONE).is_none());
        assert!(second.leave.is_cancelled() && !other.leave.is_cancelled());
        drop(second);
        let third = enters(&room, ONE);
        third.enter(Phase::Working);
        assert!(asks(&room, ONE).expect("an answer").is_err());
        let _another = enters(&room, TWO);
        drop(first);
        let _fourth = enters(&room, ONE);
    }

    #[test]
    fn peers_of_one_network_are_one_peer() {
        for (peer, counted) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(counted_as(peer).to_string(), counted);
        }
    }
}
