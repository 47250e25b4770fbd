//! The staff's work: claim a doubtful passage, decide it, reopen it.
//!
//! Invariants: a decision needs a live claim by the one who decides and the version that was looked at, so two people
//! can never overwrite each other; what is bound to an export is reopened once that is published, and what is decided
//! then goes to billing as a correction; every claim, decision and reopening
//! is an event. A claim does not change the version: it changes nothing of what is being decided.

mod claim;
mod decide;
mod open;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::desk::{Matter, Queue};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::blind::Eyes;
use crate::booths::is_within;
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::desk::Desk;
use crate::error::{Failure, LedgerError};
use crate::event::Actor;
use crate::step::{Held, held_columns};

pub use crate::verdict::Verdict;

/// Which open reviews to look at; absent fields do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Booth id.
    pub booth: Option<String>,
    /// Review reason.
    pub reason: Option<String>,
    /// Only those that nobody holds at present.
    pub unclaimed: bool,
    /// Only what anybody decides, or only what a supervisor does.
    pub queue: Option<Queue>,
    /// Only those whose likeliest text is this plate, by the key that its register looks it up by. What is kept back from the
    /// caller is never among them.
    pub candidate: Option<String>,
}

/// An open review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Order of receipt; the cursor of the list.
    pub sequence: i64,
    /// `psg_…`
    pub passage: String,
    /// Must be given back with every change.
    pub version: u32,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// When it was acknowledged.
    pub received_at: Instant,
    /// When it came to people.
    pub opened_at: Instant,
    /// Review reason.
    pub reason: String,
    /// One sentence about it.
    pub detail: String,
    /// The likeliest text.
    pub suggestion: Option<String>,
    /// Who holds it at present.
    pub claimed_by: Option<String>,
    /// Until when.
    pub claimed_until: Option<Instant>,
    /// Name of the camera.
    pub camera: String,
    /// `us-tx`, of the suggestion.
    pub jurisdiction: Option<String>,
    /// What was recorded of the type when a person answered with the suggestion before; none where nobody did.
    pub plate_type: Option<PlateType>,
    /// Name of the booth, for people.
    pub booth_name: String,
    /// Of the booth: what a plate has that names none.
    pub booth_jurisdiction: String,
    /// IANA name, of the booth.
    pub time_zone: String,
    /// What was read of it, and why it waits, is kept back from whoever looks: see [`crate::blind`].
    pub kept_back: bool,
    /// Why only a supervisor decides it; none for what anybody decides.
    pub matter: Option<Matter>,
    /// What whoever flagged it asks; for supervisors and its author.
    pub flag: Option<Flagged>,
    /// Whom it was given to, for supervisors and that person, and until when.
    pub assigned: Option<(String, Instant)>,
}

/// A flag that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flagged {
    /// For whoever decides.
    pub note: String,
    /// `tok_…`
    pub by: String,
    /// When.
    pub at: Instant,
}

/// A page of open reviews, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The reviews.
    pub items: Vec<Item>,
    /// Cursor of the next page; none at the end.
    pub next: Option<u64>,
    /// Open reviews that match.
    pub total: u64,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such passage.
    NotFound,
    /// Not in a state that allows this.
    WrongState(State),
    /// Somebody else holds the claim, until then.
    ClaimedByOther(Instant),
    /// Only a supervisor decides this.
    ForSupervisor,
    /// The caller flagged it, or gave one of the answers: somebody else decides it.
    OwnMatter,
    /// It is kept for somebody else, until then.
    AssignedToOther(Instant),
    /// Nobody flagged it.
    NotFlagged,
    /// It was given to nobody.
    NotAssigned,
    /// The caller holds no live claim.
    NotClaimed,
    /// The caller holds so many claims already.
    TooManyClaims(u32),
    /// Somebody else, or the judge, decided it: only the decider takes a decision back.
    DecidedByOther,
    /// The passage changed meanwhile; this is the present version.
    VersionConflict(u32),
    /// On its way to billing with this export, which is not published yet; or, for who takes a decision back, published.
    BoundToExport(u64),
    /// The same or nearly the same plate is already accepted moments apart, in these passages.
    PossibleDouble(Vec<String>),
    /// The plate is what people type when there is none, and nobody read or confirmed it.
    Placeholder,
    /// The verdict itself is not allowed.
    Invalid(String),
}

/// A passage as a review call finds it.
pub(crate) struct Found {
    pub held: Held,
    /// Booth id.
    pub booth: String,
    /// Holder and end of a claim that is still live.
    claim: Option<(String, Instant)>,
    /// The suggestion, or the decided plate.
    plate: Option<String>,
    jurisdiction: Option<String>,
    decided_by: Option<String>,
    reason: Option<String>,
    /// As the caller sees it.
    pub eyes: Eyes,
    /// How it stands to the caller, while it is in review.
    pub desk: Desk,
    is_supervisor: bool,
    /// The live claim is the caller's.
    is_holder: bool,
}

/// A claim is live until it ends, unless a clock that has been set back since gave it. `?1` is now, `?2` the slack.
macro_rules! live {
    () => {
        "(claimed_until_ms > ?1 AND claimed_at_ms <= ?1 + ?2)"
    };
}
use live;

const FIND: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", p.plate, p.jurisdiction, p.decided_by, p.reason, CASE WHEN ",
    live!(),
    " THEN p.claimed_by END, p.claimed_until_ms, p.booth_id FROM passage p WHERE p.id = ?3 /*pg FOR NO KEY UPDATE OF p */"
);

impl<D: Db> Ledger<D> {
    /// Finds a passage inside the present transaction, as the caller sees it. One at a booth that is not theirs is not there.
    pub(crate) fn find(&self, now: Instant, actor: &Actor, passage: &str) -> Result<Found, Failure<Refusal>> {
        let row =
            self.run_one(FIND, params![now, CLOCK_SLACK_MS, passage])?.ok_or(Failure::Refused(Refusal::NotFound))?;
        let mut columns = row.columns();
        let held = Held::read(&mut columns)?;
        let eyes = self.eyes(held.sequence, actor)?;
        let in_review = held.state == State::InReview;
        let desk = if in_review { self.desk_of(now, actor, held.sequence)? } else { Desk::default() };
        let found = found(actor, held, (eyes, desk), columns)?;
        if is_within(self.booths_of(actor)?.as_deref(), &found.booth) {
            Ok(found)
        } else {
            Err(Failure::Refused(Refusal::NotFound))
        }
    }

    /// Finds an open review at the version the caller looked at.
    fn find_open(
        &self,
        now: Instant,
        actor: &Actor,
        passage: &str,
        version: Option<u32>,
    ) -> Result<Found, Failure<Refusal>> {
        let found = self.find(now, actor, passage)?;
        found.check_open(version)?;
        Ok(found)
    }

    /// Nobody works on it any more.
    pub(crate) fn end_claim(&self, sequence: i64) -> Result<(), LedgerError> {
        self.run(
            "UPDATE passage SET claimed_by = NULL, claimed_at_ms = NULL, claimed_until_ms = NULL WHERE sequence = ?1",
            params![sequence],
        )?;
        Ok(())
    }

    /// Ends every claim of somebody who cannot decide any more: nobody waits for them to run out.
    pub(crate) fn end_claims_of(&self, token: &str) -> Result<(), LedgerError> {
        self.run(
            "UPDATE passage SET claimed_by = NULL, claimed_at_ms = NULL, claimed_until_ms = NULL WHERE sequence IN
                 (SELECT held.sequence FROM passage held INDEXED BY passage_claimed WHERE held.claimed_by = +?1)
             AND claimed_by = +?1",
            params![token],
        )
        .map(drop)
    }
}

fn found(actor: &Actor, held: Held, (eyes, desk): (Eyes, Desk), mut columns: Columns) -> Result<Found, LedgerError> {
    let (plate, jurisdiction) = (columns.opt_text()?, columns.opt_text()?);
    let (decided_by, reason) = (columns.opt_text()?, columns.opt_text()?);
    let claim = columns.opt_text()?.zip(columns.opt_integer()?);
    Ok(Found {
        held,
        eyes,
        desk,
        is_supervisor: actor.role == Role::Supervisor.as_str(),
        is_holder: claim.as_ref().is_some_and(|(holder, _)| *holder == actor.id),
        plate,
        jurisdiction,
        decided_by,
        reason,
        claim,
        booth: columns.text()?,
    })
}

impl Verdict {
    /// What kind of plate it is, where it says so.
    pub(crate) const fn plate_type(&self) -> Option<PlateType> {
        match self {
            Self::Plate { plate_type, .. } => *plate_type,
            Self::Reject { .. } => None,
        }
    }

    /// The same, of this type where it is a plate of which it says none.
    pub(crate) fn or_type(self, of: Option<PlateType>) -> Self {
        match self {
            Self::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type } => {
                let plate_type = plate_type.or(of);
                Self::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type }
            }
            Self::Reject { .. } => self,
        }
    }

    /// Plate, jurisdiction, reject code and remark, as they are stored.
    pub(crate) fn columns(&self) -> (Option<&str>, Option<&str>, Option<&'static str>, Option<&str>) {
        match self {
            Self::Plate { plate, jurisdiction, .. } => (Some(plate), Some(jurisdiction), None, None),
            Self::Reject { code, remark } => (None, None, Some(code.as_str()), remark.as_deref()),
        }
    }
}

impl Found {
    /// The version as the caller knows it.
    fn version(&self) -> u32 {
        self.held.version + self.eyes.offset()
    }

    /// It is in review at the version that the caller looked at, and theirs to decide.
    pub(crate) fn check_open(&self, version: Option<u32>) -> Result<(), Failure<Refusal>> {
        let state = self.eyes.state(self.held.state);
        if state != State::InReview {
            return Err(Failure::Refused(Refusal::WrongState(state)));
        }
        // Whoever began in time finishes it.
        let begun = self.desk.matter == Some(Matter::Overdue) && self.is_holder;
        if self.desk.matter.is_some() && !self.is_supervisor && !begun {
            return Err(Failure::Refused(Refusal::ForSupervisor));
        }
        // What they brought to the desk is decided by somebody else; who answered sees a decision, and came no further.
        if self.desk.is_own_flag {
            return Err(Failure::Refused(Refusal::OwnMatter));
        }
        self.check_version(version)
    }

    pub(crate) fn check_version(&self, version: Option<u32>) -> Result<(), Failure<Refusal>> {
        match version {
            Some(version) if version != self.version() => {
                Err(Failure::Refused(Refusal::VersionConflict(self.version())))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Why the caller decides it as a supervisor; none where anybody would.
    fn adjudicates(&self) -> Option<Matter> {
        self.desk.matter.filter(|_| self.is_supervisor)
    }

    /// Only its holder and supervisors may end a claim, for holders go home.
    fn check_may_end_claim(&self, actor: &Actor) -> Result<(), Failure<Refusal>> {
        match &self.claim {
            Some(_) if actor.role == Role::Supervisor.as_str() => Ok(()),
            _ => self.check_claim(&actor.id),
        }
    }

    /// Nobody else works on it.
    pub(crate) fn check_not_held_by_other(&self, actor: &str) -> Result<(), Failure<Refusal>> {
        match &self.claim {
            Some((holder, until)) if holder != actor => Err(Failure::Refused(Refusal::ClaimedByOther(*until))),
            Some(_) | None => Ok(()),
        }
    }

    /// The caller must hold the live claim.
    pub(crate) fn check_claim(&self, actor: &str) -> Result<(), Failure<Refusal>> {
        match &self.claim {
            Some((holder, _)) if holder == actor => Ok(()),
            Some((_, until)) => Err(Failure::Refused(Refusal::ClaimedByOther(*until))),
            None => Err(Failure::Refused(Refusal::NotClaimed)),
        }
    }
}
