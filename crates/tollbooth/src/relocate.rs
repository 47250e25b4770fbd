//! `tollbooth migrate --from … --to …`: the ledger of one machine moves into PostgreSQL, its photos into object storage.

use std::path::{Path, PathBuf};

use clap::Args;
use tollbooth_backup::{LEDGER, STORE};
use tollbooth_client::progress::Progress;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_object_store::Address;
use tollbooth_relocation::{Kind, Plan, RelocationError, Report, Step, relocate};

use crate::clock::now;
use crate::output::say;
use crate::store::StoreOptions;

/// What is moved where.
#[derive(Args)]
pub(crate) struct Move {
    /// The ledger that moves: sqlite://FILE, or the state directory it is in
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// The database it moves into, which must be new: postgres://…, as the role that owns the schema, or @FILE that holds the
    /// address [env: TOLLBOOTH_MIGRATOR_ADDRESS]
    #[arg(long, value_name = "URL", requires = "from")]
    to: Option<String>,
    /// Copy what is there now and stop, while the application goes on at the old place; run again without it to move
    #[arg(long, requires = "from")]
    ahead: bool,
    /// The file with photos and published files [default: sqlite_key_value.db beside the ledger]
    #[arg(long, value_name = "FILE", requires = "from")]
    photos_from: Option<PathBuf>,
    #[command(flatten)]
    store: StoreOptions,
}

/// How it ended, in words for the person who asked.
pub(crate) enum End {
    CommandLine(String),
    OutOfReach(String),
    Refused(String),
}

impl End {
    /// Says it, and what the program ends with.
    pub(crate) fn code(self) -> u8 {
        let (code, text) = match self {
            Self::CommandLine(text) => (2, text),
            Self::OutOfReach(text) => (3, text),
            Self::Refused(text) => (1, text),
        };
        eprintln!("error: {text}");
        code
    }
}

impl Move {
    /// Whether a ledger is to be moved.
    pub(crate) const fn is_meant(&self) -> bool {
        self.from.is_some()
    }

    /// The address of the target, where it was given on the command line.
    pub(crate) fn target(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// Moves, and prints what was moved.
    pub(crate) fn run(&self, target: &PostgresDb, grants: &str) -> Result<(), End> {
        let ledger = file(self.from.as_deref().unwrap_or_default());
        let beside = ledger.parent().unwrap_or(Path::new("")).join(STORE);
        let photos = self.photos_from.as_ref().unwrap_or(&beside);
        let store = self.store.address().map_err(End::CommandLine)?;
        if let Some((kind, address)) = &store {
            self.store.must_keep_what_it_has(*kind, address).map_err(End::Refused)?;
        }
        let plan = Plan {
            ledger: &ledger,
            files: store.as_ref().map(|(kind, address): &(Kind, Address)| (photos.as_path(), *kind, address)),
            grants,
            only_ahead: self.ahead,
        };
        let mut shown = Shown::default();
        let moved = relocate(&plan, target, now(), &mut |step, done, total| shown.tell(step, done, total));
        shown.finish();
        let report = moved.map_err(|error| match error {
            RelocationError::Store(_) => End::OutOfReach(error.to_string()),
            _ => End::Refused(error.to_string()),
        })?;
        print(&report, &ledger, store.is_some());
        Ok(())
    }
}

/// The ledger's file, however it was named.
fn file(given: &str) -> PathBuf {
    let path = PathBuf::from(given.strip_prefix("sqlite://").unwrap_or(given));
    if path.is_dir() { path.join(LEDGER) } else { path }
}

/// What is shown of the steps: one bar after the other.
#[derive(Default)]
struct Shown {
    name: String,
    bar: Option<Progress>,
}

impl Shown {
    fn tell(&mut self, step: Step<'_>, done: u64, total: u64) {
        let name = match step {
            Step::Files => "copying photos and published files".to_owned(),
            Step::Copying(table) => format!("copying {table}"),
            Step::Comparing(table) => format!("comparing {table}"),
            Step::WritersAreOut => {
                self.finish();
                eprintln!("from here on the application at the old place answers 503, and cameras wait");
                return;
            }
        };
        if name != self.name {
            self.finish();
            self.bar = Some(Progress::new(&name, Some(total)));
            self.name = name;
        }
        if let Some(bar) = &self.bar {
            bar.set(done);
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
        self.name.clear();
    }
}

fn print(report: &Report, ledger: &Path, with_files: bool) {
    say(format_args!("rows written     {}", report.changes.total()));
    if with_files {
        let files = &report.files;
        say(format_args!("photos and files {} copied, {} there before", files.copied, files.there));
    } else {
        say("photos and files stay where they are (--photos-to moves them)");
    }
    let Some(verified) = &report.verified else {
        say("copied ahead: the application goes on at the old place; run this again without --ahead to move");
        return;
    };
    for table in &verified.tables {
        say(format_args!("  {:<22} {:>10} rows  {}", table.name, table.rows, table.sha256));
    }
    say("the same on both sides, row by row");
    say(format_args!("balance          the same, and closes ({} hours of booths)", verified.balance_rows));
    say(format_args!("exports          {}, each chained to the one before", verified.exports));
    say(format_args!(
        "moved. {} is closed for good and was not changed otherwise: keep it as the last backup of the old place. Start the \
         application with deploy/cluster/spin.toml",
        ledger.display()
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_named_by_its_file_or_by_the_folder_it_is_in() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().to_string_lossy().into_owned();
        assert_eq!(file(&name), folder.path().join("sqlite_db.db"));
        assert_eq!(file(&format!("sqlite://{name}")), folder.path().join("sqlite_db.db"));
        assert_eq!(file("sqlite:///srv/ledger.db"), Path::new("/srv/ledger.db"));
        assert_eq!(file("sqlite://ledger.db"), Path::new("ledger.db"));
    }
}
