//! Request bodies, streamed with a limit.

use futures::StreamExt;
use serde::de::DeserializeOwned;
use spin_sdk::http::IncomingRequest;

use crate::{Kind, Problem};

/// Largest JSON body, in bytes: the largest valid one is far smaller.
const MAX_JSON_BYTES: u64 = 65_536;

/// A body that was not read yet.
pub struct Body {
    pub(crate) incoming: IncomingRequest,
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
            Problem::new(Kind::BodyTooLarge, format!("At most {limit} bytes are allowed."))
                .with("limit_bytes", limit)
        };
        if self.declared.is_some_and(|declared| declared > limit) {
            return Err(too_large());
        }
        let capacity = self.declared.and_then(|d| usize::try_from(d).ok()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(capacity);
        let mut stream = std::pin::pin!(self.incoming.into_body_stream());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| incomplete())?;
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if self.declared.is_some_and(|declared| declared != bytes.len() as u64) {
            return Err(incomplete());
        }
        Ok(bytes)
    }

    /// Reads a JSON body; an absent one counts as `{}`.
    ///
    /// # Errors
    /// `unsupported-media-type`, `body-too-large`, `body-incomplete`, or `invalid-request` naming the field.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let is_json = self.content_type.as_deref().is_none_or(|t| {
            let kind = t.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("application/merge-patch+json")
        });
        let bytes = self.read(MAX_JSON_BYTES).await?;
        if bytes.is_empty() {
            return parse(b"{}");
        }
        if !is_json {
            return Err(Problem::new(Kind::UnsupportedMediaType, "Send application/json."));
        }
        parse(&bytes)
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
