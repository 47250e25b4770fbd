//! Request bodies, streamed with a limit.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use spin_sdk::http::IncomingRequest;

use crate::{Kind, Problem};

/// Largest JSON body, in bytes: the largest valid one is far smaller.
const MAX_JSON_BYTES: u64 = 65_536;

/// Most bytes of a refused body that are read and thrown away. A connection that is closed while the caller still
/// sends is reset, and the caller never sees why.
const MAX_DRAINED_BYTES: u64 = 33_554_432;

/// The incoming request, until somebody takes its body.
pub(crate) type Unread = Rc<RefCell<Option<IncomingRequest>>>;

/// A body that was not read yet.
pub struct Body {
    /// Shared with the one who answers: what the route did not read is drained before a refusal is sent.
    pub(crate) incoming: Unread,
    pub(crate) declared: Option<u64>,
    pub(crate) content_type: Option<String>,
}

impl Body {
    /// Reads the whole body, refusing it as soon as it is known to be longer than `limit` bytes: at once when the
    /// length was declared, otherwise when the limit is passed.
    ///
    /// # Errors
    /// `body-too-large`, or `body-incomplete` when the connection broke before the declared end.
    pub async fn read(self, limit: u64) -> Result<Vec<u8>, Problem> {
        let too_large = || {
            Problem::new(Kind::BodyTooLarge, format!("At most {limit} bytes are allowed.")).with("limit_bytes", limit)
        };
        if self.declared.is_some_and(|declared| declared > limit) {
            return Err(too_large());
        }
        let Some(incoming) = self.incoming.borrow_mut().take() else { return Ok(Vec::new()) };
        let capacity = self.declared.and_then(|d| usize::try_from(d).ok()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(capacity);
        let mut stream = std::pin::pin!(incoming.into_body_stream());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| incomplete())?;
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                drop(bytes);
                discard(stream).await;
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
        parse(&bytes)
    }

    /// Whether the body has one of these media types; one that names none is taken for what the route reads.
    fn has_type(&self, known: &[&str]) -> bool {
        self.content_type.as_deref().is_none_or(|text| {
            let kind = text.split(';').next().unwrap_or_default().trim();
            known.iter().any(|known| kind.eq_ignore_ascii_case(known))
        })
    }
}

/// Reads and throws away what the route left unread, within bounds.
pub(crate) async fn drain(incoming: &RefCell<Option<IncomingRequest>>) {
    let unread = incoming.borrow_mut().take();
    if let Some(unread) = unread {
        discard(std::pin::pin!(unread.into_body_stream())).await;
    }
}

async fn discard<E>(mut stream: Pin<&mut impl Stream<Item = Result<Vec<u8>, E>>>) {
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
