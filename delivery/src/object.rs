//! Object stores: S3 and what speaks like it, Azure Blob Storage. An object appears whole or not at all, and a
//! conditional put never replaces one, so nothing is staged and nothing renamed.

use std::error::Error as _;
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, Checksum};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use crate::Trouble;
use crate::config::{AzureSettings, S3Settings};
use crate::digest::sha256_bytes;
use crate::place::{Area, Content, Place, Put, Source};
use crate::upload::{Signer, Upload, Uploads};

/// A bucket or container, below a prefix.
pub struct Objects {
    store: Box<dyn ObjectStore>,
    signer: Arc<Signer>,
    runtime: Runtime,
    prefix: String,
}

/// `object_store` takes the process's provider of cryptography, and there are two to choose from.
fn choose_cryptography() {
    static ONCE: Once = Once::new();
    // An error says that somebody chose before.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

fn is_plain(endpoint: Option<&str>) -> bool {
    endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"))
}

fn options(patience: Duration, endpoint: Option<&str>) -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(patience)
        .with_read_timeout(patience)
        .with_timeout_disabled()
        .with_allow_http(is_plain(endpoint))
}

fn uploads(patience: Duration, endpoint: Option<&str>) -> Result<Uploads, Trouble> {
    choose_cryptography();
    Uploads::new(patience, is_plain(endpoint)).map_err(|e| trouble(&e))
}

/// The courier waits and tries again by itself, and tells meanwhile; one more try is for a connection that was closed.
fn retry(patience: Duration) -> RetryConfig {
    RetryConfig { max_retries: 1, retry_timeout: patience, ..RetryConfig::default() }
}

impl Objects {
    pub fn s3(settings: &S3Settings, patience: Duration) -> Result<Self, Trouble> {
        let mut builder = match &settings.access {
            Some((id, secret)) => AmazonS3Builder::new().with_access_key_id(id).with_secret_access_key(secret.read()?),
            // The machine's own identity, or AWS_* of the environment.
            None => AmazonS3Builder::from_env(),
        };
        builder = builder
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_client_options(options(patience, settings.endpoint.as_deref()))
            .with_http_connector(uploads(patience, settings.endpoint.as_deref())?)
            .with_retry(retry(patience))
            .with_checksum_algorithm(Checksum::SHA256);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        let store = builder.build().map_err(|e| trouble(&e))?;
        let signer = Signer::S3 { credentials: Arc::clone(store.credentials()), region: settings.region.clone() };
        Self::open(Box::new(store), signer, &settings.prefix)
    }

    pub fn azure(settings: &AzureSettings, patience: Duration) -> Result<Self, Trouble> {
        let mut builder = match &settings.key {
            Some(key) => MicrosoftAzureBuilder::new().with_access_key(key.read()?),
            // A managed identity, or AZURE_* of the environment.
            None => MicrosoftAzureBuilder::from_env(),
        };
        builder = builder
            .with_account(&settings.account)
            .with_container_name(&settings.container)
            .with_client_options(options(patience, settings.endpoint.as_deref()))
            .with_http_connector(uploads(patience, settings.endpoint.as_deref())?)
            .with_retry(retry(patience));
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint.clone()).with_allow_http(endpoint.starts_with("http://"));
        }
        let store = builder.build().map_err(|e| trouble(&e))?;
        let signer = Signer::Azure { credentials: Arc::clone(store.credentials()), account: settings.account.clone() };
        Self::open(Box::new(store), signer, &settings.prefix)
    }

    fn open(store: Box<dyn ObjectStore>, signer: Signer, prefix: &str) -> Result<Self, Trouble> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| Trouble::Unreachable(format!("no thread for it: {e}")))?;
        Ok(Self { store, signer: Arc::new(signer), runtime, prefix: prefix.trim_matches('/').to_owned() })
    }

    fn folder(&self, area: Area) -> String {
        let mut parts = vec![self.prefix.as_str(), area.folder().unwrap_or_default()];
        parts.retain(|part| !part.is_empty());
        parts.join("/")
    }

    fn path(&self, area: Area, name: &str) -> Result<Path, Trouble> {
        let folder = self.folder(area);
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        Path::parse(path).map_err(|_| Trouble::NameRefused(name.to_owned()))
    }
}

impl Place for Objects {
    fn list(&mut self, area: Area) -> Result<Vec<String>, Trouble> {
        let folder = Path::parse(self.folder(area)).map_err(|e| Trouble::Odd(e.to_string()))?;
        let found = self.runtime.block_on(self.store.list_with_delimiter(Some(&folder))).map_err(|e| trouble(&e))?;
        Ok(found.objects.iter().filter_map(|object| object.location.filename()).map(ToOwned::to_owned).collect())
    }

    fn fetch(&mut self, area: Area, name: &str, to: &mut dyn Write) -> Result<bool, Trouble> {
        let path = self.path(area, name)?;
        self.runtime.block_on(async {
            let found = match self.store.get(&path).await {
                Ok(found) => found,
                // A bucket that is missing says the same in other words.
                Err(error @ object_store::Error::NotFound { .. }) => {
                    return if is_no_place(&words(&error)) { Err(trouble(&error)) } else { Ok(false) };
                }
                Err(error) => return Err(trouble(&error)),
            };
            let mut pieces = found.into_stream();
            while let Some(piece) = futures::StreamExt::next(&mut pieces).await {
                to.write_all(&piece.map_err(|e| trouble(&e))?).map_err(|e| Trouble::Odd(e.to_string()))?;
            }
            Ok(true)
        })
    }

    fn put(&mut self, area: Area, name: &str, content: &Content<'_>, _partial: &str) -> Result<Put, Trouble> {
        let path = self.path(area, name)?;
        let mut options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let payload = match content.source() {
            Source::Text(text) => text.to_vec().into(),
            Source::File(file) => {
                let sha256 = sha256_bytes(content.sha256())
                    .ok_or_else(|| Trouble::Odd(format!("`{}` is no SHA-256", content.sha256())))?;
                let signer = Arc::clone(&self.signer);
                options.extensions.insert(Upload { file: file.to_owned(), bytes: content.bytes(), sha256, signer });
                PutPayload::default()
            }
        };
        match self.runtime.block_on(self.store.put_opts(&path, payload, options)) {
            Ok(_) => {}
            Err(error) if is_taken(&error) => return Ok(Put::Taken),
            Err(error) => return Err(trouble(&error)),
        }
        // The store has verified it by its checksum; that it gives it back is for billing to rely on.
        if self.digest(area, name)?.is_some_and(|found| content.is(&found)) {
            return Ok(Put::Written);
        }
        self.remove(area, name)?;
        Err(Trouble::Damaged(name.to_owned()))
    }

    fn remove(&mut self, area: Area, name: &str) -> Result<(), Trouble> {
        let path = self.path(area, name)?;
        match self.runtime.block_on(self.store.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(trouble(&error)),
        }
    }
}

/// An error and its causes, without the queries of addresses: a shared access signature is one.
fn words(error: &object_store::Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !all.contains(&text) {
            all.push_str(": ");
            all.push_str(&text);
        }
        cause = inner.source();
    }
    let mut seen = String::new();
    for word in all.split_inclusive(char::is_whitespace) {
        match word.split_once('?') {
            Some((before, _)) if before.contains("://") => {
                seen.push_str(before);
                seen.push_str("?… ");
            }
            _ => seen.push_str(word),
        }
    }
    seen
}

/// Whether something lies under the name. The library takes every conflict for that.
fn is_taken(error: &object_store::Error) -> bool {
    let said = words(error);
    let is_another = ["ConditionalRequestConflict", "OperationAborted", "ContainerBeingDeleted", "AccountBeingCreated"]
        .iter()
        .any(|code| said.contains(code));
    matches!(error, object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) && !is_another
}

fn is_no_place(words: &str) -> bool {
    ["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"].iter().any(|code| words.contains(code))
}

fn trouble(error: &object_store::Error) -> Trouble {
    let words = words(error);
    let has = |codes: &[&str]| codes.iter().any(|code| words.contains(code));
    if is_no_place(&words) {
        return Trouble::FolderMissing("the bucket or container".to_owned());
    }
    if has(&[
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
        "AuthorizationFailure",
        "ExpiredToken",
    ]) || matches!(error, object_store::Error::Unauthenticated { .. })
    {
        return Trouble::LoginRefused(words);
    }
    if has(&["InvalidCertificate", "invalid peer certificate", "UnknownIssuer"]) {
        return Trouble::Untrusted(words);
    }
    if has(&["QuotaExceeded", "InsufficientStorage", "AccountBeingCreated", "507 ", "XMinioStorageFull", "no space"]) {
        return Trouble::Full(words);
    }
    match error {
        object_store::Error::PermissionDenied { .. } => Trouble::Denied(words),
        object_store::Error::Generic { .. } => Trouble::Unreachable(words),
        _ => Trouble::Odd(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_that_passes_or_is_the_containers_is_no_file_in_the_way() {
        let conflict = |code: &str| object_store::Error::AlreadyExists {
            path: "a.csv".to_owned(),
            source: format!("409 Conflict: <Error><Code>{code}</Code></Error>").into(),
        };
        for code in ["BlobAlreadyExists", "PreconditionFailed"] {
            assert!(is_taken(&conflict(code)), "{code}");
        }
        for (code, state) in [("ConditionalRequestConflict", "odd-answer"), ("ContainerBeingDeleted", "folder-missing")]
        {
            assert!(!is_taken(&conflict(code)), "{code}");
            assert_eq!(trouble(&conflict(code)).state(), state);
        }
    }
}
