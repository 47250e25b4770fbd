//! From accepted passages to published files: bind, render, store, publish.
//!
//! Invariants: a passage is bound once per revision; at most one export is under way, and it is finished before the
//! next is begun; an export of many lines is bound and published in steps, and billing sees none of it before the last; published exports form a chain without gaps, each manifest holding the hash of the one before; a
//! run that found nothing is a run, which an alert tells people of; what was adopted after a restore is billed and stays so;
//! what changed afterwards is a correction, an export in the same chain. Rendering and storing happen elsewhere and are repeated
//! freely: nothing here depends on how often.

pub mod acknowledge;
pub mod adopt;
mod adopt_corrections;
mod begin;
pub mod copies;
pub mod correct;
mod described;
pub mod lines;
pub mod lost;
mod publish;
mod release;
mod seal;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{BillLine, ExportObject, GENESIS_SHA256, Kind};
use tollbooth_pipeline::ident::photo_name;

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// Most bill lines of one answer; larger limits are cut to this.
pub const MAX_ROWS: u32 = 10_000;

/// Why an export is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The interval may be over: binds only when it is.
    Scheduled,
    /// Somebody asked: binds whatever there is.
    Requested,
}

impl Cause {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Requested => "requested",
        }
    }
}

/// One export, from binding on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// Whether billing can see it.
    pub published: bool,
    /// What its lines are.
    pub kind: Kind,
    /// Why it was begun: `scheduled` or `requested`.
    pub cause: String,
    /// `lab` or `full`
    pub profile: String,
    /// Name of the profile that this is a copy for; none for billing's own.
    pub copy: Option<String>,
    /// The operator's keying rules when the lines were bound; empty for the program's own.
    pub keying_rules: String,
    /// Unique.
    pub file_name: String,
    /// Lines.
    pub rows: u32,
    /// End of the window before; none for the first.
    pub window_from: Option<Instant>,
    /// When this one was bound, but never before `window_from`.
    pub window_to: Instant,
    /// When this one was bound.
    pub bound_at: Instant,
    /// When it was published.
    pub published_at: Option<Instant>,
    /// Of the file, lower-case hex.
    pub sha256: Option<String>,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// Hash of the manifest before; 64 zeros for the first; none while that one is unpublished.
    pub previous_manifest_sha256: Option<String>,
    /// Hash of its own manifest.
    pub manifest_sha256: Option<String>,
    /// The manifest, byte for byte.
    pub manifest: Option<String>,
    /// Lines are still being bound to it: it is not to be rendered yet.
    pub(crate) filling: bool,
    /// Of a bound one: its lines up to this one are in the history as published.
    told_line: i64,
    /// Of a bound one: the manifest that it is published with, if that is decided.
    sealed_manifest: Option<String>,
}

impl Export {
    /// Whether it is bound, holds corrections, and none of them is in the history as published.
    const fn is_unseen_corrections(&self) -> bool {
        !self.published && matches!(self.kind, Kind::Corrections) && self.told_line == 0
    }
}

/// What the first step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The interval is not over; next at this time.
    NotDue(Instant),
    /// No accepted passage waits: recorded.
    NothingToExport,
    /// This export must be rendered, stored and published.
    Proceed(Box<Export>),
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// Of the file, lower-case hex.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// The manifest, byte for byte.
    pub manifest: String,
    /// Of the manifest, lower-case hex.
    pub manifest_sha256: String,
}

/// Why nothing was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such export.
    NotFound,
    /// An earlier export is not published yet, or the chain changed: begin again.
    OutOfOrder,
    /// Published before with another file: rendering is not a pure function.
    DifferentContent,
}

const SELECT: &str =
    "SELECT e.sequence, e.state = 'published', e.kind, e.cause, e.profile, e.keying_rules, e.file_name, e.row_count,
    e.window_from_ms, e.window_to_ms, e.bound_at_ms, e.published_at_ms, e.sha256, e.bytes,
    before.manifest_sha256, e.manifest_sha256, e.manifest, e.filling, e.told_line, e.sealed_manifest
    FROM export e LEFT JOIN export before ON before.sequence = e.sequence - 1";

const ROWS: &str = "SELECT l.line, p.id, l.booth_id, p.lane, l.plate, l.jurisdiction, l.jurisdiction_source,
        p.captured_at, p.captured_at_ms, l.decided_by, l.confidence, p.photo_format, l.plate_type
    FROM bill_line l JOIN passage p ON p.sequence = l.passage_sequence
    WHERE l.export_sequence = +?1 AND l.line > +?2 ORDER BY l.line LIMIT +?3";

const HAS_ADOPTED_ROWS: &str = "SELECT 1 FROM adopted_line WHERE export_sequence = +?1 AND file_row >= 1 LIMIT 1";

const ADOPTED_ROWS: &str =
    "SELECT a.file_row, p.id, l.booth_id, p.lane, l.plate, l.jurisdiction, l.jurisdiction_source,
        p.captured_at, p.captured_at_ms, l.decided_by, l.confidence, p.photo_format, l.plate_type
    FROM adopted_line a CROSS JOIN passage p CROSS JOIN bill_line l
    WHERE a.export_sequence = +?1 AND a.file_row > +?2 AND p.id = a.passage_id AND l.passage_sequence = p.sequence
        AND l.revision = 1 AND +l.export_sequence = a.export_sequence ORDER BY a.file_row LIMIT +?3";

impl<D: Db> Ledger<D> {
    /// One export, published or not.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export(&self, sequence: u64) -> Result<Option<Export>, LedgerError> {
        self.run_one(&format!("{SELECT} WHERE e.sequence = +?1"), params![sequence])?.map(export).transpose()
    }

    /// The number of the last export, bound or published; 0 before the first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn latest_export(&self) -> Result<u64, LedgerError> {
        let row = self.run_one("SELECT coalesce(max(sequence), 0) FROM export", &[])?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    /// Of these keys of stored export files and manifests those that no export accounts for: a ledger that was newer
    /// than this one wrote them. While an export is bound, whatever is stored under its number is its own.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn unknown_exports<'a>(&self, export_keys: &'a [String]) -> Result<Vec<&'a str>, LedgerError> {
        self.read(|| {
            let mut found = Vec::new();
            for key in export_keys {
                let export = match ExportObject::of_key(key) {
                    Some(object) => self.export(object.sequence())?.map(|export| (object, export)),
                    None => None,
                };
                let known = match export {
                    None => false,
                    Some((_, export)) if !export.published => true,
                    Some((ExportObject::File { sha256, .. } | ExportObject::Index { sha256, .. }, export)) => {
                        export.sha256.as_deref() == Some(sha256) || self.may_be_a_copy(export.sequence, sha256)?
                    }
                    // Which pieces are the file's, its index says.
                    Some((ExportObject::Manifest { .. } | ExportObject::Piece { .. }, _)) => true,
                    // Stored a moment before it is published, and told from another one's by what it says.
                    Some((ExportObject::CopyManifest { .. }, _)) => true,
                };
                if !known {
                    found.push(key.as_str());
                }
            }
            Ok(found)
        })
    }

    /// Published exports after `after`, in sequence.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn published_exports(&self, after: u64, limit: u32) -> Result<Vec<Export>, LedgerError> {
        self.run(
            &format!("{SELECT} WHERE e.sequence > ?1 AND e.state = 'published' ORDER BY e.sequence LIMIT +?2"),
            params![after, limit.min(MAX_PAGE)],
        )?
        .into_iter()
        .map(export)
        .collect()
    }

    /// Bill lines of one export in the order of its file, each with its cursor; `after` is the last one seen. That is the
    /// order in which they were bound; those of an export that was taken over are bound as their passages come, and have the
    /// row of the file that was published as their cursor.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export_rows(&self, sequence: u64, after: u64, limit: u32) -> Result<Vec<(u64, BillLine)>, LedgerError> {
        let adopted = self.run_one(HAS_ADOPTED_ROWS, params![sequence])?.is_some();
        let sql = if adopted { ADOPTED_ROWS } else { ROWS };
        self.run(sql, params![sequence, after, limit.min(MAX_ROWS)])?.into_iter().map(bill_line).collect()
    }

    /// The export that was bound and not published yet.
    fn export_under_way(&self) -> Result<Option<Export>, LedgerError> {
        self.run_one(&format!("{SELECT} WHERE e.state = 'bound'"), &[])?.map(export).transpose()
    }
}

fn export(row: Row) -> Result<Export, LedgerError> {
    let mut columns = row.columns();
    let sequence = columns.number()?;
    Ok(Export {
        sequence,
        published: columns.flag()?,
        kind: columns.parsed()?,
        cause: columns.text()?,
        profile: columns.text()?,
        copy: None,
        keying_rules: columns.text()?,
        file_name: columns.text()?,
        rows: columns.number()?,
        window_from: columns.opt_integer()?,
        window_to: columns.integer()?,
        bound_at: columns.integer()?,
        published_at: columns.opt_integer()?,
        sha256: columns.opt_text()?,
        bytes: columns.opt_number()?,
        previous_manifest_sha256: match columns.opt_text()? {
            None if sequence == 1 => Some(GENESIS_SHA256.to_owned()),
            previous => previous,
        },
        manifest_sha256: columns.opt_text()?,
        manifest: columns.opt_text()?,
        filling: columns.flag()?,
        told_line: columns.integer()?,
        sealed_manifest: columns.opt_text()?,
    })
}

fn bill_line(row: Row) -> Result<(u64, BillLine), LedgerError> {
    let mut columns = row.columns();
    let line = columns.number()?;
    let passage = columns.text()?;
    let billed = BillLine {
        booth: columns.text()?,
        lane: columns.text()?,
        plate: columns.text()?,
        jurisdiction: columns.text()?,
        jurisdiction_source: columns.text()?,
        captured_at: columns.text()?,
        captured_at_instant: columns.integer()?,
        decided_by: columns.text()?,
        confidence: columns.opt_real()?,
        photo_name: photo_name(&passage, &columns.text()?),
        plate_type: columns.opt_parsed()?,
        passage,
    };
    Ok((line, billed))
}
