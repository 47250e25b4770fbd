//! `tollbooth:ledger/passages`

use tollbooth_ledger::blind;
use tollbooth_ledger::crossing;
use tollbooth_ledger::earlier;
use tollbooth_ledger::passages as domain;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::state::State;

use crate::bindings::exports::tollbooth::ledger::passages::{
    Actor, Attempt, Earlier, Event, Guest, Known, LedgerFailure, Passage, Related, Waiting, Wanted,
};
use crate::failure::{actor, word};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn get(viewer: Actor, passage: String) -> Result<Option<Passage>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.passage_for(&actor(&viewer), &passage))?.map(present))
    }

    fn waiting_for(now: i64, passage: String) -> Result<Option<Waiting>, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.waiting_for(now, &passage))?;
        Ok(found.map(|waiting| Waiting {
            recognizer: waiting.recognizer.to_string(),
            reason: waiting.reason.to_string(),
            until: waiting.until,
        }))
    }

    fn related_to(viewer: Actor, passage: String) -> Result<Vec<Related>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.related_for(&actor(&viewer), &passage))?;
        Ok(found.into_iter().map(related).collect())
    }

    fn earlier_of(viewer: Actor, passage: String, plate: String) -> Result<Vec<Earlier>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.earlier_for(&actor(&viewer), &passage, &plate))?;
        Ok(found.into_iter().map(earlier).collect())
    }

    fn history(viewer: Actor, passage: String, after: u64, limit: u32) -> Result<Vec<Event>, LedgerFailure> {
        let viewer = actor(&viewer);
        let found = Self::with_ledger(None, |ledger| ledger.history_for(&viewer, &passage, after, limit))?;
        Ok(found.into_iter().map(event).collect())
    }

    fn attempts_of(viewer: Actor, passage: String) -> Result<Vec<Attempt>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.attempts_for(&actor(&viewer), &passage))?;
        Ok(found.into_iter().map(attempt).collect())
    }

    fn search(
        viewer: Actor,
        wanted: Wanted,
        received_hour: Option<String>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerFailure> {
        let sought = domain::Sought { received_hour: received_hour.as_deref(), ..sought(&wanted)? };
        let viewer = actor(&viewer);
        let (found, next) = Self::with_ledger(None, |ledger| ledger.search_for(&viewer, &sought, before, limit))?;
        Ok((found.into_iter().map(present).collect(), next))
    }

    fn find(
        viewer: Actor,
        known: Known,
        wanted: Wanted,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerFailure> {
        let among = sought(&wanted)?;
        let known = match &known {
            Known::Plate(plate) => blind::Known::Plate(plate),
            Known::Key(key) => blind::Known::Key(key),
        };
        let viewer = actor(&viewer);
        let (found, next) = Self::with_ledger(None, |ledger| ledger.find_for(&viewer, known, &among, before, limit))?;
        Ok((found.into_iter().map(present).collect(), next))
    }
}

fn sought(wanted: &Wanted) -> Result<domain::Sought<'_>, LedgerFailure> {
    Ok(domain::Sought {
        booth: wanted.booth.as_deref(),
        state: wanted.state.as_deref().map(word::<State>).transpose()?,
        received_hour: None,
        decided_by: wanted.decided_by.as_deref(),
        plate_type: wanted.plate_type.as_deref().map(word::<PlateType>).transpose()?,
        since: wanted.since,
        until: wanted.until,
    })
}

fn earlier(found: earlier::Earlier) -> Earlier {
    Earlier {
        passage: found.passage,
        booth: found.booth,
        captured_at: found.captured_at,
        jurisdiction: found.jurisdiction,
        by_person: found.by_person,
    }
}

fn related(found: crossing::Related) -> Related {
    Related {
        passage: found.passage,
        relation: found.relation.as_str().to_owned(),
        state: found.state.to_string(),
        plate: found.plate,
        lane: found.lane,
        camera: found.camera,
        captured_at: found.captured_at,
        later_ms: found.later_ms,
    }
}

fn present(found: domain::Passage) -> Passage {
    Passage {
        photo_name: found.photo_name(),
        passage: found.id,
        version: found.version,
        booth: found.booth,
        key: found.key,
        lane: found.lane,
        camera: found.camera,
        captured_at: found.captured_at,
        received_at: found.received_at,
        state: found.state.to_string(),
        reason: found.reason,
        detail: found.detail,
        plate: found.plate,
        jurisdiction: found.jurisdiction,
        jurisdiction_source: found.jurisdiction_source,
        decided_by: found.decided_by,
        decided_at: found.decided_at,
        confidence: found.confidence,
        attempts: found.attempts,
        duplicate_of: found.duplicate_of,
        photo_key: found.photo_key,
        photo_sha256: found.photo_sha256,
        photo_bytes: found.photo_bytes,
        photo_format: found.photo_format,
        width: found.width,
        height: found.height,
        export_sequence: found.export_sequence,
        kept_back: found.kept_back,
        correction: found.correction.map(|question| question.to_string()),
        plate_type: found.plate_type.map(|of| of.to_string()),
    }
}

fn event(found: domain::Event) -> Event {
    Event {
        sequence: found.sequence,
        at: found.at,
        kind: found.kind,
        actor_role: found.actor_role,
        actor_id: found.actor_id,
        from_state: found.from_state,
        to_state: found.to_state,
        detail: found.detail,
    }
}

fn attempt(found: domain::Attempt) -> Attempt {
    Attempt {
        attempt: found.attempt,
        recognizer: found.recognizer,
        model: found.model,
        started_at: found.started_at,
        finished_at: found.finished_at,
        outcome: found.outcome,
        duration_ms: found.duration_ms,
        cost_micros: found.cost_micros,
        reading: found.reading,
    }
}
