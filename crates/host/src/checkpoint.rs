//! Moving committed pages from a database's log into its file, beside the writers instead of in their way.
//!
//! By default SQLite does this in the commit that makes the log long, so that one writer in many waits for two
//! more flushes. Here a thread does it passively: it never blocks a writer or a reader. Only a log that grew long,
//! because writers never paused, is finished with the writers held for a moment, when little is left to be moved; the next
//! commit then starts at the log's beginning, and writing over a file is a third faster to flush than growing it.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{runtime::Handle, sync::Semaphore};

use crate::HostError;

/// Pause between two checkpoints.
const PAUSE: Duration = Duration::from_millis(200);
/// The same after one that moved more bytes than `MORE`: what gathers until the next one is little, and so is what its flush keeps
/// the disk from doing for whoever commits meanwhile. Of photos of 100 KB, as many as two cores take, the 99th percentile is
/// 24 to 34 ms so, and 45 ms where each pause is `PAUSE`.
const SHORT_PAUSE: Duration = Duration::from_millis(15);
const MORE: i64 = 1 << 20;
/// What was committed during the last pass before the writers are held, in bytes at most, where so many passes get that far.
const LITTLE: i64 = 512 << 10;
const PASSES: usize = 5;
/// How long finishing a long log may wait, with the writers held, for other processes and for readers.
const BUSY: Duration = Duration::from_secs(1);
/// A log of which so many times as much as it may be long cannot be moved, so many passes after each other, is told of. A copy
/// that is made beside the traffic is done sooner.
const MUCH: i64 = 8;
const IN_VAIN: u32 = 25;

/// To be told of every commit.
pub(crate) struct Checkpointer {
    /// Holds one notice at most: many commits make one checkpoint.
    notices: Mutex<Option<SyncSender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    /// Starts the thread for one database file, which must be in WAL mode. `turn` is what its writers take for a
    /// transaction; they are held when the log has more than `max_log_bytes`.
    pub(crate) fn start(
        path: &Path,
        max_log_bytes: i64,
        turn: Arc<Semaphore>,
        runtime: Handle,
    ) -> Result<Self, HostError> {
        let failed = |source| HostError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        let (notices, waiting) = sync_channel(1);
        let (moved, advanced, in_vain) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let log = Log { path: path.to_owned(), connection, max_log_bytes, turn, runtime, moved, advanced, in_vain };
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || log.keep_short(&waiting))
            .map_err(|source| HostError::System { action: "start the thread that shortens a database log", source })?;
        Ok(Self { notices: Mutex::new(Some(notices)), thread: Mutex::new(Some(thread)) })
    }

    /// Something was committed.
    pub(crate) fn committed(&self) {
        if let Some(notices) = &*lock(&self.notices) {
            // A full channel already holds the notice.
            let _ = notices.try_send(());
        }
    }

    /// Ends the thread and its connection. Blocks.
    pub(crate) fn close(&self) {
        drop(lock(&self.notices).take());
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.close();
    }
}

/// Turns off SQLite's own checkpoints on a connection whose commits are told to a [`Checkpointer`].
pub(crate) fn leave_checkpoints(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// What the operator is told of a log, once each.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It cannot be shortened, and why.
    Stuck(String),
    /// It could be.
    Over,
}

struct Log {
    path: PathBuf,
    connection: Connection,
    max_log_bytes: i64,
    turn: Arc<Semaphore>,
    runtime: Handle,
    /// How much of the log the last checkpoint had moved, in pages; none of one that the next commit begins anew.
    moved: Cell<i64>,
    /// How many bytes of the log the last checkpoint moved.
    advanced: Cell<i64>,
    /// Passes in vain, one after the other.
    in_vain: Cell<u32>,
}

impl Log {
    fn keep_short(&self, waiting: &Receiver<()>) {
        let mut noticed = waiting.recv().is_ok();
        while noticed {
            let (database, left) = (self.path.display(), self.checkpoint());
            match self.told(left) {
                Some(Told::Stuck(why)) => {
                    tracing::warn!(
                        %database,
                        %why,
                        "a database's log grows and cannot be shortened: nothing is lost, but it takes more and more of the disk \
                         until that has ended"
                    );
                }
                Some(Told::Over) => tracing::info!(%database, "the database's log is short again"),
                None => {}
            }
            noticed = pause(waiting, pause_after(self.advanced.get()));
        }
    }

    /// What is to be told after a pass that left so many bytes. One that failed or was held up is nothing yet: the log is longer
    /// until the next one.
    fn told(&self, left: rusqlite::Result<Option<i64>>) -> Option<Told> {
        let why = match left {
            Ok(Some(bytes)) if bytes <= self.max_log_bytes.saturating_mul(MUCH) => {
                return (self.in_vain.replace(0) >= IN_VAIN).then_some(Told::Over);
            }
            Ok(None) => "another program is at it all the time and does not get done: one that copies or shortens the database; \
                         end it"
                .to_owned(),
            Ok(Some(bytes)) => format!(
                "somebody has been reading since before {} MB of it were written: a program that copies the file, a transaction left \
                 open in a SQL shell; end it",
                bytes >> 20
            ),
            Err(error) => format!("{error}; look at the disk and at who may write to it"),
        };
        let times = self.in_vain.get().saturating_add(1);
        self.in_vain.set(times);
        (times == IN_VAIN).then_some(Told::Stuck(why))
    }

    /// Moves what can be moved. How many bytes of the log could not be; none where another process was at it, and nothing is
    /// known.
    fn checkpoint(&self) -> rusqlite::Result<Option<i64>> {
        let page: i64 = self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let bytes = |pages: i64| pages.saturating_mul(page);
        self.advanced.set(0);
        let Some((mut length, mut moved)) = self.pass()? else { return Ok(None) };
        let mut begins_anew = false;
        // No further than the time before, and there is more: somebody reads what was there long before, as a backup does for
        // minutes. To wait for that with the writers held would stop every camera, again and again; the log grows meanwhile.
        let held_up = moved == self.moved.get() && bytes(length.saturating_sub(moved)) > LITTLE;
        if bytes(length) > self.max_log_bytes && !held_up {
            // Each pass moves what was committed during the one before, which is less and less: a pass that moves megabytes
            // with the writers held would keep every camera waiting for two slow flushes.
            for _ in 0..PASSES {
                let before = length;
                let Some(further) = self.pass()? else { break };
                (length, moved) = further;
                if bytes(length.saturating_sub(before)) <= LITTLE {
                    break;
                }
            }
            // Closed only when the process ends; then there is no writer to hold.
            let _turn = self.runtime.block_on(self.turn.acquire());
            let (busy, log, done): (bool, i64, i64) =
                self.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            // Less than nothing where another process was at it and no look was taken.
            if log >= 0 {
                (length, moved) = (log, done);
            }
            begins_anew = !busy;
            if busy {
                let database = self.path.display();
                tracing::info!(
                    %database,
                    "its writers were held for {BUSY:?} and its log could not be begun anew: another program reads or writes the \
                     database. Nothing is lost; cameras waited, and will again. End what has it open: a SQL shell, a copy"
                );
            }
        }
        let before = self.moved.replace(if begins_anew { 0 } else { moved });
        // Of a log that another program began anew, all that is moved.
        self.advanced.set(bytes(if moved < before { moved } else { moved.saturating_sub(before) }));
        Ok(Some(bytes(length.saturating_sub(moved))))
    }

    /// Moves what can be moved without holding anybody: what nobody needs who reads what was there before. The length of the log
    /// in pages when it began, and how many of them are moved; none where another process was at it: then SQLite answers -1.
    fn pass(&self) -> rusqlite::Result<Option<(i64, i64)>> {
        let (length, moved) =
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
        Ok(Some((length, moved)).filter(|(length, _)| *length >= 0))
    }
}

/// How long to wait after a checkpoint that moved so many bytes.
const fn pause_after(advanced: i64) -> Duration {
    if advanced > MORE { SHORT_PAUSE } else { PAUSE }
}

/// Lets notices gather, then waits for one if there was none. False when there will be no more: closing does not wait
/// for the pause to end.
fn pause(waiting: &Receiver<()>, length: Duration) -> bool {
    let end = Instant::now() + length;
    let mut noticed = false;
    loop {
        match waiting.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(()) => noticed = true,
            Err(RecvTimeoutError::Timeout) => return noticed || waiting.recv().is_ok(),
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Both hold an option that is whole after any panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Whose commits are left in the log.
    fn writing(path: &Path) -> Connection {
        let writer = Connection::open(path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        leave_checkpoints(&writer).unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        writer
    }

    /// Somebody who reads what is there now, for as long as they like.
    fn reading(path: &Path) -> Connection {
        let reader = Connection::open(path).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        reader.query_row("SELECT count(*) FROM t", [], |_| Ok(())).unwrap();
        reader
    }

    fn open(path: &Path, max_log_bytes: i64) -> (Connection, Checkpointer) {
        let writer = writing(path);
        let turn = Arc::new(Semaphore::new(1));
        let checkpointer = Checkpointer::start(path, max_log_bytes, turn, Handle::current()).unwrap();
        (writer, checkpointer)
    }

    fn log(path: &Path, max_log_bytes: i64, turn: Arc<Semaphore>, runtime: Handle) -> Log {
        let connection = Connection::open(path).unwrap();
        let (moved, advanced, in_vain) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Log { path: path.to_owned(), connection, max_log_bytes, turn, runtime, moved, advanced, in_vain }
    }

    fn wait_for(what: &str, mut reached: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !reached() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn committed_pages_reach_the_file_while_the_writer_stays_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let (writer, checkpointer) = open(&path, i64::MAX);
        let before = path.metadata().unwrap().len();
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap();
        checkpointer.committed();
        wait_for("the file never grew", || path.metadata().unwrap().len() >= before + 1_000_000);
    }

    #[test]
    fn the_next_pass_comes_soon_while_much_is_written_and_not_for_what_somebody_holds_up() {
        let threads = tokio::runtime::Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = writing(&path);
        let log = log(&path, 1_000_000, Arc::new(Semaphore::new(1)), threads.handle().clone());
        let pause = || {
            log.checkpoint().unwrap();
            pause_after(log.advanced.get())
        };
        let write = |bytes: i64| writer.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes]).unwrap();
        // Each of them has the log begun anew.
        for _ in 0..3 {
            write(2 * MORE);
            assert_eq!(pause(), SHORT_PAUSE);
        }
        write(MORE / 2);
        assert_eq!(pause(), PAUSE);
        assert_eq!(pause(), PAUSE, "nothing was written");
        let _reader = reading(&path);
        write(2 * MORE);
        log.checkpoint().unwrap();
        write(2 * MORE);
        assert_eq!(pause(), PAUSE, "nothing can be moved");
    }

    #[test]
    fn closing_does_not_wait_for_the_pause_to_end() {
        let (notices, waiting) = sync_channel(1);
        notices.send(()).unwrap();
        drop(notices);
        let hours = Duration::from_secs(7_200);
        assert!(!pause(&waiting, hours));
    }

    #[test]
    fn writers_are_not_held_for_whoever_reads_for_long() {
        let threads = tokio::runtime::Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = writing(&path);
        let _reader = reading(&path);
        let turn = Arc::new(Semaphore::new(1));
        let held = Arc::clone(&turn).try_acquire_owned().unwrap();
        let runtime = threads.handle().clone();
        let log = log(&path, 100_000, turn, runtime);
        log.checkpoint().unwrap();
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap();
        let (done, ended) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || done.send(log.checkpoint().is_ok()));
        assert_eq!(ended.recv_timeout(Duration::from_secs(120)), Ok(true), "it waits for the turn to write");
        thread.join().unwrap().unwrap();
        drop(held);
    }

    #[test]
    fn a_log_that_somebody_holds_up_is_told_of_once_and_so_is_its_end() {
        let threads = tokio::runtime::Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = writing(&path);
        let reader = reading(&path);
        let log = log(&path, 100_000, Arc::new(Semaphore::new(1)), threads.handle().clone());
        let pass = || log.told(log.checkpoint());
        assert_eq!(pass(), None);
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap();
        let told: Vec<Told> = (0..IN_VAIN * 2).filter_map(|_| pass()).collect();
        assert!(matches!(told.as_slice(), [Told::Stuck(why)] if why.contains("reading")), "{told:?}");
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!((pass(), pass()), (Some(Told::Over), None));
    }

    #[test]
    fn a_pass_that_another_program_stood_in_the_way_of_is_no_success() {
        static WAITS: AtomicBool = AtomicBool::new(false);
        static ENDED: AtomicBool = AtomicBool::new(false);
        fn until_it_is_ended(_: i32) -> bool {
            WAITS.store(true, Ordering::SeqCst);
            std::thread::yield_now();
            !ENDED.load(Ordering::SeqCst)
        }
        let threads = tokio::runtime::Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = writing(&path);
        let _reader = reading(&path);
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap();
        let mut other = Connection::open(&path).unwrap();
        other.busy_handler(Some(until_it_is_ended)).unwrap();
        let finishing = move || other.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, bool>(0));
        let thread = std::thread::spawn(finishing);
        wait_for("the other program never waited for the reader", || WAITS.load(Ordering::SeqCst));
        let log = log(&path, 100_000, Arc::new(Semaphore::new(1)), threads.handle().clone());
        assert_eq!(log.checkpoint().unwrap(), None);
        let told: Vec<Told> = (0..IN_VAIN * 2).filter_map(|_| log.told(log.checkpoint())).collect();
        assert!(matches!(told.as_slice(), [Told::Stuck(why)] if why.contains("another program")), "{told:?}");
        ENDED.store(true, Ordering::SeqCst);
        assert!(thread.join().unwrap().unwrap(), "it waited in vain");
    }

    #[tokio::test]
    async fn a_log_does_not_grow_beyond_its_limit_while_writers_never_pause() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let (writer, checkpointer) = open(&path, 100_000);
        let mut lengths = Vec::new();
        wait_for("the log never started again", || {
            writer.execute("INSERT INTO t VALUES (zeroblob(10000))", []).unwrap();
            checkpointer.committed();
            let length = directory.path().join("db-wal").metadata().unwrap().len();
            lengths.push(length);
            lengths.len() > 200 && lengths.iter().rev().take(100).all(|earlier| *earlier == length)
        });
    }
}
