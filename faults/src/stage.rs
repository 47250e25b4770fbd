//! One run: an application on a state directory of its own, its clients, and how it dies and comes back.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;

use crate::actor::Actor;
use crate::error::BenchError;
use crate::lab::{Lab, OPERATOR_TOKEN};
use crate::post::{Letter, Mailbox};
use crate::sources::SimClock;
use crate::wire::Wire;
use crate::witness::{Upload, Witness};

/// How long guests may go on after the last answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The booths of every run.
pub const BOOTHS: [&str; 2] = ["north", "south"];

/// What was taken out of the store of photos and files.
#[derive(Debug, Clone)]
pub struct Lost {
    /// The name of the store.
    pub store: String,
    /// Under which it lay there.
    pub key: String,
    /// What it was.
    pub value: Vec<u8>,
}

/// A state directory with what the clients knew when it was closed: where runs start from.
pub struct Prepared {
    directory: PathBuf,
    wakes: bool,
    now_ms: i64,
    witness: Witness,
    facts: BTreeMap<String, String>,
    uploads: BTreeMap<String, Upload>,
    letters: Vec<Letter>,
    lost: Vec<Lost>,
}

impl Prepared {
    /// This ledger beside the photos and published files of another: a backup of the ledger alone, brought back.
    ///
    /// # Errors
    /// [`BenchError::File`]
    pub fn with_store_of(self, lab: &Arc<Lab>, newer: &Self) -> Result<Self, BenchError> {
        let directory = lab.copy(&self.directory)?;
        for name in ["sqlite_key_value.db", "sqlite_key_value.db-wal"] {
            let (from, to) = (newer.directory.join(name), directory.join(name));
            if to.exists() {
                fs::remove_file(&to).map_err(BenchError::file("remove", &to))?;
            }
            if from.exists() {
                fs::copy(&from, &to).map_err(BenchError::file("copy", from))?;
            }
        }
        // What billing has, it has.
        let witness = Witness { published: newer.witness.published.clone(), ..self.witness };
        Ok(Self { directory, now_ms: newer.now_ms, witness, ..self })
    }

    /// The state directory.
    #[must_use]
    pub const fn directory(&self) -> &PathBuf {
        &self.directory
    }

    /// What the clock showed when it was closed, in milliseconds since 1970.
    #[must_use]
    pub const fn now_ms(&self) -> i64 {
        self.now_ms
    }
}

/// A running application and its clients.
pub struct Stage {
    lab: Arc<Lab>,
    directory: PathBuf,
    wakes: bool,
    seed: u64,
    mailbox: Mailbox,
    /// What was taken out of the store, to be put back when everything else is over.
    pub lost: Vec<Lost>,
    /// The clients.
    pub actor: Actor,
}

impl Stage {
    /// An application on an empty state directory, with nothing registered.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn empty(lab: &Arc<Lab>, wakes: bool) -> Result<Self, BenchError> {
        let clock = Arc::new(SimClock::default());
        let directory = lab.directory()?;
        let mailbox = lab.post().rent(Vec::new());
        let (running, calls) = lab.start(&directory, wakes, &clock, 1, &mailbox)?;
        let wire = Wire::new(running, calls, lab.runtime().clone());
        let (facts, uploads) = (BTreeMap::new(), BTreeMap::new());
        let identities = Arc::clone(lab.identities());
        let actor = Actor { wire, clock, witness: Witness::default(), facts, uploads, identities };
        Ok(Self { lab: Arc::clone(lab), directory, wakes, seed: 1, mailbox, lost: Vec::new(), actor })
    }

    /// An application with booths, cameras and staff.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn furnished(lab: &Arc<Lab>, wakes: bool) -> Result<Self, BenchError> {
        let mut stage = Self::empty(lab, wakes)?;
        stage.furnish()?;
        Ok(stage)
    }

    /// Registers booths, cameras and staff.
    ///
    /// # Errors
    /// [`BenchError::Preparation`]
    pub fn furnish(&mut self) -> Result<(), BenchError> {
        for booth in BOOTHS {
            let body = json!({ "name": booth, "jurisdiction": "us-tx", "time_zone": "America/Chicago" }).to_string();
            let path = format!("/v1/booths/{booth}");
            let put = self.actor.wire.send("PUT", &path, OPERATOR_TOKEN, "application/json", body.as_bytes());
            if put.as_ref().is_none_or(|answer| answer.status >= 300) {
                let answer = put.map_or_else(|| "nothing".to_owned(), |answer| answer.brief());
                return Err(BenchError::Preparation { what: format!("PUT {path}"), answer });
            }
            self.token(&format!("camera-{booth}"), "camera", Some(booth))?;
        }
        for (name, role) in
            [("ann", "reviewer"), ("bob", "reviewer"), ("supervisor", "supervisor"), ("billing", "billing")]
        {
            self.token(name, role, None)?;
        }
        Ok(())
    }

    /// Makes a token and notes its text under `name` and its id under `name-id`.
    ///
    /// # Errors
    /// [`BenchError::Preparation`]
    pub fn token(&mut self, name: &str, role: &str, booth: Option<&str>) -> Result<(), BenchError> {
        match self.actor.new_token(name, role, booth) {
            Some(answer) if answer.status == 201 => Ok(()),
            other => Err(BenchError::Preparation {
                what: format!("POST /v1/tokens for {name}"),
                answer: other.map_or_else(|| "nothing".to_owned(), |answer| answer.brief()),
            }),
        }
    }

    /// A photo of this booth and key taken `seconds_ago`.
    #[must_use]
    pub fn shot(&self, booth: &str, key: &str, seconds_ago: i64, photo: Vec<u8>) -> Upload {
        Upload {
            booth: booth.to_owned(),
            key: key.to_owned(),
            captured_at: rfc3339(self.actor.clock.now_ms() - seconds_ago * 1000),
            lane: "1".to_owned(),
            camera: "front".to_owned(),
            photo: Arc::new(photo),
        }
    }

    /// Starts a run from a copy of what was prepared.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn from(lab: &Arc<Lab>, prepared: &Prepared, seed: u64) -> Result<Self, BenchError> {
        let clock = Arc::new(SimClock::at(prepared.now_ms));
        let directory = lab.copy(&prepared.directory)?;
        let mailbox = lab.post().rent(prepared.letters.clone());
        let (running, calls) = lab.start(&directory, prepared.wakes, &clock, seed, &mailbox)?;
        let wire = Wire::new(running, calls, lab.runtime().clone());
        let actor = Actor {
            wire,
            clock,
            witness: prepared.witness.clone(),
            facts: prepared.facts.clone(),
            uploads: prepared.uploads.clone(),
            identities: Arc::clone(lab.identities()),
        };
        let (wakes, lost) = (prepared.wakes, prepared.lost.clone());
        Ok(Self { lab: Arc::clone(lab), directory, wakes, seed, mailbox, lost, actor })
    }

    /// Closes the application and keeps its directory for runs to start from.
    ///
    /// # Errors
    /// [`BenchError::Stuck`]
    pub fn keep(self) -> Result<Prepared, BenchError> {
        self.rest()?;
        let Actor { wire, clock, witness, facts, uploads, .. } = self.actor;
        self.lab.close_now(wire.into_running());
        let now_ms = clock.now_ms();
        let (letters, lost) = (self.mailbox.letters(), self.lost);
        Ok(Prepared { directory: self.directory, wakes: self.wakes, now_ms, witness, facts, uploads, letters, lost })
    }

    /// The lab it runs in.
    #[must_use]
    pub const fn lab(&self) -> &Arc<Lab> {
        &self.lab
    }

    /// The state directory.
    #[must_use]
    pub const fn directory(&self) -> &PathBuf {
        &self.directory
    }

    /// A database of the state directory, beside the application.
    ///
    /// # Errors
    /// [`BenchError::Database`]
    pub fn database(&self, name: &str) -> Result<Connection, BenchError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.directory.join(name), flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(connection)
    }

    /// What mail arrived, or was turned away.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        self.mailbox.letters()
    }

    /// Waits until no guest runs any more.
    ///
    /// # Errors
    /// [`BenchError::Stuck`]
    pub fn rest(&self) -> Result<(), BenchError> {
        let deadline = Instant::now() + PATIENCE;
        while self.actor.wire.running().running_guests() > 0 {
            if Instant::now() > deadline {
                return Err(BenchError::Stuck(PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        Ok(())
    }

    /// When the process died: starts it again on what it left behind. True when it had died.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn revive(&mut self) -> Result<bool, BenchError> {
        self.rest()?;
        let Some(left) = self.actor.wire.calls().aftermath() else { return Ok(false) };
        let left =
            left.map_err(|what| BenchError::Preparation { what: "copying the state".to_owned(), answer: what })?;
        self.seed += 1;
        let (running, calls) = self.lab.start(&left, self.wakes, &self.actor.clock, self.seed, &self.mailbox)?;
        let wire = Wire::new(running, calls, self.lab.runtime().clone());
        let dead = std::mem::replace(&mut self.actor.wire, wire);
        let old = std::mem::replace(&mut self.directory, left);
        self.lab.discard(dead.into_running(), Some(old));
        Ok(true)
    }

    /// Ends the run.
    pub fn end(self) {
        let (lab, directory) = (self.lab, self.directory);
        lab.discard(self.actor.wire.into_running(), Some(directory));
    }
}
