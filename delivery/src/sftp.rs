//! An SFTP server: SSH with a host key that is known beforehand, a key or a password to sign in.

use std::future::Future;
use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::MethodSet;
use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse as Asked};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::Trouble;
use crate::config::{HostKey, PrivateKey, SftpSettings};
use crate::place::{Content, PIECE};
use crate::staged::Files;

/// Writes under way at once: enough to fill a line, and few enough that a slow one acknowledges each in time.
const WRITES_UNDER_WAY: usize = 8;

/// Holds what the server shows against what was configured, before anything is sent to it.
struct Checker {
    expected: Vec<HostKey>,
    shown: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        let fingerprint = key.fingerprint(HashAlg::Sha256);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{} {fingerprint}", key.algorithm()));
        Ok(self.expected.iter().any(|expected| match expected {
            HostKey::Key(expected) => expected.key_data() == key.key_data(),
            HostKey::Fingerprint(expected) => *expected == fingerprint,
        }))
    }
}

/// A session.
pub struct Sftp {
    // Before the runtime, whose end would hang their own.
    files: SftpSession,
    _session: Handle<Checker>,
    runtime: Runtime,
    folder: String,
    patience: Duration,
}

impl Sftp {
    pub fn connect(settings: &SftpSettings, patience: Duration) -> Result<Self, Trouble> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| Trouble::Unreachable(format!("no thread for it: {e}")))?;
        let (session, files) = runtime.block_on(async {
            let mut session = timeout(patience, greet(settings, patience)).await.unwrap_or_else(|_| Err(late()))?;
            timeout(patience, sign_in(&mut session, settings)).await.unwrap_or_else(|_| Err(late()))?;
            let files = timeout(patience, subsystem(&session, patience)).await.unwrap_or_else(|_| Err(late()))?;
            Ok::<_, Trouble>((session, files))
        })?;
        let mut sftp = Self {
            files,
            _session: session,
            runtime,
            folder: settings.path.trim_end_matches('/').to_owned(),
            patience,
        };
        sftp.find_folder()?;
        Ok(sftp)
    }

    fn find_folder(&mut self) -> Result<(), Trouble> {
        let folder = if self.folder.is_empty() { "/".to_owned() } else { self.folder.clone() };
        match self.wait(self.files.metadata(&folder)) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(Trouble::FolderMissing(format!("the folder {folder}"))),
            Err(error) if is_absent(&error) => Err(Trouble::FolderMissing(format!("the folder {folder}"))),
            Err(error) => Err(trouble(&error)),
        }
    }

    fn path(&self, path: &str) -> String {
        if path == "." { format!("{}/", self.folder) } else { format!("{}/{path}", self.folder) }
    }

    /// Waits for one answer; each request in it has its own limit as well.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, SftpError>>) -> Result<T, SftpError> {
        self.runtime.block_on(answer)
    }

    /// A failure without a reason may be a full disk: OpenSSH has no code for it.
    fn why(&self, error: Trouble) -> Trouble {
        let Trouble::Odd(what) = &error else { return error };
        let space = self.runtime.block_on(async { timeout(self.patience, self.files.fs_info(self.path("."))).await });
        match space {
            Ok(Ok(Some(space))) if space.blocks_avail.saturating_mul(space.fragment_size) < PIECE as u64 => {
                Trouble::Full(format!("the server said \"{what}\", and its disk has no room"))
            }
            _ => error,
        }
    }
}

impl Files for Sftp {
    fn make_folder(&mut self, path: &str) -> Result<(), Trouble> {
        let path = self.path(path);
        match self.wait(self.files.metadata(&path)) {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) => self.wait(self.files.create_dir(&path)).map_err(|e| trouble(&e)),
            Err(error) => Err(trouble(&error)),
        }
    }

    fn list(&mut self, path: &str) -> Result<Vec<String>, Trouble> {
        let entries = self.wait(self.files.read_dir(self.path(path))).map_err(|e| trouble(&e))?;
        Ok(entries.map(|entry| entry.file_name()).collect())
    }

    fn fetch(&mut self, path: &str, to: &mut dyn Write) -> Result<bool, Trouble> {
        let path = self.path(path);
        self.runtime.block_on(async {
            let mut file = match self.files.open(&path).await {
                Ok(file) => file,
                Err(error) if is_absent(&error) => return Ok(false),
                Err(error) => return Err(trouble(&error)),
            };
            let mut piece = vec![0; PIECE];
            loop {
                let read = file.read(&mut piece).await.map_err(|e| broken(&e))?;
                let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
                to.write_all(bytes).map_err(|e| Trouble::Odd(e.to_string()))?;
            }
            file.close().await.map_err(|e| broken(&e))?;
            Ok(true)
        })
    }

    fn write(&mut self, path: &str, content: &Content<'_>) -> Result<(), Trouble> {
        let path = self.path(path);
        let mut source = content.open().map_err(|e| Trouble::Odd(format!("our own copy: {e}")))?;
        let written = self.runtime.block_on(async {
            let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
            let mut file = self.files.open_with_flags(&path, flags).await.map_err(|e| trouble(&e))?;
            let mut piece = vec![0; PIECE];
            loop {
                let read = source.read(&mut piece).map_err(|e| Trouble::Odd(format!("our own copy: {e}")))?;
                let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
                file.write_all(bytes).await.map_err(|e| broken(&e))?;
            }
            file.flush().await.map_err(|e| broken(&e))?;
            file.sync_all().await.map_err(|e| trouble(&e))?;
            file.close().await.map_err(|e| broken(&e))
        });
        written.map_err(|error| self.why(error))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<bool, Trouble> {
        let (from, to) = (self.path(from), self.path(to));
        // Version 3 of the protocol forbids to replace, but not every server keeps to it.
        match self.wait(self.files.metadata(&to)) {
            Ok(_) => return Ok(false),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(trouble(&error)),
        }
        match self.wait(self.files.rename(&from, &to)) {
            Ok(()) => Ok(true),
            Err(error) => match self.wait(self.files.metadata(&to)) {
                Ok(_) => Ok(false),
                Err(_) => Err(trouble(&error)),
            },
        }
    }

    fn remove(&mut self, path: &str) -> Result<(), Trouble> {
        match self.wait(self.files.remove_file(self.path(path))) {
            Err(error) if !is_absent(&error) => Err(trouble(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

async fn greet(settings: &SftpSettings, patience: Duration) -> Result<Handle<Checker>, Trouble> {
    let mut config = client::Config {
        inactivity_timeout: Some(patience),
        keepalive_interval: Some(patience / 4),
        nodelay: true,
        ..client::Config::default()
    };
    // A server has several keys: it must show one that is known.
    let known: Vec<_> = settings
        .host_keys
        .iter()
        .filter_map(|key| match key {
            HostKey::Key(key) => Some(key.algorithm()),
            HostKey::Fingerprint(_) => None,
        })
        .collect();
    if known.len() == settings.host_keys.len() {
        config.preferred.key = known.into();
    }
    let shown = Arc::new(Mutex::new(None));
    let checker = Checker { expected: settings.host_keys.clone(), shown: Arc::clone(&shown) };
    client::connect(Arc::new(config), (settings.host.as_str(), settings.port), checker).await.map_err(|error| {
        let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (error, shown) {
            (russh::Error::UnknownKey, Some(shown)) => Trouble::Untrusted(format!(
                "its host key is {shown}, which is not the `host_key` of the configuration. Either somebody stands in \
                 between, or the server has a new key: ask its people, by another way"
            )),
            (russh::Error::NoCommonAlgo { ours, theirs, .. }, None) => Trouble::Untrusted(format!(
                "it has no key of the kind of `host_key`, or speaks other algorithms: ours are {}, its are {}",
                ours.join(", "),
                theirs.join(", ")
            )),
            (error, _) => Trouble::Unreachable(error.to_string()),
        }
    })
}

/// By key first, then by password.
async fn sign_in(session: &mut Handle<Checker>, settings: &SftpSettings) -> Result<(), Trouble> {
    let user = settings.user.as_str();
    let mut tried = Vec::new();
    if let Some(key) = &settings.key {
        let key = PrivateKeyWithHashAlg::new(Arc::new(private_key(key)?), None);
        match session.authenticate_publickey(user, key).await.map_err(|e| lost(&e))? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => answered(session, &remaining_methods).await?,
        }
        tried.push("the key");
    }
    if let Some(password) = &settings.password {
        let password = password.read()?;
        match session.authenticate_password(user, password.as_str()).await.map_err(|e| lost(&e))? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } => {
                answered(session, &remaining_methods).await?;
                let asks = remaining_methods.contains(&russh::MethodKind::KeyboardInteractive);
                if asks && answer(session, user, &password).await.map_err(|e| lost(&e))? {
                    return Ok(());
                }
            }
        }
        tried.push("the password");
    }
    Err(Trouble::LoginRefused(format!("the server takes neither user `{user}` nor {}", tried.join(" nor "))))
}

/// A connection that ended looks like a refusal that leaves no method: that is none, and must not keep us away.
async fn answered(session: &Handle<Checker>, remaining: &MethodSet) -> Result<(), Trouble> {
    for _ in 0..20 {
        if !remaining.is_empty() {
            return Ok(());
        }
        if session.is_closed() {
            return Err(Trouble::Unreachable("the connection ended during the sign-in".to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Servers that ask for the password in a dialogue: one question, one answer.
async fn answer(session: &mut Handle<Checker>, user: &str, password: &str) -> Result<bool, russh::Error> {
    let mut asked = session.authenticate_keyboard_interactive_start(user, None).await?;
    // A dialogue that does not end is a refusal.
    for _ in 0..3 {
        match asked {
            Asked::Success => return Ok(true),
            Asked::Failure { .. } => return Ok(false),
            Asked::InfoRequest { prompts, .. } => {
                let answers = prompts.iter().map(|_| password.to_owned()).collect();
                asked = session.authenticate_keyboard_interactive_respond(answers).await?;
            }
        }
    }
    Ok(matches!(asked, Asked::Success))
}

fn private_key(key: &PrivateKey) -> Result<russh::keys::PrivateKey, Trouble> {
    let passphrase = key.passphrase.as_ref().map(crate::Secret::read).transpose()?;
    load_secret_key(&key.file, passphrase.as_deref()).map_err(|e| {
        Trouble::Secret(format!(
            "the key in {} cannot be read: {e}. It must be a private key as ssh-keygen -t ed25519 (or ecdsa) writes it, with \
             `passphrase_file` where it is encrypted; RSA keys are not taken",
            key.file.display()
        ))
    })
}

async fn subsystem(session: &Handle<Checker>, patience: Duration) -> Result<SftpSession, Trouble> {
    let channel = session.channel_open_session().await.map_err(|e| lost(&e))?;
    channel.request_subsystem(true, "sftp").await.map_err(|e| lost(&e))?;
    let config = russh_sftp::client::Config {
        request_timeout_secs: patience.as_secs().max(1),
        max_concurrent_writes: WRITES_UNDER_WAY,
        ..russh_sftp::client::Config::default()
    };
    SftpSession::new_with_config(channel.into_stream(), config).await.map_err(|e| trouble(&e))
}

fn late() -> Trouble {
    Trouble::Unreachable("no answer in time".to_owned())
}

fn lost(error: &russh::Error) -> Trouble {
    Trouble::Unreachable(error.to_string())
}

fn is_absent(error: &SftpError) -> bool {
    matches!(error, SftpError::Status(status) if status.status_code == StatusCode::NoSuchFile)
}

fn trouble(error: &SftpError) -> Trouble {
    match error {
        SftpError::Status(status) => match status.status_code {
            StatusCode::PermissionDenied => Trouble::Denied(status.error_message.clone()),
            StatusCode::NoConnection | StatusCode::ConnectionLost => Trouble::Unreachable(status.error_message.clone()),
            _ => by_words(&status.error_message),
        },
        SftpError::Timeout => late(),
        SftpError::IO(what) | SftpError::UnexpectedBehavior(what) => Trouble::Unreachable(what.clone()),
        SftpError::Limited(_) | SftpError::UnexpectedPacket => Trouble::Odd(error.to_string()),
    }
}

/// In the midst of a file the library keeps the server's words alone.
fn broken(error: &std::io::Error) -> Trouble {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<SftpError>()) {
        Some(inner) => trouble(inner),
        None if error.kind() == std::io::ErrorKind::TimedOut => late(),
        None => by_words(&error.to_string()),
    }
}

/// Servers other than OpenSSH have words for what the protocol has no code for.
fn by_words(what: &str) -> Trouble {
    let lower = what.to_ascii_lowercase();
    if ["no space", "quota", "disk full", "not enough space"].iter().any(|words| lower.contains(words)) {
        return Trouble::Full(what.to_owned());
    }
    if lower.contains("permission denied") {
        return Trouble::Denied(what.to_owned());
    }
    Trouble::Odd(what.to_owned())
}
