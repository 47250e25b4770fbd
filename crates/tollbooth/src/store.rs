//! The object store as commands are told of it: by the same names as the variables of `deploy/cluster/spin.toml`.

use clap::{Args, ValueEnum};
use tollbooth_object_store::Address;
use tollbooth_relocation::{Bucket, Kind};

/// How a store is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    /// Amazon S3 and its like
    S3,
    /// Azure Blob Storage
    AzureBlob,
}

impl From<StoreKind> for Kind {
    fn from(kind: StoreKind) -> Self {
        match kind {
            StoreKind::S3 => Self::S3,
            StoreKind::AzureBlob => Self::AzureBlob,
        }
    }
}

/// Where photos and published files are, or are to be.
#[derive(Args)]
pub(crate) struct StoreOptions {
    /// The kind of object store that photos and published files move to; the variables of deploy/cluster/spin.toml say which,
    /// in the environment as for Spin: SPIN_VARIABLE_PHOTOS_ORIGIN, …_BUCKET, …_REGION, …_ACCOUNT, …_KEY
    #[arg(long, value_enum, value_name = "KIND", requires = "from")]
    photos_to: Option<StoreKind>,
    /// The store's address, without a path
    #[arg(
        long,
        value_name = "URL",
        env = "SPIN_VARIABLE_PHOTOS_ORIGIN",
        default_value = "",
        hide_default_value = true
    )]
    photos_origin: String,
    /// The bucket or container
    #[arg(
        long,
        value_name = "NAME",
        env = "SPIN_VARIABLE_PHOTOS_BUCKET",
        default_value = "",
        hide_default_value = true
    )]
    photos_bucket: String,
    /// Its region; Azure needs none
    #[arg(long, value_name = "REGION", env = "SPIN_VARIABLE_PHOTOS_REGION", default_value = "us-east-1")]
    photos_region: String,
    /// The access key id, or the storage account; @FILE reads it from a file
    #[arg(
        long,
        value_name = "ID",
        env = "SPIN_VARIABLE_PHOTOS_ACCOUNT",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    photos_account: String,
    /// Its secret; @FILE reads it from a file, as it should be: other users of this machine see a command line
    #[arg(
        long,
        value_name = "SECRET",
        env = "SPIN_VARIABLE_PHOTOS_KEY",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    photos_key: String,
}

impl StoreOptions {
    /// The store that is meant; none where none is named.
    pub(crate) fn address(&self) -> Result<Option<(Kind, Address)>, String> {
        let Some(kind) = self.photos_to else { return Ok(None) };
        let (account, key) = (value(&self.photos_account)?, value(&self.photos_key)?);
        let address = Address::new(&self.photos_origin, &self.photos_bucket, &self.photos_region, &account, &key)
            .map_err(|wrong| format!("--{}: {wrong}", wrong.setting.replace('_', "-")))?;
        Ok(Some((kind.into(), address)))
    }

    /// Refuses a store that would overwrite.
    pub(crate) fn must_keep_what_it_has(&self, kind: Kind, address: &Address) -> Result<(), String> {
        keeps_what_it_has(kind, address)
    }
}

/// Tries whether a store keeps what it has. The error says what is wrong with it.
pub(crate) fn keeps_what_it_has(kind: Kind, address: &Address) -> Result<(), String> {
    let keeps = Bucket::at(kind, address).and_then(|bucket| bucket.refuses_to_overwrite());
    match keeps {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!(
            "the store at {} passes over `If-None-Match: *` in silence: it would overwrite photos and bills that were \
             stored before. Use one that knows it (docs/operations.md)",
            address.origin
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// A value, or what is in the file that it names.
fn value(given: &str) -> Result<String, String> {
    match given.strip_prefix('@') {
        None => Ok(given.to_owned()),
        Some(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| format!("{path} could not be read: {error}")),
    }
}
