//! `tollbooth:ledger/export-protocol`

use tollbooth_ledger::Failure;
use tollbooth_ledger::export::{self as domain, acknowledge, copies, correct};
use tollbooth_pipeline::export::{self, BillLine};
use tollbooth_pipeline::reason::UnknownCode;

use crate::bindings::exports::tollbooth::ledger::export_protocol::{
    AcknowledgeFailure, Acknowledged, Actor, Answer, AnsweredLine, Answers, Artefact, Begun, Cause, CopyTask,
    CorrectionRow, ExportEntry, Guest, LedgerFailure, NextCopy, Part, ProfileStanding, PublishFailure, Row,
};
use crate::export_lines;
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn begin(now: i64, who: Actor, cause: Cause) -> Result<Begun, LedgerFailure> {
        let cause = why(cause);
        Ok(match Self::with_ledger(Some(now), |ledger| ledger.begin_export(now, &actor(&who), cause))? {
            domain::Begun::NotDue(at) => Begun::NotDue(at),
            domain::Begun::NothingToExport => Begun::NothingToExport,
            domain::Begun::Proceed(found) => Begun::Proceed(entry(*found)),
        })
    }

    fn latest(now: i64) -> Result<u64, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.latest_export())?)
    }

    fn note_older(now: i64, found: u64) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.note_older_ledger(now, found))?)
    }

    fn give_up(now: i64, who: Actor, sequence: u64, lost: u64) -> Result<bool, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.give_up_export(now, &actor(&who), sequence, lost))?)
    }

    fn seal(sequence: u64, bound_at: i64, artefact: Artefact) -> Result<Option<Artefact>, LedgerFailure> {
        let artefact = published(artefact);
        let found = Self::with_ledger(None, |ledger| ledger.seal_corrections(sequence, bound_at, &artefact))?;
        Ok(found.map(decided))
    }

    fn sealed(sequence: u64) -> Result<Option<Artefact>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.sealed_corrections(sequence))?.map(decided))
    }

    fn lost_files() -> Result<Vec<u64>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.lost_files())?)
    }

    fn file_is_back(now: i64, who: Actor, sequence: u64) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.file_is_back(now, &actor(&who), sequence))?)
    }

    fn release_file(now: i64, who: Actor, sequence: u64, reason: String) -> Result<Option<u32>, LedgerFailure> {
        let who = actor(&who);
        Ok(Self::with_ledger(Some(now), |ledger| ledger.release_export_file(now, &who, sequence, &reason))?)
    }

    fn released_files() -> Result<Vec<u64>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.released_files())?)
    }

    fn changed_settings() -> Result<Vec<(String, String)>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.changed_settings())?)
    }

    fn rows(sequence: u64, after: u64, limit: u32) -> Result<Vec<Row>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.export_rows(sequence, after, limit))?;
        Ok(found.into_iter().map(row).collect())
    }

    fn corrections(sequence: u64, after: u64, limit: u32) -> Result<Vec<CorrectionRow>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.correction_rows(sequence, after, limit))?;
        Ok(found.into_iter().map(correction).collect())
    }

    fn acknowledge(
        now: i64,
        who: Actor,
        sequence: u64,
        answers: Vec<Answer>,
    ) -> Result<Acknowledged, AcknowledgeFailure> {
        let answers = answers.into_iter().map(answer).collect::<Result<Vec<_>, _>>()?;
        let done = Self::with_ledger(Some(now), |ledger| ledger.acknowledge(now, &actor(&who), sequence, &answers))
            .map_err(acknowledge_failure)?;
        Ok(Acknowledged { recorded: done.recorded, known: done.known, to_review: done.to_review, open: done.open })
    }

    fn publish(now: i64, who: Actor, sequence: u64, artefact: Artefact) -> Result<ExportEntry, PublishFailure> {
        let artefact = published(artefact);
        Self::with_ledger(Some(now), |ledger| ledger.publish_export(now, &actor(&who), sequence, &artefact))
            .map(entry)
            .map_err(publish_failure)
    }

    fn get(sequence: u64) -> Result<Option<ExportEntry>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.export(sequence))?.map(entry))
    }

    fn note_download(
        now: i64,
        token: String,
        sequence: u64,
        profile: Option<String>,
        part: Part,
    ) -> Result<(), LedgerFailure> {
        let part = match part {
            Part::File => export::Part::File,
            Part::Manifest => export::Part::Manifest,
        };
        let note = |ledger: &tollbooth_ledger::Ledger<C>| {
            ledger.note_download(now, &token, sequence, profile.as_deref(), part)
        };
        Ok(Self::with_ledger(Some(now), note)?)
    }

    fn list_published(after: u64, limit: u32) -> Result<Vec<ExportEntry>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.published_exports(after, limit))?;
        Ok(found.into_iter().map(entry).collect())
    }

    fn profiles(now: i64) -> Result<Vec<ProfileStanding>, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.export_profiles(now))?;
        Ok(found.into_iter().map(profile).collect())
    }

    fn next_copy_of(now: i64, profile: String, cause: Cause) -> Result<NextCopy, LedgerFailure> {
        let next = Self::with_ledger(Some(now), |ledger| ledger.next_copy(now, &profile, why(cause)))?;
        Ok(match next {
            copies::Next::NotNamed => NextCopy::NotNamed,
            copies::Next::UpToDate => NextCopy::UpToDate,
            copies::Next::NotDue(at) => NextCopy::NotDue(at),
            copies::Next::Proceed(task) => NextCopy::Proceed(CopyTask {
                entry: entry(task.export),
                of_manifest_sha256: task.of_manifest_sha256,
                missing: task.missing,
            }),
        })
    }

    fn publish_copy(
        now: i64,
        who: Actor,
        profile: String,
        sequence: u64,
        artefact: Artefact,
    ) -> Result<ExportEntry, PublishFailure> {
        let artefact = published(artefact);
        Self::with_ledger(Some(now), |ledger| ledger.publish_copy(now, &actor(&who), &profile, sequence, &artefact))
            .map(entry)
            .map_err(publish_failure)
    }

    fn get_copy(profile: String, sequence: u64) -> Result<Option<ExportEntry>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.export_copy(&profile, sequence))?.map(entry))
    }

    fn list_copies(profile: String, after: u64, limit: u32) -> Result<Vec<ExportEntry>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.published_copies(&profile, after, limit))?;
        Ok(found.into_iter().map(entry).collect())
    }

    fn answered_lines(sequence: u64, after: u64, limit: u32) -> Result<Vec<AnsweredLine>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| match ledger.export(sequence)? {
            Some(export) => ledger.export_lines(export.kind, sequence, after, limit),
            None => Ok(Vec::new()),
        })?;
        Ok(found.into_iter().map(export_lines::line).collect())
    }

    fn count_answers(sequence: u64) -> Result<Answers, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| {
            let rows = ledger.export(sequence)?.map_or(0, |export| export.rows);
            ledger.export_answers(sequence, rows)
        })?;
        Ok(export_lines::answers(found))
    }
}

const fn why(cause: Cause) -> domain::Cause {
    match cause {
        Cause::Scheduled => domain::Cause::Scheduled,
        Cause::Requested => domain::Cause::Requested,
    }
}

fn published(given: Artefact) -> domain::Artefact {
    domain::Artefact {
        sha256: given.sha256,
        bytes: given.bytes,
        manifest: given.manifest,
        manifest_sha256: given.manifest_sha256,
    }
}

fn decided(found: domain::Artefact) -> Artefact {
    Artefact {
        sha256: found.sha256,
        bytes: found.bytes,
        manifest: found.manifest,
        manifest_sha256: found.manifest_sha256,
    }
}

fn publish_failure(failure: Failure<domain::Refusal>) -> PublishFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => PublishFailure::NotFound,
        Failure::Refused(domain::Refusal::OutOfOrder) => PublishFailure::OutOfOrder,
        Failure::Refused(domain::Refusal::DifferentContent) => PublishFailure::DifferentContent,
        Failure::Ledger(error) => PublishFailure::Ledger(error.into()),
    }
}

fn profile(found: copies::ProfileStanding) -> ProfileStanding {
    ProfileStanding {
        name: found.name,
        columns: found.columns,
        interval_minutes: found.interval_minutes,
        named: found.named,
        published_through: found.published_through,
        published_at: found.published_at,
        waiting: found.waiting,
        due_at: found.due_at,
        missing: found.missing,
    }
}

fn answer(given: Answer) -> Result<acknowledge::Answer, AcknowledgeFailure> {
    let outcome = given.outcome.parse().map_err(|e: UnknownCode| AcknowledgeFailure::Invalid(e.to_string()))?;
    Ok(acknowledge::Answer { passage: given.passage, outcome, reason: given.reason })
}

fn acknowledge_failure(failure: Failure<acknowledge::Refusal>) -> AcknowledgeFailure {
    match failure {
        Failure::Refused(acknowledge::Refusal::NotFound) => AcknowledgeFailure::NotFound,
        Failure::Refused(acknowledge::Refusal::UnknownRows(rows)) => AcknowledgeFailure::UnknownRows(rows),
        Failure::Refused(acknowledge::Refusal::Contradictions(rows)) => AcknowledgeFailure::Contradictions(rows),
        Failure::Ledger(error) => AcknowledgeFailure::Ledger(error.into()),
    }
}

fn correction(found: correct::Bound) -> CorrectionRow {
    CorrectionRow {
        line: found.line,
        corrects_export: found.corrects_export,
        action: found.action.to_string(),
        cause: found.cause.to_string(),
        passage: found.passage,
        revision: found.revision,
        plate: found.plate,
        jurisdiction: found.jurisdiction,
        reject_code: found.reject_code,
        captured_at: found.captured_at,
        booth: found.booth,
        lane: found.lane,
        decided_by: found.decided_by,
        plate_type: found.plate_type.map(|of| of.to_string()),
    }
}

fn entry(found: domain::Export) -> ExportEntry {
    ExportEntry {
        sequence: found.sequence,
        kind: found.kind.as_str().to_owned(),
        state: if found.published { "published" } else { "bound" }.to_owned(),
        profile: found.profile,
        copy: found.copy,
        keying_rules: found.keying_rules,
        file_name: found.file_name,
        rows: found.rows,
        window_from: found.window_from,
        window_to: found.window_to,
        bound_at: found.bound_at,
        published_at: found.published_at,
        sha256: found.sha256,
        bytes: found.bytes,
        previous_manifest_sha256: found.previous_manifest_sha256,
        manifest_sha256: found.manifest_sha256,
        manifest: found.manifest,
    }
}

fn row((line, found): (u64, BillLine)) -> Row {
    Row {
        line,
        passage: found.passage,
        booth: found.booth,
        lane: found.lane,
        plate: found.plate,
        jurisdiction: found.jurisdiction,
        jurisdiction_source: found.jurisdiction_source,
        captured_at: found.captured_at,
        captured_at_instant: found.captured_at_instant,
        decided_by: found.decided_by,
        confidence: found.confidence,
        photo_name: found.photo_name,
        plate_type: found.plate_type.map(|of| of.to_string()),
    }
}
