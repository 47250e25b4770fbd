//! Photos and published files, from the file of a key-value store into a bucket.
//!
//! Keys stay what they are. A photo's key holds its digest and the store compares what it takes with a checksum, so a photo
//! that is listed is the photo; of the few published files, each that was there before is compared byte by byte.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use rusqlite::{Connection, OpenFlags};
use tollbooth_object_store::Address;

use crate::RelocationError;
use crate::error::Side;
use crate::objects::{Bucket, Kind, Names};

/// What is moved: nothing else of a key-value store is this application's.
const PREFIXES: [&str; 2] = [PHOTOS, EXPORTS];
const PHOTOS: &str = "photos/";
const EXPORTS: &str = "exports/";

/// Names read at once, as the statement below has it.
const PAGE: usize = 500;
/// Objects on their way at once. A photo has 10 MB at most.
const SENDERS: usize = 8;

type Objects = mpsc::Receiver<(String, Vec<u8>)>;

/// What became of the photos and published files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Stored by this run.
    pub copied: u64,
    /// There before, and the same.
    pub there: u64,
}

/// A key-value store's file and a bucket.
pub(crate) struct Files<'a> {
    store: &'a Path,
    kind: Kind,
    address: &'a Address,
}

impl<'a> Files<'a> {
    pub(crate) const fn new(store: &'a Path, kind: Kind, address: &'a Address) -> Self {
        Self { store, kind, address }
    }

    /// Stores what the bucket has not. Everything that was in the file when this began is in the bucket when it ends.
    pub(crate) fn copy(&self, told: &mut dyn FnMut(u64, u64)) -> Result<FileReport, RelocationError> {
        let store = self.open()?;
        let total = self.count(&store)?;
        let failed: Mutex<Option<RelocationError>> = Mutex::new(None);
        let copied = AtomicU64::new(0);
        let mut report = FileReport::default();
        let (sender, receiver) = mpsc::sync_channel::<(String, Vec<u8>)>(SENDERS);
        let receiver = Mutex::new(receiver);
        std::thread::scope(|scope| {
            // Ends with this block, which is what tells the others that no more comes.
            let sender = sender;
            for _ in 0..SENDERS {
                let (receiver, failed, copied) = (&receiver, &failed, &copied);
                scope.spawn(move || self.send(receiver, copied, failed));
            }
            let mut seen = 0;
            for prefix in PREFIXES {
                report.there += self.hand_out(&store, prefix, &sender, &mut || {
                    seen += 1;
                    told(seen, total);
                    failed.lock().unwrap_or_else(PoisonError::into_inner).is_none()
                })?;
            }
            Ok::<_, RelocationError>(())
        })?;
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(FileReport { copied: copied.into_inner(), ..report }),
        }
    }

    /// Gives every object that the bucket has not to whoever sends; how many it has. `goes_on` is asked at each.
    fn hand_out(
        &self,
        store: &Connection,
        prefix: &'static str,
        sender: &mpsc::SyncSender<(String, Vec<u8>)>,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<u64, RelocationError> {
        let bucket = Bucket::at(self.kind, self.address)?;
        let mut names = Names::of(&bucket, prefix);
        let (mut after, mut there) = (prefix.to_owned(), 0);
        loop {
            let keys = self.keys(store, prefix, &after)?;
            let is_last = keys.len() < PAGE;
            for key in keys {
                if !goes_on() {
                    return Ok(there);
                }
                if !names.have(&key)? {
                    let content = self.get(store, &key)?;
                    if sender.send((key.clone(), content)).is_err() {
                        return Ok(there);
                    }
                } else if prefix == EXPORTS && bucket.get(&key)? != Some(self.get(store, &key)?) {
                    return Err(RelocationError::Object { key, why: "another file is in the bucket".to_owned() });
                } else {
                    there += 1;
                }
                after = key;
            }
            if is_last {
                return Ok(there);
            }
        }
    }

    /// Stores what is handed out, until no more is. After a failure the rest is only taken: whoever hands out waits for it.
    fn send(&self, objects: &Mutex<Objects>, copied: &AtomicU64, failed: &Mutex<Option<RelocationError>>) {
        let note = |error| {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        };
        let bucket = Bucket::at(self.kind, self.address);
        loop {
            let next = objects.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((key, content)) = next else { break };
            if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                continue;
            }
            let Ok(bucket) = &bucket else { continue };
            match bucket.put(&key, &content) {
                Ok(()) => {
                    copied.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => note(error),
            }
        }
        if let Err(error) = bucket {
            note(error);
        }
    }

    fn open(&self) -> Result<Connection, RelocationError> {
        if !self.store.is_file() {
            return Err(RelocationError::no_source(self.store));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = Connection::open_with_flags(self.store, flags).map_err(failed)?;
        store.busy_timeout(std::time::Duration::from_secs(30)).map_err(failed)?;
        Ok(store)
    }

    fn count(&self, store: &Connection) -> Result<u64, RelocationError> {
        let sql = "SELECT count(*) FROM spin_key_value WHERE store = 'default' AND key >= ?1 AND key < ?2";
        PREFIXES.iter().try_fold(0, |sum, prefix| {
            let count: i64 = store.query_row(sql, (prefix, end(prefix)), |row| row.get(0)).map_err(failed)?;
            Ok(sum + count.unsigned_abs())
        })
    }

    fn keys(&self, store: &Connection, prefix: &str, after: &str) -> Result<Vec<String>, RelocationError> {
        let mut statement = store
            .prepare_cached(
                "SELECT key FROM spin_key_value WHERE store = 'default' AND key > ?1 AND key < ?2 ORDER BY key LIMIT 500",
            )
            .map_err(failed)?;
        let rows = statement.query_map((after, end(prefix)), |row| row.get(0)).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    fn get(&self, store: &Connection, key: &str) -> Result<Vec<u8>, RelocationError> {
        let sql = "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1";
        store.query_row(sql, [key], |row| row.get(0)).map_err(failed)
    }
}

/// The first key behind all that have this prefix, which ends in `/`.
fn end(prefix: &str) -> String {
    format!("{}0", prefix.trim_end_matches('/'))
}

fn failed(error: rusqlite::Error) -> RelocationError {
    RelocationError::Database { side: Side::Source, what: "its photos and published files", text: error.to_string() }
}
