//! SeaweedFS for S3, Azurite for Azure Blob Storage; `scripts/delivery-servers` installs both by version.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::books::{Books, Desk};
use crate::relay::{Line, Relay};
use crate::scenarios;
use crate::server::{Running, free_port, has, installed, until};

/// Base64 of 32 bytes, as Azure's keys are.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEAHh8=";

/// A store with a bucket or container, and how one of its prefixes is configured.
struct Store {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Running>,
    start: fn(&std::path::Path, u16) -> Command,
    describe: fn(&Store, port: u16, secret: &str) -> String,
    prefixes: AtomicU32,
}

impl Store {
    fn start(&mut self) {
        let command = (self.start)(self.folder.path(), self.port);
        self.running = Some(Running::start(command, self.port, &self.folder.path().join("log")));
    }

    /// A prefix of its own.
    fn fresh(&self, port: u16, secret: &str) -> String {
        let number = self.prefixes.fetch_add(1, Ordering::SeqCst);
        format!("{}\nprefix = \"billing/{number}\"\ntimeout_seconds = 20", (self.describe)(self, port, secret))
    }

    fn secret(&self, text: &str) -> String {
        let path = self.folder.path().join(format!("secret-{}", &text[..4]));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// Asks plainly. The status.
fn request(port: u16, head: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "{head} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1).map(ToOwned::to_owned)
}

fn seaweedfs() -> Option<Store> {
    let program = installed().join("seaweedfs/bin/weed");
    if !has(&program.display().to_string()) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let identities = format!(
        "{{\"identities\": [{{\"name\": \"tolls\", \"credentials\": [{{\"accessKey\": \"TOLLS\", \"secretKey\": \"{KEY}\"}}], \
         \"actions\": [\"Admin\", \"Read\", \"List\", \"Tagging\", \"Write\"]}}]}}"
    );
    std::fs::write(folder.path().join("identities.json"), identities).unwrap();
    let filer = free_port();
    std::fs::write(folder.path().join("filer"), filer.to_string()).unwrap();
    let mut store = Store {
        folder,
        port: free_port(),
        running: None,
        start: |folder, port| {
            let mut command = Command::new(installed().join("seaweedfs/bin/weed"));
            let filer = std::fs::read_to_string(folder.join("filer")).unwrap();
            command.current_dir(folder).args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-dir=."]);
            command.args([
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=64",
                "-volume.max=20",
                "-s3.config=identities.json",
            ]);
            command.arg(format!("-s3.port={port}")).arg(format!("-filer.port={filer}"));
            for other in [
                "s3.port.grpc",
                "filer.port.grpc",
                "master.port",
                "master.port.grpc",
                "volume.port",
                "volume.port.grpc",
            ] {
                command.arg(format!("-{other}={}", free_port()));
            }
            command
        },
        describe: |store, port, secret| {
            format!(
                "kind = \"s3\"\nendpoint = \"http://127.0.0.1:{port}\"\nregion = \"us-east-1\"\nbucket = \"billing\"\n\
                 access_key_id = \"TOLLS\"\nsecret_key_file = \"{}\"",
                store.secret(secret)
            )
        },
        prefixes: AtomicU32::new(0),
    };
    store.start();
    until("there is a bucket", || {
        request(filer, "POST /buckets/billing/").is_some_and(|status| status.starts_with('2'))
    });
    // It takes a moment until it can store.
    let desk = Desk::new(&store.fresh(store.port, KEY));
    until("it stores", || desk.pass(&Books::of(1, 100)).1.is_ok());
    Some(store)
}

fn azurite() -> Option<Store> {
    let program = installed().join("azurite/node_modules/.bin/azurite-blob");
    if !has(&program.display().to_string()) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store {
        folder,
        port: free_port(),
        running: None,
        start: |folder, port| {
            let mut command = Command::new(installed().join("azurite/node_modules/.bin/azurite-blob"));
            command.env("AZURITE_ACCOUNTS", format!("tolls:{KEY}")).current_dir(folder);
            command.args(["--blobHost", "127.0.0.1", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]);
            command.args(["--location", ".", "--blobPort", &port.to_string()]);
            command
        },
        describe: |store, port, secret| {
            format!(
                "kind = \"azure-blob\"\naccount = \"tolls\"\ncontainer = \"billing\"\n\
                 endpoint = \"http://127.0.0.1:{port}/tolls\"\nkey_file = \"{}\"",
                store.secret(secret)
            )
        },
        prefixes: AtomicU32::new(0),
    };
    store.start();
    // Azure's Shared Key: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    let make = "import base64, datetime, hashlib, hmac, sys, urllib.request\n\
        port, key = sys.argv[1:]\n\
        date = datetime.datetime.now(datetime.timezone.utc).strftime('%a, %d %b %Y %H:%M:%S GMT')\n\
        text = 'PUT' + chr(10) * 12 + 'x-ms-date:' + date + '\\nx-ms-version:2021-08-06\\n/tolls/tolls/billing\\nrestype:container'\n\
        signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()\n\
        request = urllib.request.Request(f'http://127.0.0.1:{port}/tolls/billing?restype=container', method='PUT', headers={\n\
            'x-ms-date': date, 'x-ms-version': '2021-08-06', 'Authorization': 'SharedKey tolls:' + signature})\n\
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)\n";
    let made = Command::new("python3").args(["-c", make, &store.port.to_string(), KEY]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(store)
}

#[test]
fn s3_gets_everything_in_sequence_and_only_once() {
    let Some(store) = seaweedfs() else { return };
    scenarios::all(|| store.fresh(store.port, KEY));
    breaks_and_crawls(&store);
    refuses(&store, "bucket = \"billing\"", "bucket = \"elsewhere\"");
}

#[test]
fn azure_gets_everything_in_sequence_and_only_once() {
    let Some(mut store) = azurite() else { return };
    scenarios::all(|| store.fresh(store.port, KEY));
    breaks_and_crawls(&store);
    refuses(&store, "container = \"billing\"", "container = \"elsewhere\"");
    is_killed(&mut store);
}

fn breaks_and_crawls(store: &Store) {
    let relay = Relay::to(store.port);
    let books = Books::of(2, 300_000);
    for bytes in [300, 100_000, 350_000] {
        let desk = Desk::new(&store.fresh(relay.port, KEY));
        relay.set(Line::BreaksAfter(bytes));
        // The library tries once more by itself; whether that is enough is not what is asked here.
        let (_, done) = desk.pass(&books);
        if let Err(trouble) = done {
            assert_eq!(trouble.state(), "unreachable", "after {bytes} bytes: {trouble}");
        }
        scenarios::assert_sound(desk.open().as_mut(), &books);
        desk.delivers(&books);
        scenarios::assert_delivered(desk.open().as_mut(), &books);
    }
    let desk = Desk::new(&store.fresh(relay.port, KEY));
    relay.set(Line::Crawls(4_000));
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

fn refuses(store: &Store, bucket: &str, other: &str) {
    let books = Books::of(1, 100);
    let (state, words) = Desk::new(&store.fresh(store.port, OTHER_KEY)).fails(&books);
    assert_eq!(state, "login-refused", "{words}");
    assert!(!words.contains(OTHER_KEY), "{words}");
    let (state, words) = Desk::new(&store.fresh(store.port, KEY).replace(bucket, other)).fails(&books);
    assert_eq!(state, "folder-missing", "{words}");
    let (state, words) = Desk::new(&store.fresh(free_port(), KEY)).fails(&books);
    assert_eq!(state, "unreachable", "{words}");
}

fn is_killed(store: &mut Store) {
    let relay = Relay::to(store.port);
    let desk = Desk::new(&store.fresh(relay.port, KEY));
    let books = Books::of(2, 400_000);
    relay.set(Line::StallsAfter(200_000));
    thread::scope(|scope| {
        let failed = scope.spawn(|| desk.fails(&books));
        until("a transfer is under way", || relay.sent() > 200_000);
        store.running = None;
        relay.set(Line::Whole);
        let (state, words) = failed.join().unwrap();
        assert_eq!(state, "unreachable", "{words}");
    });
    store.start();
    scenarios::assert_sound(desk.open().as_mut(), &books);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}
