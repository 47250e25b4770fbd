//! What goes wrong, one after the other, each kind at least once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tollbooth_object_store_server::{Fault, On};
use tollbooth_tests::link::{Link, Trouble, Way};

use crate::cluster::{Cluster, Former};
use crate::record::Record;

/// After a trouble traffic must flow again within this time.
const RECOVERY: Duration = Duration::from_secs(150);
/// So many photos are traffic that flows.
const FLOW: u64 = 5;
/// A link over which everything takes longer, for each piece of up to 16 KiB.
const SLOW: Way = Way::Slow(Duration::from_millis(150));

/// Two parties that talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// A replica and the database.
    Database,
    /// A replica and the object store.
    Store,
    /// Cameras and a replica.
    Cameras,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `kill -9` of a replica, which starts again.
    Replica,
    /// `kill -9` of the database, which starts again.
    Database,
    /// The death of the object store, which starts again. Not of one in this process.
    Store,
    /// The object store fails in this way at every such request. Only of one in this process.
    StoreFails(On, Fault),
    /// A link of one replica.
    Link(Between, Trouble),
    /// The same link of all of them.
    Links(Between, Trouble),
    /// The standby and the database.
    Replication(Trouble),
    /// The database dies, and its standby takes its place.
    FailOver,
    /// The same, after the standby got nothing for a while.
    FailOverOfOneThatLags,
    /// The standby takes the place of a database that lives on, and a replica goes on talking to the former.
    TwoFirsts,
    /// The second comes while the first lasts, and is mended before it. The first is no failover, and of another replica.
    During(Box<Self>, Box<Self>),
}

/// What is thrown at a cluster, one by one and two at once. A store in this process fails in more ways than by dying.
#[must_use]
pub fn kinds(store_in_process: bool) -> Vec<Kind> {
    let slow = Trouble::Ways(SLOW, SLOW);
    let busy = Trouble::Answered(SLOW_DOWN.into());
    let mut kinds = vec![
        Kind::Replica,
        Kind::Database,
        Kind::Replication(Trouble::STALLED),
        Kind::Replication(Trouble::Cut),
        Kind::FailOver,
        Kind::FailOverOfOneThatLags,
        Kind::TwoFirsts,
        Kind::Link(Between::Store, busy.clone()),
        Kind::Links(Between::Store, busy),
        Kind::Links(Between::Database, Trouble::STALLED),
        Kind::Links(Between::Store, Trouble::NO_ANSWERS),
    ];
    for between in [Between::Database, Between::Store, Between::Cameras] {
        for trouble in [Trouble::Cut, Trouble::STALLED, Trouble::NO_ANSWERS, Trouble::NO_REQUESTS, slow.clone()] {
            kinds.push(Kind::Link(between, trouble));
        }
    }
    let away = if store_in_process {
        kinds.extend([
            Kind::StoreFails(On::Write, Fault::InternalErrorAfterwards),
            Kind::StoreFails(On::Write, Fault::BrokenAfterwards),
            Kind::StoreFails(On::Write, Fault::SaidToBeThere),
            Kind::StoreFails(On::Write, Fault::ForeignPage),
            Kind::StoreFails(On::Read, Fault::CutOff),
            Kind::StoreFails(On::Read, Fault::WrongDigest),
            Kind::StoreFails(On::Read, Fault::ForeignPage),
        ]);
        Kind::StoreFails(On::Write, Fault::BrokenAfterwards)
    } else {
        kinds.push(Kind::Store);
        Kind::Store
    };
    kinds.extend(pairs(away));
    kinds
}

/// Two at once, where one part is what keeps the other's failure harmless. `away` is how the store fails.
fn pairs(away: Kind) -> Vec<Kind> {
    let during = |first: Kind, second: Kind| Kind::During(Box::new(first), Box::new(second));
    vec![
        during(away.clone(), Kind::Database),
        during(away, Kind::Link(Between::Database, Trouble::STALLED)),
        during(Kind::Replica, Kind::FailOver),
        during(Kind::Replica, Kind::Link(Between::Database, Trouble::NO_ANSWERS)),
        during(Kind::Links(Between::Store, Trouble::Answered(SLOW_DOWN.into())), Kind::FailOver),
        during(Kind::Link(Between::Cameras, Trouble::Cut), Kind::Replication(Trouble::STALLED)),
        during(Kind::Links(Between::Store, Trouble::NO_ANSWERS), Kind::Links(Between::Database, Trouble::Cut)),
    ]
}

/// What S3 says when it has too much to do, <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
const SLOW_DOWN: &str = "HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\ncontent-length: 108\r\nconnection: close\r\n\r\n\
<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

/// Chance that follows from a seed: the same troubles in the same order, though never at the same moments.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end.max(1)
    }

    /// Puts them into another order.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// Makes one trouble and mends it, and waits until traffic flows again. How often it met somebody; of two at once, the one
/// that met fewer.
///
/// # Errors
/// What could not be done: a server that does not start again ends the run.
pub fn make(
    cluster: &mut Cluster,
    kind: &Kind,
    hold: Duration,
    dice: &mut Dice,
    record: &Record,
) -> Result<u64, String> {
    let one = dice.below(cluster.replicas.len());
    let met = match kind {
        Kind::During(first, second) => {
            let before = begin(cluster, first, one, record)?;
            // Alone for a while, for it may keep the second from meeting anybody, or the second it.
            std::thread::sleep(hold / 2);
            let next = (one + 1) % cluster.replicas.len().max(1);
            let of_second = strike(cluster, second, next, hold, record)?;
            end(cluster, first, one, before, record)?.min(of_second)
        }
        _ => strike(cluster, kind, one, hold, record)?,
    };
    flows_again(kind, record);
    Ok(met)
}

/// Makes one trouble, of the replica of this number where it is of one, holds it, and mends it. How often it met somebody.
fn strike(cluster: &mut Cluster, kind: &Kind, one: usize, hold: Duration, record: &Record) -> Result<u64, String> {
    match kind {
        Kind::FailOver => {
            let before = troubled(record);
            cluster.fail_over(Former::Dies)?;
            Ok(troubled(record) - before)
        }
        Kind::FailOverOfOneThatLags => {
            let before = cluster.replication.met();
            cluster.replication.set(Trouble::STALLED);
            std::thread::sleep(hold);
            let met = cluster.replication.met() - before;
            // What is held on the way is lost with the one who sent it.
            cluster.replication.set(Trouble::Cut);
            cluster.fail_over(Former::Dies)?;
            Ok(met)
        }
        Kind::TwoFirsts => {
            let before = troubled(record);
            cluster.fail_over(Former::LivesOn(hold))?;
            Ok(troubled(record) - before)
        }
        held => {
            let before = begin(cluster, held, one, record)?;
            std::thread::sleep(hold);
            end(cluster, held, one, before, record)
        }
    }
}

/// Begins a trouble that lasts until [`end`]. What had been met before it.
fn begin(cluster: &mut Cluster, kind: &Kind, one: usize, record: &Record) -> Result<u64, String> {
    Ok(match kind {
        Kind::Replica => {
            let before = troubled(record);
            cluster.replicas.get_mut(one).ok_or("no replica")?.kill();
            before
        }
        Kind::Database => {
            let before = troubled(record);
            cluster.database.server().kill()?;
            before
        }
        Kind::Store => {
            let before = troubled(record);
            cluster.bucket.server().kill();
            before
        }
        Kind::StoreFails(on, fault) => {
            let failing = cluster.failing.as_ref().ok_or("the store is not in this process")?;
            // What failed before is counted no more.
            let _ = failing.heal();
            failing.fail(*on, *fault, u32::MAX);
            0
        }
        Kind::Link(between, trouble) => {
            let link = links(cluster, *between).get(one).ok_or("no link")?;
            begin_over(std::slice::from_ref(link), trouble)
        }
        Kind::Links(between, trouble) => begin_over(links(cluster, *between), trouble),
        Kind::Replication(trouble) => begin_over(std::slice::from_ref(&cluster.replication), trouble),
        Kind::FailOver | Kind::FailOverOfOneThatLags | Kind::TwoFirsts | Kind::During(..) => {
            return Err(format!("{kind:?} does not last"));
        }
    })
}

/// Mends what [`begin`] made. How often it met somebody.
fn end(cluster: &mut Cluster, kind: &Kind, one: usize, before: u64, record: &Record) -> Result<u64, String> {
    let met = match kind {
        Kind::Replica => {
            cluster.replicas.get_mut(one).ok_or("no replica")?.restart();
            troubled(record)
        }
        Kind::Database => {
            cluster.database.server().restart()?;
            troubled(record)
        }
        Kind::Store => {
            cluster.bucket.server().restart()?;
            troubled(record)
        }
        Kind::StoreFails(..) => cluster.failing.as_ref().map_or(0, |failing| u64::from(failing.heal())),
        Kind::Link(between, _) => {
            let link = links(cluster, *between).get(one).ok_or("no link")?;
            end_over(std::slice::from_ref(link))
        }
        Kind::Links(between, _) => end_over(links(cluster, *between)),
        Kind::Replication(_) => end_over(std::slice::from_ref(&cluster.replication)),
        Kind::FailOver | Kind::FailOverOfOneThatLags | Kind::TwoFirsts | Kind::During(..) => before,
    };
    Ok(met - before)
}

/// Cameras that met trouble so far.
fn troubled(record: &Record) -> u64 {
    record.refused.load(Ordering::Relaxed) + record.unanswered.load(Ordering::Relaxed)
}

const fn links(cluster: &Cluster, between: Between) -> &Vec<Link> {
    match between {
        Between::Database => &cluster.to_database,
        Between::Store => &cluster.to_store,
        Between::Cameras => &cluster.to_replica,
    }
}

fn met(links: &[Link]) -> u64 {
    links.iter().map(Link::met).sum()
}

fn begin_over(links: &[Link], trouble: &Trouble) -> u64 {
    let before = met(links);
    links.iter().for_each(|link| link.set(trouble.clone()));
    before
}

fn end_over(links: &[Link]) -> u64 {
    links.iter().for_each(|link| link.set(Trouble::None));
    met(links)
}

/// Waits until photos are taken again: an outage that goes on when its cause is mended is one of ours.
fn flows_again(kind: &Kind, record: &Record) {
    let (before, deadline) = (record.taken.load(Ordering::Relaxed), Instant::now() + RECOVERY);
    while !record.is_sent() && record.taken.load(Ordering::Relaxed) < before + FLOW {
        if Instant::now() > deadline {
            record.violation(format!("no photo was taken for {RECOVERY:?} after {kind:?} was mended"));
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_follows_from_the_seed_and_loses_nothing() {
        let shuffled = |seed| {
            let mut all = kinds(false);
            Dice::new(seed).shuffle(&mut all);
            all
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        assert!(kinds(false).iter().all(|kind| shuffled(7).contains(kind)));
    }

    #[test]
    fn of_two_at_once_the_first_lasts_and_a_store_fails_only_in_ways_it_can() {
        let lasts = |kind: &Kind| {
            !matches!(kind, Kind::FailOver | Kind::FailOverOfOneThatLags | Kind::TwoFirsts | Kind::During(..))
        };
        for in_process in [true, false] {
            let mut all = Vec::new();
            for kind in kinds(in_process) {
                match kind {
                    Kind::During(first, second) => {
                        assert!(lasts(first.as_ref()), "{first:?}");
                        assert!(!matches!(*second, Kind::During(..)), "{second:?}");
                        all.extend([*first, *second]);
                    }
                    other => all.push(other),
                }
            }
            let fails = |kind: &Kind| matches!(kind, Kind::StoreFails(..));
            assert_eq!(all.contains(&Kind::Store), !in_process);
            assert_eq!(all.iter().any(fails), in_process);
        }
    }

    #[test]
    fn what_is_said_in_the_stores_place_is_as_long_as_it_says() {
        let (head, body) = SLOW_DOWN.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
