//! Problems as RFC 9457 `application/problem+json`, with a stable `type` per kind.
//!
//! A 5xx says nothing of what went wrong inside; the log line, written once here, has it, with the same request id.

use serde_json::{Map, Value, json};
use tollbooth_pipeline::ident::InvalidName;
use tollbooth_ports::failures::{LedgerFailure, StoreFailure};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $status:literal $slug:literal $title:literal;)+) => {
        /// Every kind of problem this API answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $variant),+ }

        impl Kind {
            /// All kinds, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }

            /// Last part of the `type`, stable.
            #[must_use]
            pub const fn slug(self) -> &'static str { match self { $(Self::$variant => $slug),+ } }

            /// Short summary, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
        }
    };
}

kinds! {
    /// A parameter, header or body that breaks a rule; `detail` names it.
    InvalidRequest = 400 "invalid-request" "The request breaks a rule";
    /// The body ended before its declared length, or the connection broke.
    BodyIncomplete = 400 "body-incomplete" "The body is shorter than declared";
    /// No bearer token or session, or one that is unknown, ended or revoked.
    Unauthorized = 401 "unauthorized" "A valid token or session is needed";
    /// The token's role, or the camera's booth, does not allow this.
    Forbidden = 403 "forbidden" "This role may not do that";
    /// A browser's session was used by something else than the console.
    CrossSite = 403 "cross-site" "This request did not come from the console";
    /// No such route or thing.
    NotFound = 404 "not-found" "There is no such thing";
    /// The route exists, the method does not.
    MethodNotAllowed = 405 "method-not-allowed" "This route knows other methods only";
    /// The booth was never registered.
    UnknownBooth = 404 "unknown-booth" "This booth is not registered";
    /// The caller fell silent in the middle of the body.
    TooSlow = 408 "too-slow" "The body came too slowly";
    /// The key was used for another photo or other parameters.
    KeyReused = 409 "key-reused" "This passage key was used for something else";
    /// Somebody else changed, claimed or exported it meanwhile.
    Conflict = 409 "conflict" "The present state does not allow this";
    /// The same or nearly the same plate is already accepted at this booth moments apart.
    PossibleDouble = 409 "possible-double" "This may be a crossing that is billed already";
    /// What was published is not known to the ledger: a backup was restored, and nothing is exported.
    LedgerOlder = 409 "ledger-older" "The ledger is older than what was published";
    /// Billing answers to rows that an export does not have; `rows` lists them, and nothing was recorded.
    UnknownRows = 422 "unknown-rows" "The export has no such rows";
    /// Billing answers to rows otherwise than before; `rows` lists them, and nothing was recorded.
    AnsweredBefore = 409 "answered-before" "These rows were answered otherwise";
    /// The file of an export is to be given up for lost, and is in the store as it was published.
    FileNotLost = 409 "file-not-lost" "The file is there as it was published";
    /// As many destinations are known as are kept.
    TooManyDestinations = 409 "too-many-destinations" "There are as many destinations as there may be";
    /// Somebody else changed it since it was looked at.
    VersionConflict = 409 "version-conflict" "It changed meanwhile";
    /// The one-time link was used, has expired or never existed.
    LinkSpent = 410 "link-spent" "This sign-in link can no longer be used";
    /// The file of an export is lost, and an operator gave it up: it will not be there again.
    FileReleased = 410 "file-released" "The file of this export was given up as lost";
    /// The body is larger than allowed.
    BodyTooLarge = 413 "body-too-large" "The body is larger than allowed";
    /// The path is longer than any valid one.
    PathTooLong = 414 "path-too-long" "The path is too long";
    /// Not a JPEG, PNG or WebP by its content.
    NotAPhoto = 415 "not-a-photo" "The body is no JPEG, PNG or WebP image";
    /// A body of another media type than the route reads.
    UnsupportedMediaType = 415 "unsupported-media-type" "This media type is not understood here";
    /// A range that the file does not have; `Content-Range` says its size.
    RangeNotSatisfiable = 416 "range-not-satisfiable" "The file has no such range";
    /// Too few or too many pixels.
    ImageSize = 422 "image-size" "The image has too few or too many pixels";
    /// The photo cannot be decoded, or what was read lies outside of it.
    NoCrop = 422 "no-crop" "The plate cannot be cut out of this photo";
    /// The capture time is malformed or absurd.
    CaptureTime = 422 "capture-time" "The capture time cannot be right";
    /// The plate is what people type when there is none.
    PlaceholderPlate = 422 "placeholder-plate" "This is what people type when there is no plate";
    /// Values that are well-formed and not allowed; `violations` lists them.
    Invalid = 422 "invalid" "Some values are not allowed";
    /// Too much of something waits already; later there is room again.
    TooMany = 429 "too-many" "There are too many of these already";
    /// A defect of ours.
    Internal = 500 "internal" "Something went wrong on our side";
    /// What is stored is not what was stored: an operator must look, and asking again does not help.
    StoredDamaged = 500 "stored-damaged" "What is stored is missing or damaged";
    /// The ledger or the photo store is out of reach; send again.
    Unavailable = 503 "unavailable" "The service is busy or out of reach; try again";
    /// No room is left to store anything.
    StorageFull = 507 "storage-full" "There is no room to store this";
}

/// A problem on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: String,
    extra: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
    /// For the log only.
    cause: Option<String>,
}

impl Problem {
    /// A problem with a sentence for the caller: what was wrong, where, and what to do.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), extra: Map::new(), headers: Vec::new(), cause: None }
    }

    /// Something of ours broke: `cause` goes to the log and nowhere else.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Internal, "The failure was logged under this request id.");
        problem.cause = Some(cause.into());
        problem
    }

    /// Something stored is missing or is not what it was: `cause` goes to the log.
    #[must_use]
    pub fn stored_damaged(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::StoredDamaged, "The failure was logged under this request id; run an audit.");
        problem.cause = Some(cause.into());
        problem
    }

    /// Something we need is out of reach: the caller should send again soon.
    #[must_use]
    pub fn unavailable(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Unavailable, "Nothing was stored. Send the same request again.");
        problem.cause = Some(cause.into());
        problem.headers.push(("retry-after", "1".to_owned()));
        problem
    }

    /// Well-formed values that are not allowed, every violation named.
    #[must_use]
    pub fn invalid(violations: Vec<String>) -> Self {
        Self::new(Kind::Invalid, format!("{}.", violations.join("; "))).with("violations", violations)
    }

    /// Adds a member to the problem object.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What the answer is made of, its headers and its body; and the log line for what the caller must not see.
    pub(crate) fn into_parts(self, request_id: &str) -> (Vec<(&'static str, String)>, Vec<u8>) {
        if let Some(cause) = &self.cause {
            let cause: String = cause.chars().map(|c| if c.is_control() { ' ' } else { c }).take(2000).collect();
            tollbooth_log::log!(Error, request = request_id, problem = self.kind.slug(), cause = cause);
        }
        let mut body = Map::new();
        body.insert("type".into(), json!(format!("urn:tollbooth:problem:{}", self.kind.slug())));
        body.insert("title".into(), json!(self.kind.title()));
        body.insert("status".into(), json!(self.kind.status()));
        body.insert("detail".into(), json!(self.detail));
        body.insert("request_id".into(), json!(request_id));
        body.extend(self.extra);
        (self.headers, Value::Object(body).to_string().into_bytes())
    }
}

impl From<LedgerFailure> for Problem {
    fn from(failure: LedgerFailure) -> Self {
        match failure {
            LedgerFailure::Unavailable(cause) => Self::unavailable(format!("ledger unavailable: {cause}")),
            LedgerFailure::Damaged(cause) => Self::internal(format!("ledger damaged: {cause}")),
        }
    }
}

/// A name in the path or the query that breaks its rule.
impl From<InvalidName> for Problem {
    fn from(refused: InvalidName) -> Self {
        Self::new(Kind::InvalidRequest, format!("{refused}."))
    }
}

impl From<StoreFailure> for Problem {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Unavailable(cause) => Self::unavailable(format!("photo store unavailable: {cause}")),
            StoreFailure::Denied => Self::internal("this component has no grant for the photo store"),
            StoreFailure::Full => Self::new(Kind::StorageFull, "Nothing was stored. Send again after room was made."),
            StoreFailure::DifferentContent => Self::internal("another object is stored under this key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_statuses_are_errors() {
        let slugs: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|k| k.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|k| (400..600).contains(&k.status())));
    }

    #[test]
    fn what_went_wrong_inside_stays_inside() {
        let response = Problem::internal("disk /dev/sda1 is on fire").into_response("req_1");
        let body = String::from_utf8(response.body).unwrap();
        assert!(!body.contains("/dev/sda1"), "{body}");
        assert!(body.contains("req_1"), "{body}");
        assert_eq!(response.status, 500);
    }
}
