//! A store behind HTTP: what an operator has set, requests over the host's client, failures as the port has them.

use std::time::Duration;

use spin_sdk::http::Method;
use spin_sdk::variables;
use tollbooth_object_store::store::EXCHANGE_LIMIT;
use tollbooth_object_store::{
    Address, AddressError, Call, Dialect, Failure, Lost, Reply, Store, Transport, own_or_shared,
};
use tollbooth_web::{FetchFailure, Outgoing, exchange};

use crate::{Keys, Objects, Overwrite, StoreFailure};

/// Longest object: a photo or an export file, and room for a list of names.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// A kind of store behind HTTP.
pub trait Remote {
    /// How it is spoken to.
    type Dialect: Dialect;

    /// The store at an address.
    ///
    /// # Errors
    /// What is wrong with the address.
    fn at(address: &Address) -> Result<Self::Dialect, AddressError>;
}

impl<R: Remote> Objects for R {
    fn put(key: &str, content: &[u8], _: Overwrite) -> Result<(), StoreFailure> {
        // The store itself refuses to overwrite, so both kinds are looked at.
        let store = open::<R>()?;
        spin_executor::run(store.put(key, content)).map_err(failure)
    }

    fn get(key: &str) -> Result<Option<Vec<u8>>, StoreFailure> {
        let store = open::<R>()?;
        spin_executor::run(store.get(key)).map_err(failure)
    }

    fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Keys, StoreFailure> {
        let store = open::<R>()?;
        let page = spin_executor::run(store.list(prefix, after, limit)).map_err(failure)?;
        Ok(Keys { keys: page.keys, next: page.next })
    }
}

fn open<R: Remote>() -> Result<Store<R::Dialect, Host>, StoreFailure> {
    let read = |name: &'static str| {
        variables::get(name).map_err(|cause| StoreFailure::Unavailable(format!("variable {name}: {cause}")))
    };
    let (origin, bucket, region) = (read("photos_origin")?, read("photos_bucket")?, read("photos_region")?);
    let (account, key) = (read("photos_account")?, read("photos_key")?);
    // A manifest that knows no keys of parts gives its components the one that all share.
    let read_own = |name: &'static str| match variables::get(name) {
        Err(variables::Error::Undefined(_)) => Ok(String::new()),
        found => found.map_err(|cause| StoreFailure::Unavailable(format!("variable {name}: {cause}"))),
    };
    let (own_account, own_key) = (read_own("photos_own_account")?, read_own("photos_own_key")?);
    let dialect = own_or_shared((&own_account, &own_key), (&account, &key))
        .and_then(|(account, key)| Address::new(&origin, &bucket, &region, account, key))
        .and_then(|address| R::at(&address))
        .map_err(|wrong| {
            tollbooth_log::log!(Error, stage = "photos", cause = wrong);
            StoreFailure::Denied
        })?;
    Ok(Store::new(dialect, Host))
}

fn failure(failure: Failure) -> StoreFailure {
    match failure {
        Failure::Unavailable(why) => StoreFailure::Unavailable(why),
        Failure::Denied(why) => {
            // The port has no words for it, and an operator needs them.
            tollbooth_log::log!(Error, stage = "photos", cause = why);
            StoreFailure::Denied
        }
        Failure::Full => StoreFailure::Full,
        Failure::DifferentContent => StoreFailure::DifferentContent,
    }
}

/// The host's HTTP client, clock and chance.
struct Host;

impl Transport for Host {
    async fn exchange(&self, call: Call, body: Option<&[u8]>) -> Result<Reply, Lost> {
        let method = if call.method == "PUT" { Method::Put } else { Method::Get };
        let headers: Vec<(&str, String)> =
            call.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let request = Outgoing {
            body: body.map(<[u8]>::to_vec),
            url: &call.url,
            headers: &headers,
            limit: EXCHANGE_LIMIT,
            max_answer: MAX_ANSWER_BYTES,
        };
        match exchange(&method, request).await {
            Ok(answer) => Ok(Reply { status: answer.status, headers: answer.headers, body: answer.body }),
            Err(FetchFailure::NotAllowed(why)) => Err(Lost::NotAllowed(why)),
            Err(FetchFailure::TimedOut) => Err(Lost::Again("the store did not answer in time".to_owned())),
            Err(FetchFailure::TooLong { .. }) => Err(Lost::NotAllowed("the store's answer is too long".to_owned())),
            Err(FetchFailure::BrokenOff { .. }) => Err(Lost::Again("the store's answer broke off".to_owned())),
            Err(FetchFailure::Unreachable(why)) => Err(Lost::Again(format!("the store is out of reach: {why}"))),
        }
    }

    async fn pause(&self, time: Duration) {
        tollbooth_web::sleep(time).await;
    }

    fn elapsed(&self) -> Duration {
        tollbooth_web::elapsed()
    }

    fn chance(&self) -> f64 {
        crate::pause::chance()
    }
}
