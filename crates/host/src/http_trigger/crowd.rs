//! The open connections, so that there are never more than the process has files for.
//!
//! When there is no room for one more, one that is in no request has to go: of the address with the most such connections
//! the one that has waited the longest. A flood of connections thus displaces itself first.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// All connections of a listener.
#[derive(Debug)]
pub(super) struct Crowd {
    limit: usize,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    /// How often a connection became idle so far: the order in which they did, whatever a clock says.
    idled: u64,
    by_number: HashMap<u64, Member>,
}

#[derive(Debug)]
struct Member {
    address: IpAddr,
    /// When it became idle, in the order of all that did; none while it is in a request.
    idle_since: Option<u64>,
    leave: CancellationToken,
}

impl Crowd {
    /// Room for so many, at least one.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), members: Mutex::default() })
    }

    /// Lets a connection in. When there is no room another one is asked to leave; none when every one is in a request.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Membership> {
        let mut members = self.lock();
        if members.by_number.len() >= self.limit {
            let number = members.least_missed()?;
            // Out of the count at once: its files are closed within moments.
            let member = members.by_number.remove(&number)?;
            member.leave.cancel();
        }
        let number = members.next;
        members.next += 1;
        let leave = CancellationToken::new();
        let member = Member { address, idle_since: Some(members.idle_now()), leave: leave.clone() };
        members.by_number.insert(number, member);
        Some(Membership { crowd: Arc::clone(self), number, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // Whole after any panic: every change is one insertion, removal or assignment.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn idle_now(&mut self) -> u64 {
        self.idled += 1;
        self.idled
    }

    /// The connection in no request that has waited the longest, of the address that has the most of them.
    fn least_missed(&self) -> Option<u64> {
        let idle = || self.by_number.iter().filter_map(|(number, m)| Some((number, m.address, m.idle_since?)));
        let mut crowds: HashMap<IpAddr, usize> = HashMap::new();
        for (_, address, _) in idle() {
            *crowds.entry(address).or_default() += 1;
        }
        let rank = |address: IpAddr, since: u64| (crowds.get(&address).copied(), std::cmp::Reverse(since));
        idle().max_by_key(|(_, address, since)| rank(*address, *since)).map(|(number, _, _)| *number)
    }
}

/// A connection's place in the crowd; free again when dropped.
#[derive(Debug)]
pub(super) struct Membership {
    crowd: Arc<Crowd>,
    number: u64,
    /// Cancelled when the connection has to go.
    pub(super) leave: CancellationToken,
}

impl Membership {
    /// The connection is in a request until the returned value is dropped.
    pub(super) fn begin_request(self: &Arc<Self>) -> InRequest {
        if let Some(member) = self.crowd.lock().by_number.get_mut(&self.number) {
            member.idle_since = None;
        }
        InRequest(Arc::clone(self))
    }

    fn end_request(&self) {
        let mut members = self.crowd.lock();
        let now = members.idle_now();
        if let Some(member) = members.by_number.get_mut(&self.number) {
            member.idle_since = Some(now);
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.crowd.lock().by_number.remove(&self.number);
    }
}

/// A request of a connection, until its answer is handed over.
#[derive(Debug)]
pub(super) struct InRequest(Arc<Membership>);

impl Drop for InRequest {
    fn drop(&mut self) {
        self.0.end_request();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_flood_displaces_itself_and_no_request() {
        let crowd = Crowd::new(4);
        let camera = Arc::new(crowd.enter(from(1)).unwrap());
        let request = camera.begin_request();
        let other = crowd.enter(from(2)).unwrap();
        let mut flood = Vec::new();
        for number in 0..20 {
            flood.push(crowd.enter(from(9)).expect("one of the flood makes room"));
            let gone = flood.iter().filter(|member| member.leave.is_cancelled()).count();
            assert_eq!(gone, (number + 1_usize).saturating_sub(2), "{number}");
        }
        assert!(!camera.leave.is_cancelled() && !other.leave.is_cancelled());
        // In order of age: only the two youngest are left.
        assert!(flood.iter().rev().take(2).all(|member| !member.leave.is_cancelled()));
        drop(request);
    }

    #[test]
    fn where_every_connection_is_in_a_request_a_new_one_has_to_wait() {
        let crowd = Crowd::new(1);
        let only = Arc::new(crowd.enter(from(1)).unwrap());
        let request = only.begin_request();
        assert!(crowd.enter(from(2)).is_none());
        drop(request);
        assert!(crowd.enter(from(2)).is_some());
        assert!(only.leave.is_cancelled());
    }
}
