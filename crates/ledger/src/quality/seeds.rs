//! The known answers that a supervisor gave: which wait to be compared, and what came of the others. Only one's own: who
//! supervises may be the next to read another's.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::plate_type::PlateType;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::Actor;

/// Most known answers on a page.
const MAX_PAGE: u32 = 200;

/// A review to which somebody gave the answer beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Cursor.
    pub number: u64,
    /// `psg_…`
    pub passage: String,
    /// The passage's, as its author sees it: to be given back to take the answer back.
    pub version: u32,
    /// Booth id.
    pub booth: String,
    /// When the answer was given.
    pub at: Instant,
    /// Plate and issuer, where it is one.
    pub plate: Option<(String, String)>,
    /// The type of the plate, where its author named one.
    pub plate_type: Option<PlateType>,
    /// Otherwise why it cannot be billed.
    pub reject_code: Option<String>,
    /// Where it is.
    pub standing: Standing,
    /// Whether the answer turned out right; none while nobody knows.
    pub right: Option<bool>,
    /// Once it is settled, who answered it and whether they were right.
    pub compared: Vec<Compared>,
}

/// Somebody whose answer was compared with one that was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// `tok_…`
    pub token: String,
    /// What they are called.
    pub name: Option<String>,
    /// Whether they were right.
    pub right: bool,
}

impl<D: Db> Ledger<D> {
    /// The known answers of this person that stand, the newest passages first, as far as they may still see the passages.
    /// `before` is the last number seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn seeds(&self, author: &Actor, before: Option<u64>, limit: u32) -> Result<Vec<Seed>, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (mut seen, mut before) = (Vec::new(), before.unwrap_or(u64::MAX));
        // Pages are cut after what is out of sight is left out, so that a short one is the last.
        while seen.len() < limit as usize {
            let page = self.given_by(author, before, limit)?;
            let Some(last) = page.last() else { break };
            before = last.number;
            for seed in page {
                if self.passage_for(author, &seed.passage)?.is_some() {
                    seen.push(seed);
                }
            }
        }
        seen.truncate(limit as usize);
        Ok(seen)
    }

    fn given_by(&self, author: &Actor, before: u64, limit: u32) -> Result<Vec<Seed>, LedgerError> {
        self.read(|| {
            // The author's first answer is the known one: later ones settle a dispute about it.
            let rows = self.run(
                "SELECT b.passage_sequence, p.id, p.booth_id, o.at_ms, o.plate, o.jurisdiction, o.reject_code, b.standing,
                     o.is_right, p.version, t.plate_type
                 FROM blind_review b INDEXED BY blind_review_seeded JOIN passage p ON p.sequence = b.passage_sequence
                     JOIN opinion o ON o.passage_sequence = b.passage_sequence AND o.actor_id = +?1
                     LEFT JOIN plate_type t ON t.passage_sequence = o.passage_sequence AND t.actor_id = o.actor_id
                 WHERE b.origin = 'seeded' AND b.passage_sequence < +?2 AND b.standing <> 'void'
                     AND o.held = 1 AND o.withdrawn_at_ms IS NULL
                     AND o.id = (SELECT min(f.id) FROM opinion f WHERE f.passage_sequence = b.passage_sequence
                         AND f.withdrawn_at_ms IS NULL)
                 ORDER BY b.passage_sequence DESC LIMIT +?3",
                params![author.id.as_str(), before, limit],
            )?;
            let mut found = Vec::new();
            for row in rows {
                let (seed, sequence) = seed(row.columns())?;
                let offset = self.eyes(sequence, author)?.offset();
                let compared =
                    if seed.standing == Standing::Settled { self.compared(sequence, author)? } else { Vec::new() };
                found.push(Seed { version: seed.version + offset, compared, ..seed });
            }
            Ok(found)
        })
    }

    fn compared(&self, sequence: i64, author: &Actor) -> Result<Vec<Compared>, LedgerError> {
        let rows = self.run(
            "SELECT o.actor_id, t.name, o.is_right FROM opinion o LEFT JOIN token t ON t.id = o.actor_id
             WHERE o.passage_sequence = +?1 AND o.actor_id <> +?2 AND o.is_right IS NOT NULL ORDER BY o.id",
            params![sequence, author.id.as_str()],
        )?;
        rows.into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok(Compared { token: columns.text()?, name: columns.opt_text()?, right: columns.flag()? })
            })
            .collect()
    }
}

fn seed(mut columns: Columns) -> Result<(Seed, i64), LedgerError> {
    let sequence = columns.integer()?;
    let seed = Seed {
        number: u64::try_from(sequence).unwrap_or_default(),
        passage: columns.text()?,
        booth: columns.text()?,
        at: columns.integer()?,
        plate: columns.opt_text()?.zip(columns.opt_text()?),
        reject_code: columns.opt_text()?,
        standing: columns.parsed()?,
        right: columns.opt_integer()?.map(|right| right == 1),
        version: columns.number()?,
        plate_type: columns.opt_parsed()?,
        compared: Vec::new(),
    };
    Ok((seed, sequence))
}
