//! Puts, gets and lists, again where that may help, in bounded time.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::answer::{Meaning, meaning};
use crate::call::{Call, Dialect, Listing, Reply};

/// Longest one exchange may take: 10 MB at 1 MB/s.
pub const EXCHANGE_LIMIT: Duration = Duration::from_secs(10);
/// Longest an operation may take with all its attempts: a camera waits for it.
pub const OPERATION_LIMIT: Duration = Duration::from_secs(20);
/// Most attempts.
const ATTEMPTS: u32 = 4;
/// Longest pause before the second attempt; doubled for each further one. Half of it is left to chance, so that those who
/// failed together do not come back together.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// An object that nobody reads, by which a store is tried.
pub const PROBE: &str = "probe/refuses-to-overwrite";
/// Most names of one page.
const MAX_PAGE: usize = 10_000;

/// Why an operation did not succeed, as the port has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Out of reach or busy. A write may have happened; the same again is safe.
    #[error("{0}")]
    Unavailable(String),
    /// Not until somebody changes something; the text says what the store said.
    #[error("{0}")]
    Denied(String),
    /// No room left.
    #[error("the store is full")]
    Full,
    /// Another object is stored under this key, and stays.
    #[error("another object is stored under this key")]
    DifferentContent,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// No connection, or it broke, or took too long. For operators.
    Again(String),
    /// The manifest does not allow the host, or the request cannot be sent. For operators.
    NotAllowed(String),
}

/// Sends requests.
pub trait Transport {
    /// Sends one request, and a body with `PUT`, and reads the whole reply within [`EXCHANGE_LIMIT`].
    fn exchange(&self, call: Call, body: Option<&[u8]>) -> impl Future<Output = Result<Reply, Lost>>;

    /// Waits.
    fn pause(&self, time: Duration) -> impl Future<Output = ()>;

    /// Time by a clock that is never set back.
    fn elapsed(&self) -> Duration;

    /// A number between 0 and 1, by chance.
    fn chance(&self) -> f64;
}

/// A store of objects that are written once.
#[derive(Debug)]
pub struct Store<D, T> {
    dialect: D,
    transport: T,
}

/// What an attempt came to.
enum Step<V> {
    Value(V),
    Again(String),
}

impl<D: Dialect, T: Transport> Store<D, T> {
    /// A store that speaks a dialect over a transport.
    pub const fn new(dialect: D, transport: T) -> Self {
        Self { dialect, transport }
    }

    /// Stores an object. It is durable once this has returned; the same bytes again succeed.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn put(&self, key: &str, content: &[u8]) -> Result<(), Failure> {
        let there = self
            .repeated(async || {
                let call = self.dialect.put(key, content).map_err(Failure::Denied)?;
                Ok(match self.answer(call, Some(content)).await? {
                    (Meaning::Done, Some(reply)) if reply.header("etag").is_some() => Step::Value(false),
                    // Every store names what it took. If this was one, the next attempt finds it written.
                    (Meaning::Done, _) => {
                        Step::Again("what answers at the store's address took a write without an ETag".to_owned())
                    }
                    // By whom is not known: an attempt of ours whose reply was lost, a resend, somebody else.
                    (Meaning::Present, _) => Step::Value(true),
                    (meaning, _) => again(meaning)?,
                })
            })
            .await?;
        if !there {
            return Ok(());
        }
        match self.get(key).await? {
            Some(present) if present == content => Ok(()),
            Some(_) => Err(Failure::DifferentContent),
            None => Err(Failure::Unavailable("the store has an object of this key and has it not".to_owned())),
        }
    }

    /// Whether the store keeps what it has, tried by writing [`PROBE`] twice: false for one that passes over the condition of
    /// a write in silence, where two photos under one key would overwrite each other. One that says that it does not know
    /// the condition fails with [`Failure::Denied`].
    ///
    /// # Errors
    /// [`Failure`] when it cannot be used at all.
    pub async fn refuses_to_overwrite(&self) -> Result<bool, Failure> {
        match self.put(PROBE, b"first").await {
            // Overwritten by a former try, when the store was another.
            Ok(()) | Err(Failure::DifferentContent) => {}
            Err(failure) => return Err(failure),
        }
        self.repeated(async || {
            let call = self.dialect.put(PROBE, b"second").map_err(Failure::Denied)?;
            Ok(match self.answer(call, Some(b"second")).await? {
                (Meaning::Done, Some(reply)) if reply.header("etag").is_some() => Step::Value(false),
                (Meaning::Done, _) => {
                    Step::Again("what answers at the store's address took a write without an ETag".to_owned())
                }
                (Meaning::Present, _) => Step::Value(true),
                (meaning, _) => again(meaning)?,
            })
        })
        .await
    }

    /// The object's bytes, or none when there is none of this key.
    ///
    /// Bytes that are not those whose digest was stored with them are fetched once more; what comes then is what is
    /// stored, and the caller, who knows the digest, judges.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        let mut doubted = false;
        loop {
            let Some(reply) = self.get_once(key).await? else { return Ok(None) };
            let stored = reply.header(self.dialect.digest_header());
            if doubted || stored.is_none_or(|digest| digest == hex::encode(Sha256::digest(&reply.body))) {
                return Ok(Some(reply.body));
            }
            doubted = true;
        }
    }

    async fn get_once(&self, key: &str) -> Result<Option<Reply>, Failure> {
        self.repeated(async || {
            let call = self.dialect.get(key).map_err(Failure::Denied)?;
            Ok(match self.answer(call, None).await? {
                (Meaning::Done, Some(reply)) => Step::Value(Some(reply)),
                (Meaning::Absent, _) => Step::Value(None),
                (meaning, _) => again(meaning)?,
            })
        })
        .await
    }

    /// A page of names in ascending order, those after the cursor.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn list(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Listing, Failure> {
        let limit = usize::try_from(limit).unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        let mut page = Listing { keys: Vec::new(), next: cursor.map(str::to_owned) };
        loop {
            let left = u32::try_from(limit.saturating_sub(page.keys.len())).unwrap_or(1);
            let part = self.list_once(prefix, page.next.as_deref(), left).await?;
            page.keys.extend(part.keys);
            page.next = part.next;
            if page.next.is_none() || page.keys.len() >= limit {
                return Ok(page);
            }
        }
    }

    async fn list_once(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Listing, Failure> {
        self.repeated(async || {
            let call = self.dialect.list(prefix, cursor, limit).map_err(Failure::Denied)?;
            Ok(match self.answer(call, None).await? {
                (Meaning::Done, Some(reply)) => match self.dialect.listed(&reply.body) {
                    Ok(listing) => Step::Value(listing),
                    Err(why) => Step::Again(format!("the store answered {why}")),
                },
                (meaning, _) => again(meaning)?,
            })
        })
        .await
    }

    async fn answer(&self, call: Call, body: Option<&[u8]>) -> Result<(Meaning, Option<Reply>), Failure> {
        match self.transport.exchange(call, body).await {
            Ok(reply) => Ok((meaning(&reply), Some(reply))),
            Err(Lost::Again(why)) => Ok((Meaning::Again(why), None)),
            Err(Lost::NotAllowed(why)) => Err(Failure::Denied(why)),
        }
    }

    async fn repeated<V>(&self, attempt: impl AsyncFn() -> Result<Step<V>, Failure>) -> Result<V, Failure> {
        let start = self.transport.elapsed();
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let why = match attempt().await? {
                Step::Value(value) => return Ok(value),
                Step::Again(why) => why,
            };
            let spent = self.transport.elapsed().saturating_sub(start);
            // No attempt begins that might end after the limit.
            if tries >= ATTEMPTS || spent + pause + EXCHANGE_LIMIT > OPERATION_LIMIT {
                return Err(Failure::Unavailable(format!("{why}; tried {tries} times in {} ms", spent.as_millis())));
            }
            self.transport.pause(pause.mul_f64(0.5 + 0.5 * self.transport.chance().clamp(0.0, 1.0))).await;
            pause *= 2;
            tries += 1;
        }
    }
}

/// What is neither the value nor an error of its own.
fn again<V>(meaning: Meaning) -> Result<Step<V>, Failure> {
    match meaning {
        Meaning::Again(why) => Ok(Step::Again(why)),
        Meaning::Refused(why) => Err(Failure::Denied(why)),
        Meaning::Full => Err(Failure::Full),
        Meaning::Done | Meaning::Absent | Meaning::Present => {
            Ok(Step::Again("the store gave an answer that nobody asked for".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;

    use futures::executor::block_on;

    use super::*;
    use crate::{Address, s3::S3};

    /// Replies as told, in a time of its own.
    #[derive(Default)]
    struct Told {
        replies: RefCell<VecDeque<Result<Reply, Lost>>>,
        sent: RefCell<Vec<&'static str>>,
        now: Cell<Duration>,
        each: Duration,
    }

    impl Transport for &Told {
        async fn exchange(&self, call: Call, body: Option<&[u8]>) -> Result<Reply, Lost> {
            assert_eq!(body.is_some(), call.method == "PUT");
            self.sent.borrow_mut().push(call.method);
            self.now.set(self.now.get() + self.each);
            self.replies.borrow_mut().pop_front().expect("one reply less than requests")
        }

        async fn pause(&self, time: Duration) {
            self.now.set(self.now.get() + time);
        }

        fn elapsed(&self) -> Duration {
            self.now.get()
        }

        fn chance(&self) -> f64 {
            0.5
        }
    }

    fn told(replies: impl IntoIterator<Item = Result<Reply, Lost>>) -> Told {
        Told { replies: RefCell::new(replies.into_iter().collect()), ..Told::default() }
    }

    fn store(told: &Told) -> Store<S3, &Told> {
        let address = Address::new("https://s3.example", "photos", "us-east-1", "id", "secret").unwrap();
        Store::new(S3::new(&address).unwrap(), told)
    }

    fn ok(body: &[u8]) -> Result<Reply, Lost> {
        Ok(Reply { status: 200, headers: Vec::new(), body: body.to_vec() })
    }

    fn status(status: u16) -> Result<Reply, Lost> {
        Ok(Reply { status, ..Reply::default() })
    }

    fn lost() -> Result<Reply, Lost> {
        Err(Lost::Again("the connection broke".to_owned()))
    }

    #[test]
    fn a_write_whose_reply_was_lost_is_found_written() {
        let replies = told([lost(), status(412), ok(b"photo")]);
        assert_eq!(block_on(store(&replies).put("photos/a", b"photo")), Ok(()));
        assert_eq!(*replies.sent.borrow(), ["PUT", "PUT", "GET"]);
    }

    #[test]
    fn a_success_that_is_not_in_a_stores_words_is_none() {
        let replies = told([ok(b"<html>welcome</html>"), status(412), ok(b"photo")]);
        assert_eq!(block_on(store(&replies).put("photos/a", b"photo")), Ok(()));
        assert_eq!(*replies.sent.borrow(), ["PUT", "PUT", "GET"]);
        let replies = told(std::iter::repeat_with(|| ok(b"<html>welcome</html>")).take(4));
        assert!(matches!(block_on(store(&replies).put("photos/a", b"photo")), Err(Failure::Unavailable(_))));
        let named = Reply { status: 200, headers: vec![("etag".into(), "\"1\"".into())], body: Vec::new() };
        assert_eq!(block_on(store(&told([Ok(named)])).put("photos/a", b"photo")), Ok(()));
    }

    #[test]
    fn what_is_stored_stays_whoever_comes_with_other_bytes() {
        let replies = told([status(412), ok(b"another")]);
        assert_eq!(block_on(store(&replies).put("photos/a", b"photo")), Err(Failure::DifferentContent));
    }

    #[test]
    fn a_store_that_passes_over_the_condition_of_a_write_is_found_out() {
        let named = || Ok(Reply { status: 200, headers: vec![("etag".into(), "\"1\"".into())], body: Vec::new() });
        let silent = told([named(), named()]);
        assert_eq!(block_on(store(&silent).refuses_to_overwrite()), Ok(false));
        let keeps = told([status(412), ok(b"first"), lost(), status(412)]);
        assert_eq!(block_on(store(&keeps).refuses_to_overwrite()), Ok(true));
        // Tried before, when the store was another.
        let keeps_the_second = told([status(412), ok(b"second"), status(412)]);
        assert_eq!(block_on(store(&keeps_the_second).refuses_to_overwrite()), Ok(true));
        let says_so = told([status(501)]);
        assert!(matches!(block_on(store(&says_so).refuses_to_overwrite()), Err(Failure::Denied(_))));
    }

    #[test]
    fn an_outage_ends_in_bounded_time_and_is_no_absence() {
        let replies = told(std::iter::repeat_with(|| status(503)).take(4));
        assert!(matches!(block_on(store(&replies).get("photos/a")), Err(Failure::Unavailable(_))));
        let slow = Told { each: EXCHANGE_LIMIT, ..told(std::iter::repeat_with(lost).take(4)) };
        assert!(matches!(block_on(store(&slow).put("photos/a", b"x")), Err(Failure::Unavailable(_))));
        assert!(slow.now.get() <= OPERATION_LIMIT);
    }

    #[test]
    fn bytes_that_were_changed_on_the_way_are_fetched_again_and_those_changed_at_rest_are_the_callers_to_judge() {
        let with = |body: &[u8]| {
            let digest = hex::encode(Sha256::digest(b"photo"));
            Ok(Reply { status: 200, headers: vec![("x-amz-meta-sha256".into(), digest)], body: body.to_vec() })
        };
        let replies = told([with(b"phot0"), with(b"photo")]);
        assert_eq!(block_on(store(&replies).get("photos/a")), Ok(Some(b"photo".to_vec())));
        let replies = told([with(b"phot0"), with(b"phot0")]);
        assert_eq!(block_on(store(&replies).get("photos/a")), Ok(Some(b"phot0".to_vec())));
    }

    #[test]
    fn a_page_is_filled_over_several_replies() {
        let part = |key: &str, more: bool| {
            ok(format!(
                "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>{more}</IsTruncated>{}\
                 <Contents><Key>{key}</Key></Contents></ListBucketResult>",
                if more { "<NextContinuationToken>t</NextContinuationToken>" } else { "" }
            )
            .as_bytes())
        };
        let replies = told([part("photos/a", true), part("photos/b", false)]);
        let page = block_on(store(&replies).list("photos/", None, 10)).unwrap();
        assert_eq!(page, Listing { keys: vec!["photos/a".into(), "photos/b".into()], next: None });
        let replies = told([part("photos/a", true)]);
        let page = block_on(store(&replies).list("photos/", None, 1)).unwrap();
        assert_eq!(page.next.as_deref(), Some("photos/a"));
    }
}
