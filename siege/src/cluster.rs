//! The parties: three replicas, a database and its standby, an object store, and a link between any two that talk.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tollbooth_object_store_server::{FailingStore, Kind};
use tollbooth_postgres_server::Server;
use tollbooth_tests::link::{Link, Trouble};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Host, Ledger, Options};

const WHAT: &str = "the siege of a cluster";

/// How the cluster is set up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Processes of the whole application.
    pub replicas: usize,
    /// Whether commits wait for the standby, as docs/operations.md says.
    pub synchronous: bool,
    /// The kind of object store.
    pub store: Kind,
    /// Whether the object store is the one in this process, which fails in ways that real ones cannot be made to.
    pub store_in_process: bool,
    /// How far the clocks of replicas are apart from the first one's, in seconds: the second's is ahead, the third's behind.
    pub skew: i64,
    /// The library that changes a process's clock; none where it is not installed.
    pub clock: Option<String>,
    /// Recognisers behind HTTP: name and origin.
    pub services: Vec<(&'static str, String)>,
}

/// The cluster.
pub struct Cluster {
    /// Replicas of the application.
    pub replicas: Vec<Host>,
    /// The database that takes writes now.
    pub database: Database,
    /// The one that follows it.
    pub standby: Server,
    /// Photos and export files.
    pub bucket: Bucket,
    /// Their store, where it is in this process.
    pub failing: Option<FailingStore>,
    /// From each replica to the database.
    pub to_database: Vec<Link>,
    /// From each replica to the object store.
    pub to_store: Vec<Link>,
    /// From cameras and people to each replica.
    pub to_replica: Vec<Link>,
    /// From the standby to the database.
    pub replication: Link,
    synchronous: bool,
    /// Of the standbys, so that each has a name of its own.
    number: u32,
}

/// How the first database goes when its standby takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// `kill -9`.
    Dies,
    /// It runs on for so long, and a replica still talks to it: nobody told either.
    LivesOn(Duration),
}

impl Cluster {
    /// Starts everybody.
    ///
    /// # Errors
    /// What could not be done; also where a server is not installed.
    pub fn start(plan: &Plan) -> Result<Self, String> {
        let missing = "scripts/postgres and scripts/object-stores install what is missing";
        let database = Database::alone(WHAT).ok_or(missing)?;
        let failing = if plan.store_in_process { Some(FailingStore::start(plan.store)?) } else { None };
        let bucket = match &failing {
            Some(store) => Bucket::at(plan.store, store.bucket("siege")?),
            None => Bucket::alone(plan.store, WHAT).ok_or(missing)?,
        };
        // Three processes of 32 connections each, and those that a partition left behind.
        database.run("ALTER ROLE tollbooth_application CONNECTION LIMIT 160")?;
        let port = database.server().port();
        let replication = Link::to(port);
        let standby = database.server().standby(&named(1), replication.port())?;
        if plan.synchronous {
            database.server().wait_for_standby(&named(1))?;
        }
        let links = |target: u16| (0..plan.replicas).map(|_| Link::to(target)).collect::<Vec<_>>();
        let (to_database, to_store) = (links(port), links(bucket.port()));
        let replicas: Vec<Host> = to_database
            .iter()
            .zip(&to_store)
            .enumerate()
            .map(|(number, (database_link, store_link))| {
                let ledger = Ledger::Postgres(database.over(database_link.port()), bucket.over(store_link.port()));
                Host::start_with(Options {
                    ledger,
                    services: plan.services.clone(),
                    environment: clock_of(plan, number),
                    ..Options::default()
                })
            })
            .collect();
        let to_replica = replicas.iter().map(|replica| port_of(replica).map(Link::to)).collect::<Result<_, _>>()?;
        Ok(Self {
            replicas,
            database,
            standby,
            bucket,
            failing,
            to_database,
            to_store,
            to_replica,
            replication,
            synchronous: plan.synchronous,
            number: 1,
        })
    }

    /// Puts the standby in the database's place, has everybody lead there, and gives it a standby of its own.
    ///
    /// # Errors
    /// What could not be done.
    pub fn fail_over(&mut self, former: Former) -> Result<(), String> {
        match former {
            Former::Dies => self.database.server().kill()?,
            // What it takes from now on nobody else has, so it can acknowledge nothing: it waits for its standby.
            Former::LivesOn(_) => self.replication.set(Trouble::Cut),
        }
        self.standby.promote()?;
        let port = self.standby.port();
        self.number += 1;
        let name = named(self.number);
        let replication = Link::to(port);
        let next = self.standby.standby(&name, replication.port())?;
        let first = std::mem::replace(&mut self.standby, next);
        let taken_over = self.database.on(first);
        let old = std::mem::replace(&mut self.database, taken_over);
        self.replication = replication;
        // Before anybody is led there, so that it never acknowledges what it alone has.
        if self.synchronous {
            self.database.server().wait_for_standby(&name)?;
        }
        let mut links = self.to_database.iter();
        if let Former::LivesOn(time) = former {
            let last = links.next();
            links.for_each(|link| link.lead_to(port));
            std::thread::sleep(time);
            last.into_iter().for_each(|link| link.lead_to(port));
            old.server().kill()?;
        } else {
            links.for_each(|link| link.lead_to(port));
        }
        Ok(())
    }
}

fn named(number: u32) -> String {
    format!("standby_{number}")
}

fn port_of(replica: &Host) -> Result<u16, String> {
    let address = replica.address();
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
    port.ok_or_else(|| format!("{address} has no port"))
}

/// What has a process see another time: `faketime`'s library, before every other.
fn clock_of(plan: &Plan, number: usize) -> Vec<(&'static str, String)> {
    let skew = match number {
        1 => plan.skew,
        2 => -plan.skew,
        _ => 0,
    };
    match &plan.clock {
        Some(library) if skew != 0 => vec![
            ("LD_PRELOAD", library.clone()),
            ("FAKETIME", format!("{skew:+}")),
            // Intervals are as long as for everybody else: clocks are apart, not faster.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ],
        _ => Vec::new(),
    }
}

/// Now, in milliseconds since 1970.
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
