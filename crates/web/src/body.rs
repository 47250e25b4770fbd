//! Request bodies, streamed with a limit on their size and on their time, and only from callers who were recognised.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use spin_sdk::http::IncomingRequest;

use crate::credential::Credential;
use crate::deadline::{elapsed, within};
use crate::pace::SENDING;
use crate::unique_members::UniqueMembers;
use crate::{Kind, Problem};

/// Memory taken for a body that only began, in bytes. More is taken as more comes, never for what was merely declared.
const FIRST_CAPACITY: usize = 65_536;

/// Largest JSON body, in bytes: the largest valid one is far smaller.
const MAX_JSON_BYTES: u64 = 65_536;

/// Longest silence of a caller in the middle of a body.
const MAX_SILENCE: Duration = Duration::from_secs(20);

/// What has not come after this time is waited for without a connection to the database: an installation has few, and others
/// need them. Most bodies are here sooner, and cost no second connection.
const PROMPT: Duration = Duration::from_millis(20);

/// Pieces that a body may come in whatever their size, and the least bytes a piece of one that comes in more: each costs this
/// instance some microseconds, so that ten megabytes in single bytes are seconds of computing.
const MANY_PIECES: u64 = 4_096;
const LEAST_PIECE_BYTES: u64 = 32;

/// What is read and thrown away of a refused body once the refusal is sent: a connection that is closed while the
/// caller still sends is reset, and the caller never sees why.
const MAX_DRAINED_BYTES: u64 = 33_554_432;
/// How long that may take.
const MAX_DRAINING: Duration = Duration::from_secs(2);
/// How long a caller may be silent meanwhile: only what is on its way is drained.
const MAX_DRAINING_SILENCE: Duration = Duration::from_millis(250);
/// What is drained of a body whose sender was not recognised, in chunks: what has come already. Nothing is waited for.
const MAX_STRANGERS_CHUNKS: usize = 64;

type Chunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, ()>>>>;

/// What nobody has read of a request's body.
pub(crate) enum Rest {
    /// All of it.
    Whole(IncomingRequest),
    /// What followed the chunk that was too much.
    Tail(Chunks),
}

/// Shared by the route and the one who answers.
pub(crate) type Unread = Rc<RefCell<Option<Rest>>>;

/// A body that was not read yet.
pub struct Body {
    pub(crate) unread: Unread,
    pub(crate) declared: Option<u64>,
    pub(crate) content_type: Option<String>,
    /// By what its sender was recognised, once that was done.
    pub(crate) sender: Rc<RefCell<Option<Credential>>>,
    /// Gives back what others need, once the sender lets this instance wait; see [`crate::Request::while_waiting`].
    pub(crate) waits: Cell<Option<fn()>>,
}

fn chunks(rest: Rest) -> Chunks {
    match rest {
        Rest::Whole(incoming) => Box::pin(incoming.into_body_stream().map(|chunk| chunk.map_err(drop))),
        Rest::Tail(chunks) => chunks,
    }
}

impl Body {
    /// Reads the whole body, refusing it as soon as it is known to be longer than `limit` bytes: at once when the
    /// length was declared, otherwise when the limit is passed.
    ///
    /// # Errors
    /// `body-too-large`, `body-incomplete` when the connection broke before the declared end, or `too-slow`.
    pub async fn read(self, limit: u64) -> Result<Vec<u8>, Problem> {
        let too_large = || {
            Problem::new(Kind::BodyTooLarge, format!("At most {limit} bytes are allowed.")).with("limit_bytes", limit)
        };
        if self.declared.is_some_and(|declared| declared > limit) {
            return Err(too_large());
        }
        let Some(rest) = self.unread.borrow_mut().take() else { return Ok(Vec::new()) };
        let mut bytes = Vec::new();
        let mut stream = chunks(rest);
        let (began, mut pieces) = (elapsed(), 0);
        while let Some(chunk) = {
            let left = SENDING.allows(bytes.len() as u64).saturating_sub(elapsed().saturating_sub(began));
            let left = left.min(MAX_SILENCE);
            let holds = self.waits.get().is_some();
            let prompt = if holds { within(left.min(PROMPT), stream.next()).await } else { None };
            match prompt {
                Some(chunk) => chunk,
                None => {
                    if let Some(give_back) = self.waits.take() {
                        give_back();
                    }
                    within(left, stream.next()).await.ok_or_else(too_slow)?
                }
            }
        } {
            let chunk = chunk.map_err(|()| incomplete())?;
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                self.unread.borrow_mut().replace(Rest::Tail(stream));
                return Err(too_large());
            }
            make_room(&mut bytes, chunk.len(), self.declared)?;
            bytes.extend_from_slice(&chunk);
            pieces += 1;
            if is_crumbs(pieces, bytes.len() as u64) {
                // As far again, so that the sender sees why.
                self.unread.borrow_mut().replace(Rest::Tail(stream));
                return Err(crumbs());
            }
        }
        if self.declared.is_some_and(|declared| declared != bytes.len() as u64) {
            return Err(incomplete());
        }
        Ok(bytes)
    }

    /// Reads a JSON object; an absent body counts as `{}`.
    ///
    /// # Errors
    /// `unsupported-media-type`, `body-too-large`, `body-incomplete`, `invalid-request` naming the field, or `unauthorized` when the
    /// caller was revoked while it came.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        self.json_within(MAX_JSON_BYTES).await
    }

    /// The same of a route whose bodies are lists, with its own limit in bytes.
    ///
    /// # Errors
    /// As [`Self::json`].
    pub async fn json_within<T: DeserializeOwned>(self, limit: u64) -> Result<T, Problem> {
        let is_json = self.has_type(&["application/json"]);
        let bytes = self.read_as_sender(limit).await?;
        if bytes.is_empty() {
            return parse(b"{}");
        }
        if !is_json {
            return Err(Problem::new(Kind::UnsupportedMediaType, "Send application/json."));
        }
        parse(&bytes)
    }

    /// Reads a JSON merge patch (RFC 7396) of an object. An absent body is refused: whoever sends one forgot something.
    ///
    /// # Errors
    /// Those of [`Self::json`].
    pub async fn merge_patch(self) -> Result<Map<String, Value>, Problem> {
        let is_patch = self.has_type(&["application/merge-patch+json", "application/json"]);
        let bytes = self.read_as_sender(MAX_JSON_BYTES).await?;
        if !is_patch {
            return Err(Problem::new(Kind::UnsupportedMediaType, "Send application/merge-patch+json."));
        }
        parse::<UniqueMembers>(&bytes).map(|patch| patch.0)
    }

    /// Reads the whole body of somebody who may do what it says at its end as well.
    async fn read_as_sender(self, limit: u64) -> Result<Vec<u8>, Problem> {
        let (sender, began) = (Rc::clone(&self.sender), elapsed());
        let bytes = self.read(limit).await?;
        let reading = elapsed().saturating_sub(began);
        sender.borrow().as_ref().map_or(Ok(()), |credential| credential.still_holds_after(reading))?;
        Ok(bytes)
    }

    /// Whether the body has one of these media types; one that names none is taken for what the route reads.
    fn has_type(&self, known: &[&str]) -> bool {
        self.content_type.as_deref().is_none_or(|text| {
            let kind = text.split(';').next().unwrap_or_default().trim();
            known.iter().any(|known| kind.eq_ignore_ascii_case(known))
        })
    }
}

/// Room for so much more, at least doubled and at most what was declared. Refused, when there is no memory, before the
/// instance dies of it.
fn make_room(bytes: &mut Vec<u8>, more: usize, declared: Option<u64>) -> Result<(), Problem> {
    let needed = bytes.len().saturating_add(more);
    if needed <= bytes.capacity() {
        return Ok(());
    }
    let declared = declared.and_then(|declared| usize::try_from(declared).ok()).unwrap_or(usize::MAX);
    let wanted = needed.max(bytes.len().saturating_mul(2)).max(FIRST_CAPACITY).min(declared.max(needed));
    bytes
        .try_reserve_exact(wanted - bytes.len())
        .map_err(|_| Problem::unavailable("there is no memory for a body of this size now"))
}

/// Reads and throws away what the route left unread, within bounds. To be called once the answer is sent, so that
/// nobody waits for it.
pub(crate) async fn drain(unread: &RefCell<Option<Rest>>, recognised: bool) {
    let Some(rest) = unread.borrow_mut().take() else { return };
    let mut stream = chunks(rest);
    if recognised {
        within(MAX_DRAINING, discard(stream)).await;
    } else {
        // `now_or_never` asks once and leaves: a stranger's body holds this instance for no time at all.
        for _ in 0..MAX_STRANGERS_CHUNKS {
            let Some(Some(Ok(_))) = stream.next().now_or_never() else { return };
        }
    }
}

async fn discard(mut stream: Chunks) {
    let (mut drained, mut pieces) = (0, 0);
    while let Some(Some(Ok(chunk))) = within(MAX_DRAINING_SILENCE, stream.next()).await {
        drained += chunk.len() as u64;
        pieces += 1;
        if drained > MAX_DRAINED_BYTES || is_crumbs(pieces, drained) {
            return;
        }
    }
}

/// Whether a body comes in so many and so small pieces that reading it is work.
const fn is_crumbs(pieces: u64, bytes: u64) -> bool {
    pieces > MANY_PIECES && bytes / LEAST_PIECE_BYTES < pieces
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take an array for a struct, member by member.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(Kind::InvalidRequest, "The JSON body must be an object."));
    }
    serde_json::from_slice(bytes).map_err(|e| Problem::new(Kind::InvalidRequest, format!("The JSON body: {e}.")))
}

fn incomplete() -> Problem {
    Problem::new(Kind::BodyIncomplete, "Nothing was stored. Send the whole body again.")
}

fn too_slow() -> Problem {
    Problem::new(
        Kind::TooSlow,
        format!(
            "Nothing came for {} seconds, or too little in all, and nothing was stored. Send the whole body again, over a \
             faster line.",
            MAX_SILENCE.as_secs()
        ),
    )
}

fn crumbs() -> Problem {
    Problem::new(
        Kind::InvalidRequest,
        format!(
            "The body comes in pieces of less than {LEAST_PIECE_BYTES} bytes. Nothing was stored; send larger ones."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_single_bytes_is_given_up_and_one_in_short_lines_is_not() {
        let given_up = |each: u64| (1..200_000).find(|pieces| is_crumbs(*pieces, pieces * each));
        assert_eq!(given_up(1), Some(MANY_PIECES + 1));
        assert_eq!(given_up(76), None, "lines of base64");
        assert_eq!(given_up(32), None);
    }

    #[test]
    fn memory_is_taken_for_what_came_and_not_for_what_was_declared() {
        let mut bytes = Vec::new();
        make_room(&mut bytes, 16_384, Some(100_000_000)).unwrap();
        assert!(bytes.capacity() < 200_000, "{}", bytes.capacity());
        bytes.resize(1_000_000, 0);
        make_room(&mut bytes, 16_384, Some(100_000_000)).unwrap();
        assert!(bytes.capacity() < 2_100_000, "{}", bytes.capacity());
        make_room(&mut bytes, 16_384, Some(1_100_000)).unwrap();
        bytes.resize(1_016_384, 0);
        bytes.shrink_to_fit();
        make_room(&mut bytes, 10, Some(1_100_000)).unwrap();
        assert!(bytes.capacity() <= 1_200_000, "no more than was declared: {}", bytes.capacity());
    }

    #[test]
    fn what_cannot_be_had_is_a_reason_to_come_back() {
        let refused = make_room(&mut Vec::new(), usize::MAX / 2 + 1, None).unwrap_err();
        assert_eq!(refused.kind(), Kind::Unavailable);
    }
}
