//! Photos and export files where an application under test keeps them, for tests that change them behind its back.

use std::time::Duration;

use rusqlite::Connection;
use rusty_s3::actions::{DeleteObject, GetObject, ListObjectsV2, PutObject};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use tollbooth_object_store::Address;
use tollbooth_pipeline::ident::sha256_hex;

use crate::host::Host;

/// How long a signed address is good for.
const VALID: Duration = Duration::from_secs(60);

/// The store of an application: a file of SQLite, or a bucket. Used as somebody with a tool for either would.
#[derive(Debug)]
pub enum Kept {
    /// The key-value store of one machine.
    File(Connection),
    /// The bucket of a cluster.
    Bucket(Box<rusty_s3::Bucket>, Credentials),
}

#[expect(clippy::expect_used, reason = "a test stops where its own tool fails")]
impl Kept {
    /// The store of this application.
    #[must_use]
    pub fn of(host: &Host) -> Self {
        host.bucket().map_or_else(
            || {
                let store = Connection::open(host.state_dir().join("sqlite_key_value.db")).expect("the store's file");
                store.busy_timeout(Duration::from_secs(10)).expect("a time to wait");
                Self::File(store)
            },
            |bucket| Self::at(bucket.address()),
        )
    }

    fn at(address: &Address) -> Self {
        let credentials = Credentials::new(address.account.clone(), address.key.clone());
        let (origin, name) = (address.origin.clone(), address.bucket.clone());
        let bucket = rusty_s3::Bucket::new(origin, UrlStyle::Path, name, address.region.clone()).expect("a bucket");
        Self::Bucket(Box::new(bucket), credentials)
    }

    /// The names that begin like this, in order.
    #[must_use]
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        match self {
            Self::File(store) => {
                let mut query = store
                    .prepare("SELECT key FROM spin_key_value WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key")
                    .expect("a query");
                let rows = query.query_map([prefix], |row| row.get(0)).expect("names");
                rows.collect::<Result<_, _>>().expect("names")
            }
            Self::Bucket(bucket, credentials) => {
                let mut action = ListObjectsV2::new(bucket, Some(credentials));
                action.with_prefix(prefix);
                let mut answer = ureq::get(action.sign(VALID).as_str()).call().expect("a list");
                let text = answer.body_mut().read_to_string().expect("a list");
                let list = ListObjectsV2::parse_response(&text).expect("a list");
                list.contents.into_iter().map(|object| object.key).collect()
            }
        }
    }

    /// What is kept under a name.
    #[must_use]
    pub fn get(&self, key: &str) -> Vec<u8> {
        match self {
            Self::File(store) => store
                .query_row("SELECT value FROM spin_key_value WHERE key = ?1", [key], |row| row.get(0))
                .expect("a value"),
            Self::Bucket(bucket, credentials) => {
                let url = GetObject::new(bucket, Some(credentials), key).sign(VALID);
                ureq::get(url.as_str()).call().expect("an object").body_mut().read_to_vec().expect("an object")
            }
        }
    }

    /// Keeps this under a name, whatever is there.
    pub fn put(&self, key: &str, value: &[u8]) {
        match self {
            Self::File(store) => {
                store.execute("DELETE FROM spin_key_value WHERE key = ?1", [key]).expect("the old value to go");
                let sql =
                    "INSERT INTO spin_key_value (store, key, value) SELECT store, ?1, ?2 FROM spin_key_value LIMIT 1";
                assert_eq!(store.execute(sql, (key, value)).expect("a new value"), 1, "{key}");
            }
            Self::Bucket(bucket, credentials) => {
                let digest = ("x-amz-meta-sha256", sha256_hex(value));
                let mut action = PutObject::new(bucket, Some(credentials), key);
                action.headers_mut().insert(digest.0, digest.1.clone());
                let sent = ureq::put(action.sign(VALID).as_str()).header(digest.0, &digest.1).send(value);
                assert_eq!(sent.expect("a new object").status(), 200, "{key}");
            }
        }
    }

    /// Takes away what is kept under a name.
    pub fn delete(&self, key: &str) {
        match self {
            Self::File(store) => {
                assert_eq!(store.execute("DELETE FROM spin_key_value WHERE key = ?1", [key]).expect("a deletion"), 1);
            }
            Self::Bucket(bucket, credentials) => {
                let url = DeleteObject::new(bucket, Some(credentials), key).sign(VALID);
                assert_eq!(ureq::delete(url.as_str()).call().expect("a deletion").status(), 204, "{key}");
            }
        }
    }

    /// Takes away everything whose name begins and ends so; how much that was.
    #[must_use]
    pub fn delete_all(&self, prefix: &str, end: &str) -> usize {
        let names: Vec<_> = self.keys(prefix).into_iter().filter(|name| name.ends_with(end)).collect();
        names.iter().for_each(|name| self.delete(name));
        names.len()
    }
}
