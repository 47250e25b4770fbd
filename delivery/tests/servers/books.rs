//! What a server has published, without a server: exports in a chain, and failures where a test wants them.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use tollbooth_client::delivery::SUFFIX;
use tollbooth_client::{ClientError, Export, Problem};
use tollbooth_delivery::config::Config;
use tollbooth_delivery::{Courier, Pass, Publisher, StateDir, Stop, Trouble};
use tollbooth_pipeline::export::{GENESIS_SHA256, Kind, Manifest};
use tollbooth_pipeline::ident::sha256_hex;

/// A published export with all its bytes.
#[derive(Clone)]
pub struct Book {
    pub file_name: String,
    pub file: Vec<u8>,
    pub manifest: Vec<u8>,
}

/// A server's exports. Signed, when `signature` is some.
#[derive(Default)]
pub struct Books {
    books: Mutex<Vec<Book>>,
    pub signature: Option<Vec<u8>>,
    /// The export whose file an operator gave up.
    pub given_up: Option<u64>,
    /// Whether whoever asks for a file has no room for it, as the client says it.
    pub no_room: bool,
    /// Told before a file is handed out.
    pub asked: Mutex<u64>,
}

impl Books {
    /// `count` exports with files of this size in bytes.
    pub fn of(count: u64, bytes: usize) -> Self {
        let books = Self::default();
        for _ in 0..count {
            books.publish(bytes, 0);
        }
        books
    }

    /// One more. `shift` moves its time, in seconds, as an export after a restore has another.
    pub fn publish(&self, bytes: usize, shift: u64) {
        self.publish_as(Kind::Lines, bytes, shift);
    }

    /// One more, of corrections.
    pub fn correct(&self) {
        self.publish_as(Kind::Corrections, 300, 0);
    }

    fn publish_as(&self, kind: Kind, bytes: usize, shift: u64) {
        let mut books = self.books.lock().unwrap();
        let sequence = books.len() as u64 + 1;
        let ending = if kind == Kind::Corrections { "-corrections" } else { "" };
        let file_name = format!("2026-11-21T{:02}:{:02}:{shift:02}{ending}.csv", sequence / 60, sequence % 60);
        let mut file = b"FileName,LicensePlateText,TimeStamp,LicensePlateFound\n".to_vec();
        let mut row = 0;
        while file.len() < bytes.max(100) {
            row += 1;
            file.extend(format!("psg_{sequence}_{row}_{shift}.jpg,ABC{row},6/5/2020 6:01:45 AM,True\n").bytes());
        }
        let previous = books.last().map_or(GENESIS_SHA256.to_owned(), |book| sha256_hex(&book.manifest));
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "sequence": sequence,
            "kind": kind,
            "file_name": file_name,
            "profile": "lab",
            "rows": row,
            "bytes": file.len(),
            "sha256": sha256_hex(&file),
            "window_from": null,
            "window_to": "2026-11-21T10:00:00.000Z",
            "previous_manifest_sha256": previous,
        }))
        .unwrap();
        let manifest = manifest.to_json().unwrap().into_bytes();
        books.push(Book { file_name, file, manifest });
    }

    /// What a restored backup of the ledger knows: the first `count`.
    pub fn restored(&self, count: usize) -> Self {
        let books = self.books.lock().unwrap().iter().take(count).cloned().collect();
        Self { books: Mutex::new(books), signature: self.signature.clone(), ..Self::default() }
    }

    pub fn all(&self) -> Vec<Book> {
        self.books.lock().unwrap().clone()
    }

    fn book(&self, sequence: u64) -> Book {
        self.books.lock().unwrap()[usize::try_from(sequence).unwrap() - 1].clone()
    }
}

impl Publisher for Books {
    fn exports_after(&self, after: u64) -> Result<Vec<Export>, ClientError> {
        let books = self.books.lock().unwrap();
        let from = usize::try_from(after).unwrap();
        Ok(books
            .iter()
            .enumerate()
            .skip(from)
            .map(|(index, book)| Export {
                sequence: index as u64 + 1,
                file_name: book.file_name.clone(),
                manifest_sha256: sha256_hex(&book.manifest),
            })
            .collect())
    }

    fn manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        Ok(self.book(sequence).manifest)
    }

    fn file(&self, sequence: u64, to: &mut dyn Write) -> Result<(), ClientError> {
        *self.asked.lock().unwrap() += 1;
        if self.given_up == Some(sequence) {
            let kind = "urn:tollbooth:problem:file-released".to_owned();
            let problem = Box::new(Problem { kind, status: 410, ..Problem::default() });
            return Err(ClientError::Refused { request: format!("GET /v1/exports/{sequence}/file"), problem });
        }
        if self.no_room {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(ClientError::File { action: "write", path: "a copy".into(), source });
        }
        to.write_all(&self.book(sequence).file).unwrap();
        Ok(())
    }

    fn signature(&self, _: u64) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.signature.clone())
    }

    fn of_profile<'a>(&'a self, _: &str) -> Box<dyn Publisher + 'a> {
        Box::new(self)
    }
}

/// One destination of a configuration, with a folder of progress.
pub struct Desk {
    pub state: tempfile::TempDir,
    pub config: Config,
}

impl Desk {
    /// A desk for the text of one `[[destination]]`, without its name.
    pub fn new(destination: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let config = Self::config(destination, state.path());
        Self { state, config }
    }

    fn config(destination: &str, state: &Path) -> Config {
        let text = format!("state_dir = \"{}\"\n[[destination]]\nname = \"billing\"\n{destination}\n", state.display());
        Config::parse(&text, Path::new("deliver.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    /// One pass of a process that was started for it. What it wrote, also when it failed.
    pub fn pass(&self, books: &Books) -> (Pass, Result<(), Trouble>) {
        let state = StateDir::open(self.state.path()).unwrap();
        let mut courier = Courier::new(&self.config.destinations[0], books, &state).unwrap();
        let mut pass = Pass::default();
        let done = courier.pass(&mut pass, &Stop::default());
        (pass, done)
    }

    /// A pass that must get to its end.
    pub fn delivers(&self, books: &Books) -> Pass {
        let (pass, done) = self.pass(books);
        done.unwrap_or_else(|trouble| panic!("{trouble}"));
        pass
    }

    /// A pass that must not: in what state the destination is, and in what words.
    pub fn fails(&self, books: &Books) -> (&'static str, String) {
        let (_, done) = self.pass(books);
        let trouble = done.expect_err("it was delivered");
        (trouble.state(), trouble.to_string())
    }

    pub fn open(&self) -> Box<dyn tollbooth_delivery::Place> {
        tollbooth_delivery::open(&self.config.destinations[0]).unwrap_or_else(|trouble| panic!("{trouble}"))
    }
}

/// Names of the manifest and the file of a book at a destination with contract names.
pub fn manifest_name(book: &Book) -> String {
    format!("{}{SUFFIX}", book.file_name)
}
