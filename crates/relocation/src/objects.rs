//! An object store as a program of the operator's uses it.

use futures::executor::block_on;
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, Dialect, Failure, Listing, Store};

use crate::{Agent, RelocationError};

/// How a store is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Amazon S3 and its like.
    S3,
    /// Azure Blob Storage.
    AzureBlob,
}

/// Names of one page.
const PAGE: u32 = 1_000;

/// A bucket or container.
#[derive(Debug)]
pub struct Bucket(Dialects);

#[derive(Debug)]
enum Dialects {
    S3(Store<S3, Agent>),
    AzureBlob(Store<AzureBlob, Agent>),
}

impl Bucket {
    /// The bucket at an address.
    ///
    /// # Errors
    /// [`RelocationError::Store`] for an address that is none.
    pub fn at(kind: Kind, address: &Address) -> Result<Self, RelocationError> {
        let wrong = |error: tollbooth_object_store::AddressError| RelocationError::Store(error.to_string());
        Ok(Self(match kind {
            Kind::S3 => Dialects::S3(Store::new(S3::new(address).map_err(wrong)?, Agent::default())),
            Kind::AzureBlob => {
                Dialects::AzureBlob(Store::new(AzureBlob::new(address).map_err(wrong)?, Agent::default()))
            }
        }))
    }

    pub(crate) fn put(&self, key: &str, content: &[u8]) -> Result<(), RelocationError> {
        match &self.0 {
            Dialects::S3(store) => block_on(store.put(key, content)),
            Dialects::AzureBlob(store) => block_on(store.put(key, content)),
        }
        .map_err(object(key))
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RelocationError> {
        match &self.0 {
            Dialects::S3(store) => block_on(store.get(key)),
            Dialects::AzureBlob(store) => block_on(store.get(key)),
        }
        .map_err(object(key))
    }

    /// Whether the store refuses to overwrite, by trying to.
    ///
    /// # Errors
    /// [`RelocationError::Store`] when it cannot be used at all.
    pub fn refuses_to_overwrite(&self) -> Result<bool, RelocationError> {
        match &self.0 {
            Dialects::S3(store) => tried(store),
            Dialects::AzureBlob(store) => tried(store),
        }
    }

    fn page(&self, prefix: &str, cursor: Option<&str>) -> Result<Listing, RelocationError> {
        match &self.0 {
            Dialects::S3(store) => block_on(store.list(prefix, cursor, PAGE)),
            Dialects::AzureBlob(store) => block_on(store.list(prefix, cursor, PAGE)),
        }
        .map_err(|error| RelocationError::Store(error.to_string()))
    }
}

fn tried<D: Dialect>(store: &Store<D, Agent>) -> Result<bool, RelocationError> {
    block_on(store.refuses_to_overwrite()).map_err(|error| RelocationError::Store(error.to_string()))
}

fn object(key: &str) -> impl Fn(Failure) -> RelocationError {
    let key = key.to_owned();
    move |failure| RelocationError::Object { key: key.clone(), why: failure.to_string() }
}

/// The names of a bucket with a prefix, in ascending order, a page at a time.
pub(crate) struct Names<'a> {
    bucket: &'a Bucket,
    prefix: &'static str,
    page: std::vec::IntoIter<String>,
    cursor: Option<String>,
    is_last_page: bool,
    ahead: Option<String>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(bucket: &'a Bucket, prefix: &'static str) -> Self {
        Self { bucket, prefix, page: Vec::new().into_iter(), cursor: None, is_last_page: false, ahead: None }
    }

    /// Whether the bucket has this key. Keys must be asked for in ascending order.
    pub(crate) fn have(&mut self, key: &str) -> Result<bool, RelocationError> {
        loop {
            if self.ahead.is_none() {
                self.ahead = self.next()?;
            }
            match &self.ahead {
                None => return Ok(false),
                Some(name) if name.as_str() < key => self.ahead = None,
                Some(name) => return Ok(name == key),
            }
        }
    }

    fn next(&mut self) -> Result<Option<String>, RelocationError> {
        loop {
            if let Some(name) = self.page.next() {
                return Ok(Some(name));
            }
            if self.is_last_page {
                return Ok(None);
            }
            let page = self.bucket.page(self.prefix, self.cursor.as_deref())?;
            self.is_last_page = page.next.is_none();
            self.cursor = page.next;
            self.page = page.keys.into_iter();
        }
    }
}
