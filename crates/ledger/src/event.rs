//! The append-only history: its kinds, its actors and the one function that appends.
//!
//! A change of state and its event are written in the same transaction; nothing here can change an event.

use serde_json::Value as Json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $variant),+ }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the database and the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

kinds! {
    /// A photo was acknowledged. Written by a trigger, in the statement that records the passage.
    Received = "received",
    /// A recogniser took it.
    Leased = "leased",
    /// The lease ran out.
    LeaseExpired = "lease-expired",
    /// The lease was given back unused.
    LeaseGivenBack = "lease-given-back",
    /// The attempt failed and will be repeated.
    ReadingFailed = "reading-failed",
    /// A second recogniser is asked.
    SecondAsked = "second-asked",
    /// Plate and jurisdiction were decided.
    Accepted = "accepted",
    /// A person must look.
    Referred = "referred",
    /// A reviewer reserved it.
    Claimed = "claimed",
    /// A reviewer gave the reservation back.
    Released = "released",
    /// A reviewer decided that it cannot be billed.
    Rejected = "rejected",
    /// A reviewer sent it back to the recogniser.
    Reprocessed = "reprocessed",
    /// Somebody began to send failed readings of one cause back, however many. Each has its own `reprocessed`.
    SentBack = "sent-back",
    /// A reviewer took a decision of their own back.
    Undone = "undone",
    /// A decided passage was opened again.
    Reopened = "reopened",
    /// Somebody answered, and others must answer before anything is decided.
    OpinionGiven = "opinion-given",
    /// Such an answer was taken back.
    OpinionWithdrawn = "opinion-withdrawn",
    /// Independent answers differ: a supervisor decides.
    Disputed = "disputed",
    /// Somebody who reviews asks a supervisor to decide.
    Flagged = "flagged",
    /// That was taken back.
    Unflagged = "unflagged",
    /// A supervisor gave it to a person.
    Assigned = "assigned",
    /// That was given back, or taken away.
    Unassigned = "unassigned",
    /// Somebody said that a text which a camera shows again and again is a plate after all.
    CameraTextForgotten = "camera-text-forgotten",
    /// Somebody said that a camera is mirrored or upside down.
    CameraTurnDecided = "camera-turn-decided",
    /// It is as it should be again.
    CameraTurnEnded = "camera-turn-ended",
    /// That was a mistake.
    CameraTurnWithdrawn = "camera-turn-withdrawn",
    /// Its bill line was published.
    Billed = "billed",
    /// It was opened again after billing had its line, or was told to bill nothing.
    Recalled = "recalled",
    /// It was decided otherwise than billing has it.
    CorrectionDue = "correction-due",
    /// It was opened again before that correction was published.
    CorrectionDropped = "correction-dropped",
    /// It was decided as billing has it.
    Confirmed = "confirmed",
    /// Its correction was published.
    Corrected = "corrected",
    /// A correction that a newer ledger had published was taken over after a restore.
    CorrectionAdopted = "correction-adopted",
    /// Billing answered that its line is on a bill.
    BillingTook = "billing-took",
    /// Billing answered that it knows nobody for the plate.
    BillingFoundNoOwner = "billing-found-no-owner",
    /// Billing refused its line.
    BillingRefused = "billing-refused",
    /// Passages were bound to an export.
    ExportBound = "export-bound",
    /// An export became visible to billing.
    ExportPublished = "export-published",
    /// An export that a newer ledger had published was taken over after a restore.
    ExportAdopted = "export-adopted",
    /// A copy of an export was published.
    ExportCopied = "export-copied",
    /// The file of a published export is lost; corrections of its lines wait for it.
    ExportFileLost = "export-file-lost",
    /// It is in the store again.
    ExportFileBack = "export-file-back",
    /// Nobody has it any more: somebody gave it up, and nothing waits for it.
    ExportFileReleased = "export-file-released",
    /// A booth is new.
    BoothRegistered = "booth-registered",
    /// A booth was changed.
    BoothChanged = "booth-changed",
    /// A token is new.
    TokenCreated = "token-created",
    /// The first operator's secret changed.
    TokenReplaced = "token-replaced",
    /// A provider says something else of a person than before: another role, another name.
    TokenChanged = "token-changed",
    /// A token was revoked.
    TokenRevoked = "token-revoked",
    /// A camera was set up for pushes, or otherwise than before.
    PushSetUp = "push-set-up",
    /// Somebody opened a session of the console.
    SignedIn = "signed-in",
    /// Sessions were ended, by whose they are or by an operator.
    SignedOut = "signed-out",
    /// A service is left alone for a while.
    CircuitOpened = "circuit-opened",
    /// A service works again.
    CircuitClosed = "circuit-closed",
    /// Settings were changed.
    SettingsChanged = "settings-changed",
    /// A message was given up.
    MessageDead = "message-dead",
    /// Somebody had a message tried again.
    MessageRetried = "message-retried",
    /// Somebody took a message back.
    MessageWithdrawn = "message-withdrawn",
    /// Something is wrong.
    AlertFired = "alert-fired",
    /// It is over.
    AlertResolved = "alert-resolved",
    /// Somebody takes care of it.
    AlertAcknowledged = "alert-acknowledged",
    /// Somebody asked not to hear of a rule for a while, or to hear of it again.
    AlertSnoozed = "alert-snoozed",
    /// Somebody defined, changed or deleted a rule of alerts, or put a version of it back.
    AlertRuleChanged = "alert-rule-changed",
    /// A threshold of the judge was changed because of what was measured.
    ThresholdApplied = "threshold-applied",
}

/// Who is acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Role of the token, or `system` for the pipeline itself.
    pub role: String,
    /// Id of the token, or the name of the component.
    pub id: String,
}

impl Actor {
    /// The pipeline itself, acting through a component.
    #[must_use]
    pub fn system(component: &str) -> Self {
        Self { role: "system".to_owned(), id: component.to_owned() }
    }
}

/// An event about to be appended.
pub(crate) struct NewEvent<'a> {
    pub at: Instant,
    pub kind: EventKind,
    pub actor: &'a Actor,
    pub detail: Json,
}

impl<D: Db> Ledger<D> {
    /// Appends an event of a passage. `step` is the change of state, if there was one.
    pub(crate) fn append(
        &self,
        event: &NewEvent<'_>,
        passage_sequence: i64,
        step: Option<(State, State)>,
    ) -> Result<(), LedgerError> {
        // Booth and hour come from the row: the balance must never depend on what a caller believes they are.
        self.run(
            "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour,
                 from_state, to_state, detail)
             SELECT ?1, ?2, ?3, ?4, sequence, booth_id, received_hour, ?6, ?7, ?8 FROM passage WHERE sequence = ?5",
            params![
                event.at,
                event.kind.as_str(),
                event.actor.role.as_str(),
                event.actor.id.as_str(),
                passage_sequence,
                step.map(|(from, _)| from.as_str()),
                step.map(|(_, to)| to.as_str()),
                event.detail.to_string(),
            ],
        )?;
        Ok(())
    }

    /// Appends an event that concerns no passage, and says where in the history it is.
    pub(crate) fn append_numbered(&self, event: &NewEvent<'_>, booth: Option<&str>) -> Result<u64, LedgerError> {
        let row = self.run_one(
            "INSERT INTO event (at_ms, kind, actor_role, actor_id, booth_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             RETURNING sequence",
            params![
                event.at,
                event.kind.as_str(),
                event.actor.role.as_str(),
                event.actor.id.as_str(),
                booth,
                event.detail.to_string(),
            ],
        )?;
        let row = row.ok_or_else(|| LedgerError::Damaged("an event was written and has no number".to_owned()))?;
        row.columns().number()
    }

    /// Appends an event that concerns no passage.
    pub(crate) fn append_general(&self, event: &NewEvent<'_>, booth: Option<&str>) -> Result<(), LedgerError> {
        self.append_numbered(event, booth).map(drop)
    }
}
