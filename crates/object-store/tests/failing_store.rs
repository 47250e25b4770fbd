//! What a store that fails does to puts, gets and lists: nothing is told as stored that is not, and an outage is never an
//! absence. The store is in this process, and fails when it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

use std::time::Duration;

use futures::executor::block_on;
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Call, Dialect, Failure, Listing, Lost, Reply, Store, Transport};
use tollbooth_object_store_server::{Agent, FailingStore, Fault, Kind, On};

const BUCKET: &str = "photos";

/// Sends requests, and wastes no time on pauses.
struct Hasty(Agent);

impl Transport for Hasty {
    async fn exchange(&self, call: Call, body: Option<&[u8]>) -> Result<Reply, Lost> {
        self.0.exchange(call, body).await
    }

    async fn pause(&self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// Either dialect.
struct Spoken(Box<dyn Dialect>);

impl Dialect for Spoken {
    fn put(&self, key: &str, content: &[u8]) -> Result<Call, String> {
        self.0.put(key, content)
    }

    fn get(&self, key: &str) -> Result<Call, String> {
        self.0.get(key)
    }

    fn list(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Call, String> {
        self.0.list(prefix, cursor, limit)
    }

    fn listed(&self, body: &[u8]) -> Result<Listing, String> {
        self.0.listed(body)
    }

    fn digest_header(&self) -> &'static str {
        self.0.digest_header()
    }
}

/// A store of each kind.
fn started() -> [(FailingStore, Store<Spoken, Hasty>); 2] {
    [Kind::S3, Kind::Azure].map(|kind| {
        let server = FailingStore::start(kind).unwrap();
        let address = server.bucket(BUCKET).unwrap();
        let dialect: Box<dyn Dialect> = match kind {
            Kind::S3 => Box::new(S3::new(&address).unwrap()),
            Kind::Azure => Box::new(AzureBlob::new(&address).unwrap()),
        };
        (server, Store::new(Spoken(dialect), Hasty(Agent::new())))
    })
}

/// Each kind of failure of a write that says so, and whether the object is there all the same.
const OF_WRITES: [(Fault, bool); 7] = [
    (Fault::SlowDown, false),
    (Fault::InternalError, false),
    (Fault::BadDigest, false),
    (Fault::Broken, false),
    (Fault::ForeignPage, false),
    (Fault::InternalErrorAfterwards, true),
    (Fault::BrokenAfterwards, true),
];

#[test]
fn a_write_that_fails_once_is_made_and_one_that_fails_on_and_on_is_told() {
    for (server, store) in started() {
        let kind = server.kind();
        for (number, (fault, is_there)) in OF_WRITES.into_iter().enumerate() {
            let (once, always) = (format!("photos/{number}/once"), format!("photos/{number}/always"));
            server.fail(On::Write, fault, 1);
            assert_eq!(block_on(store.put(&once, b"photo")), Ok(()), "{kind:?} {fault:?}");
            assert_eq!(server.heal(), 1, "{kind:?} {fault:?}");
            assert_eq!(server.stored(BUCKET, &once).as_deref(), Some(&b"photo"[..]), "{kind:?} {fault:?}");

            server.fail(On::Write, fault, u32::MAX);
            let told = block_on(store.put(&always, b"photo"));
            assert!(matches!(told, Err(Failure::Unavailable(_))), "{kind:?} {fault:?}: {told:?}");
            assert_eq!(server.heal(), 4, "{kind:?} {fault:?}");
            assert_eq!(server.stored(BUCKET, &always).is_some(), is_there, "{kind:?} {fault:?}");
            // Whatever became of it, the same again is fine, and other bytes are another photo.
            assert_eq!(block_on(store.put(&always, b"photo")), Ok(()), "{kind:?} {fault:?}");
            assert_eq!(block_on(store.put(&always, b"other")), Err(Failure::DifferentContent), "{kind:?} {fault:?}");
        }
    }
}

#[test]
fn a_read_that_fails_is_an_outage_and_never_an_absence() {
    for (server, store) in started() {
        let kind = server.kind();
        block_on(store.put("photos/a", b"photo")).unwrap();
        for fault in [Fault::SlowDown, Fault::InternalError, Fault::Broken, Fault::CutOff, Fault::ForeignPage] {
            server.fail(On::Read, fault, 1);
            assert_eq!(block_on(store.get("photos/a")), Ok(Some(b"photo".to_vec())), "{kind:?} {fault:?}");
            assert_eq!(server.heal(), 1, "{kind:?} {fault:?}");
            server.fail(On::Read, fault, u32::MAX);
            let told = block_on(store.get("photos/a"));
            assert!(matches!(told, Err(Failure::Unavailable(_))), "{kind:?} {fault:?}: {told:?}");
            assert_eq!(server.heal(), 4, "{kind:?} {fault:?}");
        }
        // What is not there is so all the same: in the store's own words.
        assert_eq!(block_on(store.get("photos/none")), Ok(None));
    }
}

#[test]
fn bytes_that_are_not_those_of_their_digest_are_fetched_again() {
    for (server, store) in started() {
        let kind = server.kind();
        block_on(store.put("photos/a", b"photo")).unwrap();
        for fault in [Fault::WrongBytes, Fault::WrongDigest] {
            server.fail(On::Read, fault, 1);
            assert_eq!(block_on(store.get("photos/a")), Ok(Some(b"photo".to_vec())), "{kind:?} {fault:?}");
            assert_eq!(server.heal(), 1, "{kind:?} {fault:?}");
        }
        // Damaged where it lies: no absence, and not the photo either. Who knows the digest sees that.
        assert!(server.damage(BUCKET, "photos/a"));
        let damaged = block_on(store.get("photos/a")).unwrap().unwrap();
        assert!(damaged.len() == 5 && damaged != b"photo");
        // A write of the right bytes does not pass for one that was made.
        assert_eq!(block_on(store.put("photos/a", b"photo")), Err(Failure::DifferentContent));
    }
}

#[test]
fn a_list_that_fails_is_no_end_of_the_names() {
    for (server, store) in started() {
        let kind = server.kind();
        for number in 0..5 {
            block_on(store.put(&format!("photos/{number}"), b"photo")).unwrap();
        }
        for fault in [Fault::SlowDown, Fault::InternalError, Fault::Broken, Fault::CutOff, Fault::ForeignPage] {
            server.fail(On::List, fault, 1);
            assert_eq!(block_on(store.list("photos/", None, 10)).unwrap().keys.len(), 5, "{kind:?} {fault:?}");
            assert_eq!(server.heal(), 1, "{kind:?} {fault:?}");
            server.fail(On::List, fault, u32::MAX);
            let told = block_on(store.list("photos/", None, 10));
            assert!(matches!(told, Err(Failure::Unavailable(_))), "{kind:?} {fault:?}: {told:?}");
            assert_eq!(server.heal(), 4, "{kind:?} {fault:?}");
        }
    }
}

#[test]
fn an_object_that_is_said_to_be_there_and_is_not_is_not_told_as_stored() {
    for (server, store) in started() {
        let kind = server.kind();
        server.fail(On::Write, Fault::SaidToBeThere, 1);
        let told = block_on(store.put("photos/a", b"photo"));
        assert!(matches!(told, Err(Failure::Unavailable(_))), "{kind:?}: {told:?}");
        assert_eq!(server.heal(), 1, "{kind:?}");
        assert_eq!(server.stored(BUCKET, "photos/a"), None, "{kind:?}");
        assert_eq!(block_on(store.put("photos/a", b"photo")), Ok(()), "{kind:?}");
    }
}
