//! Request bodies, streamed with a limit.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use spin_sdk::http::IncomingRequest;

use crate::deadline::within;
use crate::unique_members::UniqueMembers;
use crate::{Kind, Problem};

/// Largest JSON body, in bytes: the largest valid one is far smaller.
const MAX_JSON_BYTES: u64 = 65_536;

/// Longest silence of a caller in the middle of a body.
const MAX_SILENCE: Duration = Duration::from_secs(20);

/// What is read and thrown away of a refused body once the refusal is sent: a connection that is closed while the
/// caller still sends is reset, and the caller never sees why.
const MAX_DRAINED_BYTES: u64 = 33_554_432;
/// How long that may take.
const MAX_DRAINING: Duration = Duration::from_secs(2);

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
        let capacity = self.declared.and_then(|d| usize::try_from(d).ok()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(capacity);
        let mut stream = chunks(rest);
        while let Some(chunk) = within(MAX_SILENCE, stream.next()).await.ok_or_else(too_slow)? {
            let chunk = chunk.map_err(|()| incomplete())?;
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                self.unread.borrow_mut().replace(Rest::Tail(stream));
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if self.declared.is_some_and(|declared| declared != bytes.len() as u64) {
            return Err(incomplete());
        }
        Ok(bytes)
    }

    /// Reads a JSON object; an absent body counts as `{}`.
    ///
    /// # Errors
    /// `unsupported-media-type`, `body-too-large`, `body-incomplete`, or `invalid-request` naming the field.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let is_json = self.has_type(&["application/json"]);
        let bytes = self.read(MAX_JSON_BYTES).await?;
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
        let bytes = self.read(MAX_JSON_BYTES).await?;
        if !is_patch {
            return Err(Problem::new(Kind::UnsupportedMediaType, "Send application/merge-patch+json."));
        }
        parse::<UniqueMembers>(&bytes).map(|patch| patch.0)
    }

    /// Whether the body has one of these media types; one that names none is taken for what the route reads.
    fn has_type(&self, known: &[&str]) -> bool {
        self.content_type.as_deref().is_none_or(|text| {
            let kind = text.split(';').next().unwrap_or_default().trim();
            known.iter().any(|known| kind.eq_ignore_ascii_case(known))
        })
    }
}

/// Reads and throws away what the route left unread, within bounds. To be called once the answer is sent, so that
/// nobody waits for it.
pub(crate) async fn drain(unread: &RefCell<Option<Rest>>) {
    let Some(rest) = unread.borrow_mut().take() else { return };
    within(MAX_DRAINING, discard(chunks(rest))).await;
}

async fn discard(mut stream: Chunks) {
    let mut drained = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        drained += chunk.len() as u64;
        if drained > MAX_DRAINED_BYTES {
            return;
        }
    }
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
            "Nothing came for {} seconds and nothing was stored. Send the whole body again.",
            MAX_SILENCE.as_secs()
        ),
    )
}
