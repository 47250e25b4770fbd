//! The shapes of the answers. Times as RFC 3339 in UTC; storage keys stay inside.

use serde::Serialize;
use serde_json::Value;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::said::By;
use tollbooth_ports::ledger::passages::{Attempt, Earlier, Event, Passage, Related, Waiting};
use tollbooth_ports::ledger::review::{Answered, Item};
use tollbooth_web::Problem;

use crate::candidates;

/// A page of a list; `next` is the cursor of the page after it, null at the end.
#[derive(Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<u64>,
    /// All entries that match, where they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// An open review.
#[derive(Serialize)]
pub struct ReviewView {
    passage: String,
    version: u32,
    booth: String,
    lane: String,
    captured_at: String,
    received_at: String,
    opened_at: String,
    reason: String,
    detail: String,
    suggestion: Option<String>,
    claimed_by: Option<String>,
    claimed_until: Option<String>,
    photo_url: String,
    camera: String,
    jurisdiction: Option<String>,
    plate_type: Option<String>,
    booth_name: String,
    booth_jurisdiction: String,
    time_zone: String,
    unprompted: bool,
    /// Why only a supervisor decides it.
    supervisor: Option<String>,
    flag: Option<FlagView>,
    assigned_to: Option<String>,
    assigned_until: Option<String>,
}

/// What whoever flagged it asks.
#[derive(Serialize)]
struct FlagView {
    note: String,
    by: String,
    at: String,
}

impl From<Item> for ReviewView {
    fn from(item: Item) -> Self {
        let (assigned_to, assigned_until) = item.assigned.unzip();
        Self {
            supervisor: item.matter,
            flag: item.flag.map(|flag| FlagView { note: flag.note, by: flag.by, at: rfc3339(flag.at) }),
            assigned_to,
            assigned_until: assigned_until.map(rfc3339),
            photo_url: photo_url(&item.passage),
            passage: item.passage,
            version: item.version,
            booth: item.booth,
            lane: item.lane,
            captured_at: item.captured_at,
            received_at: rfc3339(item.received_at),
            opened_at: rfc3339(item.opened_at),
            reason: item.reason,
            detail: item.detail,
            suggestion: item.suggestion,
            claimed_by: item.claimed_by,
            claimed_until: item.claimed_until.map(rfc3339),
            camera: item.camera,
            jurisdiction: item.jurisdiction,
            plate_type: item.plate_type,
            booth_name: item.booth_name,
            booth_jurisdiction: item.booth_jurisdiction,
            time_zone: item.time_zone,
            unprompted: item.kept_back,
        }
    }
}

/// A review in the hands of the caller.
#[derive(Serialize)]
pub struct Claimed {
    #[serde(flatten)]
    pub review: ReviewView,
    /// What is in doubt.
    pub asks: &'static str,
    pub candidates: Vec<Value>,
    pub photo: PhotoView,
    /// What is to be looked at beside it.
    pub related: Vec<RelatedView>,
    /// What was answered, of a dispute.
    pub answers: Vec<AnsweredView>,
}

/// One of the answers that differ; nobody is named.
#[derive(Serialize)]
pub struct AnsweredView {
    by: &'static str,
    plate: Option<String>,
    jurisdiction: Option<String>,
    plate_type: Option<String>,
    reject: Option<String>,
}

impl From<Answered> for AnsweredView {
    fn from(answered: Answered) -> Self {
        Self {
            by: if answered.by_machine { By::Machine } else { By::Person }.as_str(),
            plate: answered.plate,
            jurisdiction: answered.jurisdiction,
            plate_type: answered.plate_type,
            reject: answered.reject_code,
        }
    }
}

/// A passage that may show the same crossing.
#[derive(Serialize)]
pub struct RelatedView {
    passage: String,
    relation: String,
    state: String,
    plate: Option<String>,
    lane: String,
    camera: String,
    captured_at: String,
    later_ms: i64,
    photo_url: String,
    /// The plate, enlarged; null where nothing was read.
    crop_url: Option<String>,
}

impl RelatedView {
    pub fn new(related: Related, crop_url: Option<String>) -> Self {
        Self {
            photo_url: photo_url(&related.passage),
            crop_url,
            passage: related.passage,
            relation: related.relation,
            state: related.state,
            plate: related.plate,
            lane: related.lane,
            camera: related.camera,
            captured_at: related.captured_at,
            later_ms: related.later_ms,
        }
    }
}

/// Earlier photos of a plate; there are never more of them than fit beside the one to decide.
#[derive(Serialize)]
pub struct EarlierList {
    pub items: Vec<EarlierView>,
}

/// An accepted passage with the same plate.
#[derive(Serialize)]
pub struct EarlierView {
    passage: String,
    booth: String,
    captured_at: String,
    jurisdiction: Option<String>,
    by: &'static str,
    photo_url: String,
    /// Where the plate was read; null where nothing was.
    bounds: Option<Value>,
    /// The plate, enlarged; null where nothing was read.
    crop_url: Option<String>,
}

impl EarlierView {
    pub fn new(found: Earlier, bounds: Option<Value>) -> Self {
        Self {
            photo_url: photo_url(&found.passage),
            crop_url: bounds.as_ref().map(|_| candidates::crop_url(&found.passage)),
            passage: found.passage,
            booth: found.booth,
            captured_at: found.captured_at,
            jurisdiction: found.jurisdiction,
            by: if found.by_person { By::Person } else { By::Machine }.as_str(),
            bounds,
        }
    }
}

/// What a change led to.
#[derive(Serialize)]
pub struct Changed<'a> {
    pub passage: &'a str,
    pub state: &'a str,
    pub version: u32,
}

/// A passage in its present state.
#[derive(Serialize)]
pub struct PassageView {
    passage: String,
    version: u32,
    booth: String,
    key: String,
    lane: String,
    camera: String,
    captured_at: String,
    received_at: String,
    state: String,
    reason: Option<String>,
    detail: Option<String>,
    plate: Option<String>,
    jurisdiction: Option<String>,
    jurisdiction_source: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    confidence: Option<f32>,
    attempts: u32,
    duplicate_of: Option<String>,
    photo: PhotoView,
    export_sequence: Option<u64>,
    unprompted: bool,
    correction: Option<String>,
    plate_type: Option<String>,
}

/// A photo, without its bytes.
#[derive(Serialize)]
pub struct PhotoView {
    name: String,
    url: String,
    sha256: String,
    bytes: u64,
    format: String,
    width: u32,
    height: u32,
}

impl PhotoView {
    pub fn of(passage: &Passage) -> Self {
        Self {
            url: photo_url(&passage.passage),
            name: passage.photo_name.clone(),
            sha256: passage.photo_sha256.clone(),
            bytes: passage.photo_bytes,
            format: passage.photo_format.clone(),
            width: passage.width,
            height: passage.height,
        }
    }
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        let photo = PhotoView::of(&passage);
        Self {
            passage: passage.passage,
            version: passage.version,
            booth: passage.booth,
            key: passage.key,
            lane: passage.lane,
            camera: passage.camera,
            captured_at: passage.captured_at,
            received_at: rfc3339(passage.received_at),
            state: passage.state,
            reason: passage.reason,
            detail: passage.detail,
            plate: passage.plate,
            jurisdiction: passage.jurisdiction,
            jurisdiction_source: passage.jurisdiction_source,
            decided_by: passage.decided_by,
            decided_at: passage.decided_at.map(rfc3339),
            confidence: passage.confidence,
            attempts: passage.attempts,
            duplicate_of: passage.duplicate_of,
            photo,
            export_sequence: passage.export_sequence,
            unprompted: passage.kept_back,
            correction: passage.correction,
            plate_type: passage.plate_type,
        }
    }
}

/// A passage with everything that was read from its photo.
#[derive(Serialize)]
pub struct PassageWithReadings {
    #[serde(flatten)]
    pub passage: PassageView,
    /// Null unless it waits.
    pub waiting_for: Option<WaitingView>,
    pub readings: Vec<AttemptView>,
    /// Passages that may show the same crossing.
    pub related: Vec<RelatedView>,
    /// The plate that counts, enlarged; null where nothing was read.
    pub crop_url: Option<String>,
}

/// What a waiting passage waits for.
#[derive(Serialize)]
pub struct WaitingView {
    recognizer: String,
    reason: String,
    until: Option<String>,
}

impl From<Waiting> for WaitingView {
    fn from(waiting: Waiting) -> Self {
        Self { recognizer: waiting.recognizer, reason: waiting.reason, until: waiting.until.map(rfc3339) }
    }
}

/// One attempt to read the photo.
#[derive(Serialize)]
pub struct AttemptView {
    attempt: u32,
    recognizer: String,
    model: String,
    started_at: String,
    finished_at: Option<String>,
    outcome: String,
    duration_ms: u32,
    cost_micros: u64,
    reading: Option<Value>,
}

impl AttemptView {
    /// Fails when the stored reading is no JSON.
    pub fn new(passage: &str, attempt: Attempt) -> Result<Self, Problem> {
        Ok(Self {
            attempt: attempt.attempt,
            recognizer: attempt.recognizer,
            model: attempt.model,
            started_at: rfc3339(attempt.started_at),
            finished_at: attempt.finished_at.map(rfc3339),
            outcome: attempt.outcome,
            duration_ms: attempt.duration_ms,
            cost_micros: attempt.cost_micros,
            reading: attempt.reading.map(|stored| candidates::shown(passage, &stored)).transpose()?,
        })
    }
}

/// One line of the append-only history.
#[derive(Serialize)]
pub struct EventView {
    sequence: u64,
    at: String,
    kind: String,
    actor: ActorView,
    from_state: Option<String>,
    to_state: Option<String>,
    detail: Value,
}

#[derive(Serialize)]
struct ActorView {
    role: String,
    id: String,
}

impl EventView {
    /// Fails when the stored detail is no JSON.
    pub fn new(event: Event) -> Result<Self, Problem> {
        let detail = serde_json::from_str(&event.detail)
            .map_err(|e| Problem::internal(format!("the detail of event {} is no JSON: {e}", event.sequence)))?;
        Ok(Self {
            sequence: event.sequence,
            at: rfc3339(event.at),
            kind: event.kind,
            actor: ActorView { role: event.actor_role, id: event.actor_id },
            from_state: event.from_state,
            to_state: event.to_state,
            detail,
        })
    }
}

fn photo_url(passage: &str) -> String {
    format!("/v1/passages/{passage}/photo")
}
