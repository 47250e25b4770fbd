//! Taking over what a newer ledger published, after this one was restored from a backup.
//!
//! Invariants: an adopted export continues the chain or is refused; its lines are never bound to another export, whether
//! or not this ledger has their passages; the row at which each stands in the file is kept, for copies have the same rows;
//! a passage that it has, or gets, as accepted is bound to the export that billed it, with plate, issuer and type as they were
//! billed, as far as the file says them; corrections follow their lines. What differs from the passage is then a finding of the
//! audit, and no second bill.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Content, GENESIS_SHA256, Kind, Manifest, Profile};
use tollbooth_pipeline::plate_type::PlateType;

use super::publish::publish_bound;
use super::{Artefact, Export};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::plate_type::plate_type_of;
use crate::scope::Scope;
use crate::setting::in_force;

/// Binds the passages that are accepted by now to the exports that billed them.
const SETTLE: &str = concat!(
    "INSERT INTO bill_line (export_sequence, passage_sequence, revision, booth_id, received_hour, plate,
        jurisdiction, jurisdiction_source, decided_by, confidence, plate_type)
    SELECT a.export_sequence, p.sequence, 1, p.booth_id, p.received_hour, a.plate,
        coalesce(a.jurisdiction, p.jurisdiction), p.jurisdiction_source, p.decided_by, p.confidence,
        CASE WHEN a.jurisdiction IS NULL THEN ",
    plate_type_of!("p"),
    " ELSE a.plate_type END
    FROM adopted_line a JOIN passage p INDEXED BY passage_unbound ON p.id = a.passage_id
    WHERE a.settled = 0 AND p.state = 'accepted' AND p.export_sequence IS NULL ORDER BY p.sequence"
);

/// One `billed` event for each of them, as publishing would have written.
const SETTLED: &str = "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour,
        from_state, to_state, detail)
    SELECT ?1, ?2, ?3, ?4, l.passage_sequence, l.booth_id, l.received_hour, 'accepted', 'accepted',
        '{\"export\":' || l.export_sequence || ',\"revision\":1,\"adopted\":true}'
    FROM adopted_line a JOIN passage p ON p.id = a.passage_id JOIN bill_line l ON l.passage_sequence = p.sequence
    WHERE a.settled = 0 AND +l.export_sequence = a.export_sequence ORDER BY +l.line";

const MARK_SETTLED: &str = "UPDATE adopted_line SET settled = 1 WHERE settled = 0 AND EXISTS
    (SELECT 1 FROM passage p WHERE p.id = adopted_line.passage_id AND p.export_sequence = adopted_line.export_sequence)";

const BOUND_LINES: &str =
    "SELECT p.id, l.plate, l.line FROM bill_line l JOIN passage p ON p.sequence = l.passage_sequence
    WHERE l.export_sequence = +?1 AND l.line > +?2 ORDER BY l.line LIMIT +?3";
const BOUND_CORRECTIONS: &str = "SELECT p.id, coalesce(c.plate, ''), c.line FROM correction c
    JOIN passage p ON p.sequence = c.passage_sequence
    WHERE c.export_sequence = +?1 AND c.line > +?2 ORDER BY c.line LIMIT +?3";

const LINE_WITHOUT_ROW: &str = "SELECT 1 FROM adopted_line WHERE export_sequence = +?1 AND file_row IS NULL LIMIT 1";
const CORRECTION_WITHOUT_ROW: &str =
    "SELECT 1 FROM adopted_correction WHERE export_sequence = +?1 AND file_row IS NULL LIMIT 1";
const NUMBER_LINE: &str =
    "UPDATE adopted_line SET file_row = ?3 WHERE passage_id = ?1 AND +export_sequence = ?2 AND file_row IS NULL";
const NUMBER_CORRECTION: &str = "UPDATE adopted_correction SET file_row = ?3
    WHERE passage_id = ?1 AND revision = ?4 AND +export_sequence = ?2 AND file_row IS NULL";

/// The lines of a published file, piece by piece, so that nobody holds all of a large one.
pub type Pieces<'a> = dyn Iterator<Item = Result<Content, LedgerError>> + 'a;

/// What taking over one export did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adopted {
    /// Of the export.
    pub sequence: u64,
    /// False when the ledger knew it.
    pub new: bool,
    /// Lines of the file.
    pub lines: u32,
    /// Lines whose passage this ledger does not have as accepted: lost with the ledger, or not decided again yet.
    pub open: u32,
}

/// Why an export was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The ledger published another one under this number, or the manifest follows another chain.
    #[error("export {sequence} is another one than this ledger knows: the two have billed apart, and people must look")]
    Forked {
        /// Of the export.
        sequence: u64,
    },
    /// An earlier one is missing.
    #[error("export {sequence} cannot be taken over before export {expected}")]
    Gap {
        /// Of the export.
        sequence: u64,
        /// What must come first.
        expected: u64,
    },
    /// The file is not what this ledger bound to the number.
    #[error("export {sequence} was published with other lines than this ledger bound to it: people must look")]
    OtherLines {
        /// Of the export.
        sequence: u64,
    },
}

impl<D: Db> Ledger<D> {
    /// Takes over one published export: the next one, or the one that is bound and was not published yet. Idempotent.
    ///
    /// # Errors
    /// [`Refusal`]; `Damaged` for an artefact that does not describe itself.
    pub fn adopt_export(
        &self,
        now: Instant,
        actor: &Actor,
        artefact: &Artefact,
        content: &Content,
    ) -> Result<Adopted, Failure<Refusal>> {
        self.adopt_pieces(now, actor, artefact, &mut std::iter::once(Ok(content.clone())))
    }

    /// The same for a file that is read in pieces. All of it is taken over, or nothing.
    ///
    /// # Errors
    /// As for [`Ledger::adopt_export`], and whatever the pieces end with.
    pub fn adopt_pieces(
        &self,
        now: Instant,
        actor: &Actor,
        artefact: &Artefact,
        pieces: &mut Pieces<'_>,
    ) -> Result<Adopted, Failure<Refusal>> {
        let manifest = described(artefact)?;
        let sequence = manifest.sequence;
        self.write(Scope::Export, || {
            let adopted = |new, open| Adopted { sequence, new, lines: manifest.rows, open };
            let known = match self.export(sequence)? {
                // Given up after the backup, and its number used by what is taken over: bill lines, or other corrections.
                Some(bound) if bound.is_unseen_corrections() && !is_of(&manifest, &bound) => {
                    self.unbind_corrections(sequence)?;
                    None
                }
                known => known,
            };
            match known {
                Some(known) if known.published => {
                    let same = known.manifest_sha256.as_deref() == Some(artefact.manifest_sha256.as_str());
                    if !same {
                        return Err(refused(Refusal::Forked { sequence }));
                    }
                    if self.lacks_file_rows(sequence)? {
                        self.number_rows(&manifest, pieces)?;
                    }
                    return Ok(adopted(false, 0));
                }
                Some(bound) => self.finish(now, actor, &bound, &manifest, artefact, pieces)?,
                None => {
                    self.insert_adopted(now, &manifest, artefact)?;
                    let mut rows = 0;
                    for piece in pieces {
                        rows += self.keep(&manifest, &piece?, rows, 0)?;
                    }
                    counted(&manifest, rows)?;
                    let detail = json!({ "export": sequence, "rows": manifest.rows, "sha256": artefact.sha256 });
                    self.append_general(&NewEvent { at: now, kind: EventKind::ExportAdopted, actor, detail }, None)?;
                }
            }
            self.settle_adopted(now, actor)?;
            let open = self.run_one(
                "SELECT (SELECT count(*) FROM adopted_line b WHERE b.settled = 0 AND b.export_sequence = ?1)
                    + (SELECT count(*) FROM adopted_correction c WHERE c.settled = 0 AND c.export_sequence = ?1)",
                params![sequence],
            )?;
            Ok(adopted(true, open.map_or(Ok(0), |row| row.columns().number())?))
        })
    }

    /// Writes down the lines of an adopted file that come after so many; how many they are. Those up to the row
    /// `bound_through` are bound already.
    fn keep(
        &self,
        manifest: &Manifest,
        piece: &Content,
        after: u64,
        bound_through: u64,
    ) -> Result<u64, Failure<Refusal>> {
        let sequence = manifest.sequence;
        match piece {
            Content::Lines(lines) if manifest.kind == Kind::Lines => {
                for (line, row) in lines.iter().zip(after + 1..) {
                    let settled = i64::from(row <= bound_through);
                    let of_type = line.plate_type.as_deref().map(str::parse::<PlateType>).transpose();
                    let of_type = of_type.map_err(|e| damaged(sequence, &e.to_string()))?;
                    self.run(
                        "INSERT INTO adopted_line (passage_id, export_sequence, plate, file_row, settled, jurisdiction,
                             plate_type) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (passage_id) DO NOTHING",
                        params![
                            line.passage(),
                            sequence,
                            line.plate.as_str(),
                            row,
                            settled,
                            line.jurisdiction.as_deref(),
                            of_type.map(PlateType::as_str),
                        ],
                    )?;
                }
            }
            Content::Corrections(corrections) if manifest.kind == Kind::Corrections => {
                self.keep_adopted_corrections(sequence, corrections, after, bound_through)?;
            }
            Content::Lines(_) | Content::Corrections(_) => {
                return Err(damaged(sequence, "its lines are not of the kind that its manifest names"));
            }
        }
        Ok(piece.rows())
    }

    /// Whether an export was taken over before the rows of its lines were written down.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lacks_file_rows(&self, sequence: u64) -> Result<bool, LedgerError> {
        for sql in [LINE_WITHOUT_ROW, CORRECTION_WITHOUT_ROW] {
            if self.run_one(sql, params![sequence])?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes them down later, from the same file.
    fn number_rows(&self, manifest: &Manifest, pieces: &mut Pieces<'_>) -> Result<(), Failure<Refusal>> {
        let sequence = manifest.sequence;
        let mut rows = 0_u64;
        for piece in pieces {
            let piece = piece?;
            match &piece {
                Content::Lines(lines) => {
                    for (line, row) in lines.iter().zip(rows + 1..) {
                        self.run(NUMBER_LINE, params![line.passage(), sequence, row])?;
                    }
                }
                Content::Corrections(lines) => {
                    for (line, row) in lines.iter().zip(rows + 1..) {
                        self.run(NUMBER_CORRECTION, params![line.passage.as_str(), sequence, row, line.revision])?;
                    }
                }
            }
            rows += piece.rows();
        }
        counted(manifest, rows)
    }

    /// Lines of adopted exports whose passage is not bound to them: it is unknown here, or not accepted.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn open_adopted_lines(&self) -> Result<u64, LedgerError> {
        let row = self.run_one("SELECT count(*) FROM adopted_line WHERE settled = 0", &[])?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    /// Binds what was accepted since to the adopted exports that billed it. Inside a transaction under [`Scope::Export`].
    pub(super) fn settle_adopted(&self, now: Instant, actor: &Actor) -> Result<(), LedgerError> {
        if self.run_one("SELECT 1 FROM adopted_line WHERE settled = 0 LIMIT 1", &[])?.is_some() {
            self.run(SETTLE, &[])?;
            let (role, id) = (actor.role.as_str(), actor.id.as_str());
            self.run(SETTLED, params![now, EventKind::Billed.as_str(), role, id])?;
            self.run(MARK_SETTLED, &[])?;
        }
        self.settle_adopted_corrections(now, actor)?;
        self.settle_adopted_answers(now)
    }

    /// The export was bound when the backup was made and published afterwards: it is published again, as it was. What the
    /// backup had not bound yet is taken over like the lines of any other.
    fn finish(
        &self,
        now: Instant,
        actor: &Actor,
        bound: &Export,
        manifest: &Manifest,
        artefact: &Artefact,
        pieces: &mut Pieces<'_>,
    ) -> Result<(), Failure<Refusal>> {
        let sequence = bound.sequence;
        let other = || refused(Refusal::OtherLines { sequence });
        let (mut after, mut rows) = (0, 0);
        for piece in pieces {
            let piece = piece?;
            let ours = self.bound_lines(bound, &mut after, piece.rows())?;
            let published: Vec<(&str, &str)> = match &piece {
                Content::Lines(lines) => lines.iter().map(|line| (line.passage(), line.plate.as_str())).collect(),
                Content::Corrections(lines) => {
                    lines.iter().map(|line| (line.passage.as_str(), line.plate.as_str())).collect()
                }
            };
            let same =
                ours.iter().zip(&published).all(|((id, plate), theirs)| (id.as_str(), plate.as_str()) == *theirs);
            if !same || (ours.len() < published.len() && !bound.filling) {
                return Err(other());
            }
            if bound.filling {
                self.keep(manifest, &piece, rows, rows + ours.len() as u64)?;
            }
            rows += piece.rows();
        }
        if !self.bound_lines(bound, &mut after, 1)?.is_empty() {
            return Err(other());
        }
        counted(manifest, rows)?;
        let mut whole = bound.clone();
        if bound.filling {
            whole.rows = manifest.rows;
            self.run(
                "UPDATE export SET row_count = ?2, filling = 0 WHERE sequence = ?1",
                params![sequence, manifest.rows],
            )?;
        }
        publish_bound(self, now, actor, &whole, artefact).map_err(|failure| match failure {
            Failure::Refused(_) => refused(Refusal::Forked { sequence }),
            Failure::Ledger(error) => Failure::Ledger(error),
        })
    }

    /// The next lines of a bound export: passage and plate.
    fn bound_lines(&self, bound: &Export, after: &mut i64, most: u64) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = match bound.kind {
            Kind::Lines => BOUND_LINES,
            Kind::Corrections => BOUND_CORRECTIONS,
        };
        let mut found = Vec::new();
        for row in self.run(sql, params![bound.sequence, *after, most])? {
            let mut columns = row.columns();
            found.push((columns.text()?, columns.text()?));
            *after = columns.integer()?;
        }
        Ok(found)
    }

    fn insert_adopted(&self, now: Instant, manifest: &Manifest, artefact: &Artefact) -> Result<(), Failure<Refusal>> {
        let sequence = manifest.sequence;
        let last = self.run_one(
            "SELECT sequence, manifest_sha256, window_to_ms FROM export ORDER BY sequence DESC LIMIT 1",
            &[],
        )?;
        let (before, sha256, window_from) = match last {
            Some(row) => {
                let mut columns = row.columns();
                (columns.number::<u64>()?, columns.opt_text()?, Some(columns.integer()?))
            }
            None => (0, Some(GENESIS_SHA256.to_owned()), None),
        };
        // One that is bound and unpublished comes first itself.
        let expected = if sha256.is_some() { before + 1 } else { before };
        if sequence != expected {
            return Err(refused(Refusal::Gap { sequence, expected }));
        }
        if sha256.as_deref() != Some(manifest.previous_manifest_sha256.as_str()) {
            return Err(refused(Refusal::Forked { sequence }));
        }
        let window_to = manifest.window_to_instant().ok_or_else(|| damaged(sequence, "its window is no time"))?;
        let keying_rules = match &manifest.keying_rules {
            Some(rules) => rules.clone(),
            None if manifest.profile == Profile::Full.as_str() || manifest.kind == Kind::Corrections => String::new(),
            // A file without lookup keys does not say; a copy of it may have some, by the rules that this ledger has.
            None => in_force(&self.changed_settings()?)?.judge_keying_rules,
        };
        self.run(
            "INSERT INTO export (sequence, state, cause, profile, file_name, row_count, more_waiting, window_from_ms,
                 window_to_ms, bound_at_ms, published_at_ms, sha256, bytes, manifest, manifest_sha256, kind, keying_rules)
             VALUES (?1, 'published', 'requested', ?2, ?3, ?4, 0, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                sequence,
                manifest.profile.as_str(),
                manifest.file_name.as_str(),
                manifest.rows,
                window_from,
                window_to,
                now,
                artefact.sha256.as_str(),
                artefact.bytes,
                artefact.manifest.as_str(),
                artefact.manifest_sha256.as_str(),
                manifest.kind.as_str(),
                keying_rules,
            ],
        )?;
        self.run(
            "INSERT INTO export_run (started_at_ms, finished_at_ms, cause, outcome, export_sequence)
             VALUES (?1, ?2, 'requested', 'published', ?3)",
            params![window_to, now, sequence],
        )?;
        Ok(())
    }
}

fn refused(refusal: Refusal) -> Failure<Refusal> {
    Failure::Refused(refusal)
}

fn damaged(sequence: u64, what: &str) -> Failure<Refusal> {
    Failure::Ledger(LedgerError::Damaged(format!("export {sequence} cannot be taken over: {what}")))
}

/// The manifest of an artefact that describes itself.
fn described(artefact: &Artefact) -> Result<Manifest, Failure<Refusal>> {
    let manifest: Manifest =
        serde_json::from_str(&artefact.manifest).map_err(|e| damaged(0, &format!("its manifest is none: {e}")))?;
    let sequence = manifest.sequence;
    if Manifest::sha256_of(&artefact.manifest) != artefact.manifest_sha256 {
        return Err(damaged(sequence, "the hash of its manifest is another"));
    }
    if manifest.sha256 != artefact.sha256 || manifest.bytes != artefact.bytes {
        return Err(damaged(sequence, "its manifest describes another file"));
    }
    Ok(manifest)
}

fn counted(manifest: &Manifest, rows: u64) -> Result<(), Failure<Refusal>> {
    if rows == u64::from(manifest.rows) {
        return Ok(());
    }
    let kind = manifest.kind.as_str();
    Err(damaged(manifest.sequence, &format!("{rows} {kind} instead of {}", manifest.rows)))
}

/// Whether a manifest is of what was bound here, and not of what was bound anew under its number.
fn is_of(manifest: &Manifest, bound: &Export) -> bool {
    (manifest.kind, manifest.file_name.as_str()) == (bound.kind, bound.file_name.as_str())
        && manifest.window_to_instant() == Some(bound.window_to)
}
