//! That the copy is the original: every row of every table, the balance, and the chain of exports.
//!
//! Read anew from both sides after the last row was written, so that what the target stored is what is compared, not what it
//! was sent.

use sha2::{Digest as _, Sha256};
use tollbooth_ledger::Ledger;
use tollbooth_ledger::audit::BalanceRow;
use tollbooth_ledger::db::{Db, Value};
use tollbooth_pipeline::balance::violations;
use tollbooth_pipeline::export::{GENESIS_SHA256, Manifest};
use tollbooth_pipeline::ident::hex;

use crate::error::{RelocationError, Side};
use crate::rows::{Rows, digest};
use crate::source::Source;
use crate::table::Table;
use crate::target::Target;

/// Exports read at once. A manifest has less than a kilobyte.
const EXPORTS: usize = 200;

/// One table, the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of its rows in the order of the primary key, lower-case hex.
    pub sha256: String,
}

/// What was found the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Every table.
    pub tables: Vec<TableReport>,
    /// Hours and booths of the balance, which closes.
    pub balance_rows: usize,
    /// Published exports, each chained to the one before it.
    pub exports: u64,
}

/// Compares the two. Nobody may write to the source meanwhile.
pub(crate) fn verify(
    source: &Source,
    target: &Target<'_>,
    told: &mut dyn FnMut(&str, u64, u64),
) -> Result<Verified, RelocationError> {
    let mut tables = Vec::new();
    for table in &target.tables {
        let total = source.rows(table)?;
        let ours = sum(&source.reader, Side::Source, table, &mut |done| told(&table.name, done, total))?;
        let theirs = sum(target.db, Side::Target, table, &mut |_| ())?;
        if ours != theirs {
            return Err(RelocationError::Unequal(format!(
                "table {}: {} rows with SHA-256 {} in the source, {} rows with {} in the target",
                table.name, ours.rows, ours.sha256, theirs.rows, theirs.sha256
            )));
        }
        tables.push(ours);
    }
    let ours = balance(&source.reader, Side::Source)?;
    if ours != balance(target.db, Side::Target)? {
        return Err(RelocationError::Unequal("the balance of the target is not that of the source".to_owned()));
    }
    let exports = chain(&source.reader, Side::Source)?;
    chain(target.db, Side::Target)?;
    Ok(Verified { tables, balance_rows: ours.len(), exports })
}

fn sum(db: &impl Db, side: Side, table: &Table, told: &mut dyn FnMut(u64)) -> Result<TableReport, RelocationError> {
    let (mut rows, mut hasher, mut count) = (Rows::of(db, side, table), Sha256::new(), 0);
    while let Some(row) = rows.next()? {
        digest(&mut hasher, &row);
        count += 1;
        told(count);
    }
    Ok(TableReport { name: table.name.clone(), rows: count, sha256: hex(&hasher.finalize()) })
}

fn balance(db: &impl Db, side: Side) -> Result<Vec<BalanceRow>, RelocationError> {
    let rows = Ledger::as_it_is(db).balance(None, None).map_err(RelocationError::ledger(side))?;
    for row in &rows {
        if let Some(violation) = violations(&row.from_events, &row.from_state).first() {
            return Err(RelocationError::Unequal(format!(
                "{side}: the balance of {} at {} does not close ({violation}): `tollbooth audit` says what is wrong",
                row.booth, row.hour
            )));
        }
    }
    Ok(rows)
}

/// Every published export has the manifest that its digest says, and names the one before it. How many there are.
fn chain(db: &impl Db, side: Side) -> Result<u64, RelocationError> {
    let broken = |sequence: i64, what: &str| {
        RelocationError::Unequal(format!("{side}: {what} of export {sequence}: `tollbooth audit` says what is wrong"))
    };
    let (mut last, mut before) = (0, GENESIS_SHA256.to_owned());
    loop {
        let rows = db
            .execute(
                &format!(
                    "SELECT sequence, sha256, manifest, manifest_sha256 FROM export
                     WHERE state = 'published' AND sequence > ?1 ORDER BY sequence LIMIT {EXPORTS}"
                ),
                &[Value::Integer(last)],
            )
            .map_err(RelocationError::table(side, "export"))?;
        let is_last = rows.len() < EXPORTS;
        for row in rows {
            let Ok([Value::Integer(sequence), Value::Text(file), Value::Text(text), Value::Text(sha256)]) =
                <[Value; 4]>::try_from(row.0)
            else {
                return Err(broken(last + 1, "a row that is none"));
            };
            let manifest: Manifest =
                serde_json::from_str(&text).map_err(|_| broken(sequence, "a manifest that cannot be read"))?;
            if sequence != last + 1 || manifest.sequence != sequence.unsigned_abs() {
                return Err(broken(sequence, "a gap before the number"));
            }
            if Manifest::sha256_of(&text) != sha256 || manifest.sha256 != file {
                return Err(broken(sequence, "another digest than that"));
            }
            if manifest.previous_manifest_sha256 != before {
                return Err(broken(sequence, "another predecessor than the one"));
            }
            (last, before) = (sequence, sha256);
        }
        if is_last {
            return Ok(last.unsigned_abs());
        }
    }
}
