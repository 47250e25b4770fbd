//! Object stores for tests: SeaweedFS, which speaks S3, and Azurite, which speaks Azure Blob Storage; and a store of either in
//! this process that fails when it is told to.
//!
//! Nothing of the servers outlives the process that started them, not even when that one is killed: a server runs under a shell
//! that ends it when its standard input closes. `scripts/object-stores` installs the programs.

mod agent;
mod failing;
mod kind;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, Call};

pub use crate::agent::Agent;
pub use crate::failing::{FailingStore, Fault, On};
pub use crate::kind::Kind;

/// How long a server may take to answer after it was started.
const START: Duration = Duration::from_secs(180);

/// Somebody whom a server of S3 knows beside the account that may do everything.
#[derive(Debug, Clone)]
pub struct Key {
    /// Access key id.
    pub account: String,
    /// Secret access key.
    pub secret: String,
    /// What it may, in SeaweedFS's words: `Read:BUCKET/photos/*`, `Write:…`, `List:BUCKET`.
    pub actions: Vec<String>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    keeper: Child,
    port: u16,
    folder: TempDir,
}

/// The account, and the key that Azurite knows: published, for it guards nothing.
/// <https://learn.microsoft.com/azure/storage/common/storage-connect-azurite>
const AZURITE: (&str, &str) =
    ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");
const SEAWEEDFS: (&str, &str) = ("tollbooth", "secret-of-the-tests");

fn programs() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/object-stores"))
}

fn program(kind: Kind) -> PathBuf {
    programs().join(match kind {
        Kind::S3 => "seaweedfs/bin/weed",
        Kind::Azure => "azurite/node_modules/.bin/azurite-blob",
    })
}

/// Whether the server is installed; says loudly that a test is skipped where it is not.
///
/// # Panics
/// Where `TOLLBOOTH_NEED_OBJECT_STORES` is set, as in `scripts/check`: there nothing may be skipped.
#[must_use]
pub fn installed_or_skip(kind: Kind, what: &str) -> bool {
    let there = program(kind).exists();
    if !there {
        let text = format!("{what}: {kind:?} needs a server that is not installed; scripts/object-stores installs it");
        assert!(std::env::var_os("TOLLBOOTH_NEED_OBJECT_STORES").is_none(), "{text}");
        // Past the capture of the test harness, which shows nothing of tests that pass.
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED *** {text}\n");
    }
    there
}

impl Server {
    /// Starts a server with nothing in it.
    ///
    /// # Errors
    /// What could not be done, with the server's words.
    pub fn start(kind: Kind) -> Result<Self, String> {
        Self::start_with(kind, &[])
    }

    /// The same with further keys; Azurite has none.
    ///
    /// # Errors
    /// What could not be done, with the server's words.
    pub fn start_with(kind: Kind, keys: &[Key]) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("tollbooth-objects-").tempdir().map_err(|e| e.to_string())?;
        let ports = free_ports()?;
        let script = match kind {
            Kind::S3 => seaweedfs(&folder, &ports, keys)?,
            Kind::Azure => azurite(&folder, &ports),
        };
        std::fs::write(folder.path().join("run"), script).map_err(|e| e.to_string())?;
        let [port, ..] = ports;
        let keeper = launch(&folder)?;
        let server = Self { kind, keeper, port, folder };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// A new bucket or container, and how it is reached.
    ///
    /// # Errors
    /// The server's words.
    pub fn bucket(&self, name: &str) -> Result<Address, String> {
        let (account, key) = match self.kind {
            Kind::S3 => SEAWEEDFS,
            Kind::Azure => AZURITE,
        };
        let address = Address::new(&self.origin(), name, "us-east-1", account, key).map_err(|e| e.to_string())?;
        let call = match self.kind {
            Kind::S3 => S3::new(&address).map_err(|e| e.to_string())?.make(),
            Kind::Azure => AzureBlob::new(&address).map_err(|e| e.to_string())?.make()?,
        };
        // A volume server that has just started may not have told its master yet.
        let deadline = Instant::now() + START;
        loop {
            let reply = Agent::new().send(&call, Some(b""))?;
            if (200..300).contains(&reply.status) {
                return Ok(address);
            }
            if Instant::now() > deadline {
                return Err(format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body)));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The server's address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a bucket or container would outlive the server's death: Azurite writes down every few seconds only which
    /// there are.
    ///
    /// # Errors
    /// When that did not come to pass.
    pub fn wait_until_kept(&self, name: &str) -> Result<(), String> {
        if self.kind == Kind::S3 {
            return Ok(());
        }
        let list = self.folder.path().join("data/__azurite_db_blob__.json");
        let deadline = Instant::now() + START;
        while !std::fs::read_to_string(&list).is_ok_and(|list| list.contains(&format!("\"{name}\""))) {
            if Instant::now() > deadline {
                return Err(format!("{} does not name {name}", list.display()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Kills the server at once; what it had on the disk stays.
    pub fn kill(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }

    /// Starts a server that was killed again, on the same ports and files.
    ///
    /// # Errors
    /// What could not be done.
    pub fn restart(&mut self) -> Result<(), String> {
        self.keeper = launch(&self.folder)?;
        self.wait_until_it_answers()
    }

    fn wait_until_it_answers(&self) -> Result<(), String> {
        let deadline = Instant::now() + START;
        let call = Call { method: "GET", url: self.origin(), headers: Vec::new() };
        // Whatever it answers: it does.
        while Agent::new().send(&call, None).map_or(true, |reply| reply.status >= 500) {
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(format!("{:?} does not answer at {}: {log}", self.kind, self.origin()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server of SeaweedFS: master, volumes, files and S3 in one process.
fn seaweedfs(folder: &TempDir, ports: &[u16; 8], keys: &[Key]) -> Result<String, String> {
    let [s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc] = ports;
    let (account, secret) = SEAWEEDFS;
    let all = ["Admin", "Read", "Write", "List"].map(str::to_owned).to_vec();
    let first = Key { account: account.to_owned(), secret: secret.to_owned(), actions: all };
    let identities: Vec<String> = std::iter::once(&first).chain(keys).map(identity).collect();
    let identities = format!(r#"{{"identities":[{}]}}"#, identities.join(","));
    std::fs::write(folder.path().join("identities.json"), identities).map_err(|e| e.to_string())?;
    std::fs::create_dir(folder.path().join("data")).map_err(|e| e.to_string())?;
    Ok(format!(
        "exec '{}' server -dir=data -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false -master.port={master} \
         -master.port.grpc={master_grpc} -master.volumeSizeLimitMB=64 -volume.port={volume} -volume.port.grpc={volume_grpc} \
         -volume.max=2000 -filer -filer.port={filer} -filer.port.grpc={filer_grpc} -s3 -s3.port={s3} -s3.port.grpc={s3_grpc} \
         -s3.autoCreateBucket=false -s3.port.iceberg=0 -s3.port.lance=0 -s3.config=identities.json\n",
        program(Kind::S3).display()
    ))
}

/// One entry of SeaweedFS's list; nothing in it needs an escape.
fn identity(key: &Key) -> String {
    let Key { account, secret, actions } = key;
    let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
    format!(
        r#"{{"name":"{account}","credentials":[{{"accessKey":"{account}","secretKey":"{secret}"}}],"actions":[{}]}}"#,
        actions.join(",")
    )
}

fn azurite(folder: &TempDir, ports: &[u16; 8]) -> String {
    let [port, ..] = ports;
    format!(
        "exec node '{}' --blobHost 127.0.0.1 --blobPort {port} --location '{}' --disableTelemetry --silent\n",
        program(Kind::Azure).display(),
        folder.path().join("data").display()
    )
}

/// Free a moment ago; nobody else on this machine is handed the same ones soon.
fn free_ports() -> Result<[u16; 8], String> {
    let listeners: Vec<TcpListener> =
        (0..8).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let mut ports = [0; 8];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr().map_err(|e| e.to_string())?.port();
    }
    Ok(ports)
}

/// Starts the server under a shell that kills it, and ends itself, when nobody holds its standard input any more.
fn launch(folder: &TempDir) -> Result<Child, String> {
    const KEEP: &str = r#"
exec 3<&0
/bin/sh ./run >>log 2>&1 </dev/null &
server=$!
(cat >/dev/null; kill -KILL "$server") <&3 &
watcher=$!
wait "$server"
kill "$watcher"
"#;
    Command::new("/bin/sh")
        .args(["-c", KEEP])
        .current_dir(folder.path())
        // Its temporary sockets are its own, too.
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("a shell for an object store: {e}"))
}
