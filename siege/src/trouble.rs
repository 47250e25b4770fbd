//! What goes wrong, one after the other, each kind at least once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

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
    /// The death of the object store, which starts again.
    Store,
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
}

/// What is thrown at a cluster.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    let slow = Trouble::Ways(SLOW, SLOW);
    let busy = Trouble::Answered(SLOW_DOWN.into());
    let mut kinds = vec![
        Kind::Replica,
        Kind::Database,
        Kind::Store,
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
    kinds
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

/// Makes one trouble and mends it, and waits until traffic flows again. How often it met somebody.
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
        Kind::Replica => {
            let before = troubled(record);
            let replica = cluster.replicas.get_mut(one).ok_or("no replica")?;
            replica.kill();
            std::thread::sleep(hold);
            replica.restart();
            troubled(record) - before
        }
        Kind::Database => {
            let before = troubled(record);
            cluster.database.server().kill()?;
            std::thread::sleep(hold);
            cluster.database.server().restart()?;
            troubled(record) - before
        }
        Kind::Store => {
            let before = troubled(record);
            cluster.bucket.server().kill();
            std::thread::sleep(hold);
            cluster.bucket.server().restart()?;
            troubled(record) - before
        }
        Kind::Link(between, trouble) => {
            let link = links(cluster, *between).get(one).ok_or("no link")?;
            over(std::slice::from_ref(link), trouble, hold)
        }
        Kind::Links(between, trouble) => over(links(cluster, *between), trouble, hold),
        Kind::Replication(trouble) => over(std::slice::from_ref(&cluster.replication), trouble, hold),
        Kind::FailOver => {
            let before = troubled(record);
            cluster.fail_over(Former::Dies)?;
            troubled(record) - before
        }
        Kind::FailOverOfOneThatLags => {
            let before = cluster.replication.met();
            cluster.replication.set(Trouble::STALLED);
            std::thread::sleep(hold);
            let met = cluster.replication.met() - before;
            // What is held on the way is lost with the one who sent it.
            cluster.replication.set(Trouble::Cut);
            cluster.fail_over(Former::Dies)?;
            met
        }
        Kind::TwoFirsts => {
            let before = troubled(record);
            cluster.fail_over(Former::LivesOn(hold))?;
            troubled(record) - before
        }
    };
    flows_again(kind, record);
    Ok(met)
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

fn over(links: &[Link], trouble: &Trouble, hold: Duration) -> u64 {
    let met = || links.iter().map(Link::met).sum::<u64>();
    let before = met();
    links.iter().for_each(|link| link.set(trouble.clone()));
    std::thread::sleep(hold);
    links.iter().for_each(|link| link.set(Trouble::None));
    met() - before
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
            let mut all = kinds();
            Dice::new(seed).shuffle(&mut all);
            all
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        assert!(kinds().iter().all(|kind| shuffled(7).contains(kind)));
    }

    #[test]
    fn what_is_said_in_the_stores_place_is_as_long_as_it_says() {
        let (head, body) = SLOW_DOWN.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
