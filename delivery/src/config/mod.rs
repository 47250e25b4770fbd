//! The configuration: which server, which destinations. A file in TOML without any secret in it.
//!
//! All that is wrong with a file is said at once, each with its line and what to do.

mod check;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tollbooth_client::delivery::Names;

use crate::Secret;

pub use table::{ConfigError, Problem};

/// What is delivered where.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the installation; none where the command line or the environment says it.
    pub url: Option<String>,
    /// A token of billing; none where the command line or the environment says it.
    pub token: Option<Secret>,
    /// Where our own progress is kept.
    pub state_dir: PathBuf,
    /// Between two looks for new exports.
    pub every: Duration,
    /// At least one.
    pub destinations: Vec<Destination>,
}

/// One destination.
#[derive(Debug, Clone)]
pub struct Destination {
    /// By which people, reports and progress know it: lower-case letters, digits and `-`.
    pub name: String,
    /// Whose files it gets: `billing`, or the name of a copy.
    pub profile: String,
    /// What files are called there.
    pub names: Names,
    /// Longest wait for any single answer.
    pub timeout: Duration,
    /// What it is.
    pub kind: Kind,
}

/// What a destination is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A folder of this machine.
    Folder {
        /// It must be there.
        path: PathBuf,
    },
    /// An SFTP server.
    Sftp(SftpSettings),
    /// An FTP server behind TLS.
    Ftps(FtpsSettings),
    /// S3, or what speaks like it.
    S3(S3Settings),
    /// Azure Blob Storage.
    Azure(AzureSettings),
}

/// An SFTP server.
#[derive(Debug, Clone)]
pub struct SftpSettings {
    /// Name or address.
    pub host: String,
    /// 22 unless said otherwise.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// Public keys in OpenSSH's form, or fingerprints (`SHA256:…`); any of them may be the server's.
    pub host_keys: Vec<HostKey>,
    /// A private key.
    pub key: Option<PrivateKey>,
    /// A password.
    pub password: Option<Secret>,
    /// The folder, absolute or relative to where the server puts the user.
    pub path: String,
}

/// An FTP server behind TLS, explicit (RFC 4217).
#[derive(Debug, Clone)]
pub struct FtpsSettings {
    /// Name or address; its certificate must be for it.
    pub host: String,
    /// 21 unless said otherwise.
    pub port: u16,
    /// Who signs in.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// The authorities that are trusted, in PEM; none: those of the system.
    pub ca_file: Option<PathBuf>,
    /// The folder, absolute or relative to where the server puts the user.
    pub path: String,
}

/// A bucket of S3, or of what speaks like it.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The bucket; it must be there.
    pub bucket: String,
    /// `eu-central-1`
    pub region: String,
    /// Address of another service than AWS.
    pub endpoint: Option<String>,
    /// What names begin with.
    pub prefix: String,
    /// Key id and secret; none: the machine's own identity, or `AWS_*` of the environment.
    pub access: Option<(String, Secret)>,
}

/// A container of Azure Blob Storage.
#[derive(Debug, Clone)]
pub struct AzureSettings {
    /// The storage account.
    pub account: String,
    /// The container; it must be there.
    pub container: String,
    /// Address of another service than Azure's.
    pub endpoint: Option<String>,
    /// What names begin with.
    pub prefix: String,
    /// The account's key; none: a managed identity, or `AZURE_*` of the environment.
    pub key: Option<Secret>,
}

/// What a server's key must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKey {
    /// The key.
    Key(Box<russh::keys::PublicKey>),
    /// Its SHA-256.
    Fingerprint(russh::keys::ssh_key::Fingerprint),
}

/// A private key for signing in.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    /// The file, as `ssh-keygen` writes it.
    pub file: PathBuf,
    /// For a key that is encrypted.
    pub passphrase: Option<Secret>,
}

impl Config {
    /// Reads a configuration. Relative paths are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a configuration from its text; `path` is where it lies.
    ///
    /// # Errors
    /// [`ConfigError`] with all that is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        check::config(text, path.parent().unwrap_or(Path::new("")))
            .map_err(|problems| ConfigError::Wrong { path: path.to_owned(), problems })
    }
}

impl Config {
    /// Keeps the named destinations, or all where none is named.
    ///
    /// # Errors
    /// A name that there is not.
    pub fn only(mut self, names: &[String]) -> Result<Self, String> {
        for name in names {
            if self.destinations.iter().all(|destination| destination.name != *name) {
                let known: Vec<_> = self.destinations.iter().map(|destination| destination.name.as_str()).collect();
                return Err(format!("there is no destination `{name}`; these are: {}", known.join(", ")));
            }
        }
        self.destinations.retain(|destination| names.is_empty() || names.contains(&destination.name));
        Ok(self)
    }
}

impl Destination {
    /// Where it is, for people: no secret, no user.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.kind {
            Kind::Folder { path } => path.display().to_string(),
            Kind::Sftp(sftp) => format!("sftp://{}:{}/{}", sftp.host, sftp.port, sftp.path.trim_start_matches('/')),
            Kind::Ftps(ftps) => format!("ftps://{}:{}/{}", ftps.host, ftps.port, ftps.path.trim_start_matches('/')),
            Kind::S3(s3) => format!("s3://{}/{}", s3.bucket, s3.prefix),
            Kind::Azure(azure) => format!("azure-blob://{}/{}/{}", azure.account, azure.container, azure.prefix),
        }
    }

    /// `folder`, `sftp`, …
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Folder { .. } => "folder",
            Kind::Sftp(_) => "sftp",
            Kind::Ftps(_) => "ftps",
            Kind::S3(_) => "s3",
            Kind::Azure(_) => "azure-blob",
        }
    }
}
