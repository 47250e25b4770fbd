//! Passages that somebody knows something of: the plate, or the key that the camera chose. As far as they may know it.

use tollbooth_pipeline::crossing;

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::event::Actor;
use crate::keying::plate_key;
use crate::passages::{MAX_PAGE, Passage, Sought};

/// What is known of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// Its plate, decided or suggested, in any spelling: O is 0 and I is 1.
    Plate(&'a str),
    /// The key that its camera chose, at whatever booth.
    Key(&'a str),
}

/// By the booths, for that is how the index is ordered; `+ 0` keeps that of a booth's passages out.
const OF_PLATE: &str = concat!(
    "SELECT o.sequence, o.id FROM booth AS place CROSS JOIN passage AS o
     WHERE o.booth_id = place.id AND o.plate IS NOT NULL AND ",
    plate_key!("o.plate"),
    " = +?1 AND o.sequence + 0 < +?2 ORDER BY o.sequence DESC LIMIT +?3"
);

const OF_KEY: &str = "SELECT o.sequence, o.id FROM booth AS place CROSS JOIN passage AS o
     WHERE o.booth_id = place.id AND o.passage_key = +?1 AND o.sequence + 0 < +?2
     ORDER BY o.sequence DESC LIMIT +?3";

/// What somebody takes for decided with this plate, and is not: it must be found like what is.
const ANSWERED_WITH: &str = concat!(
    "SELECT p.sequence, p.id FROM opinion o JOIN passage p ON p.sequence = o.passage_sequence
     WHERE o.actor_id = +?4 AND o.waiting = 1 AND ",
    plate_key!("o.plate"),
    " = +?1 AND p.sequence + 0 < +?2 ORDER BY p.sequence DESC LIMIT +?3"
);

impl<D: Db> Ledger<D> {
    /// Passages of which somebody knows the plate or the key, the newest first, with the cursor of the next page.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn find_for(
        &self,
        viewer: &Actor,
        known: Known<'_>,
        among: &Sought<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let wanted = match known {
            Known::Plate(plate) => crossing::plate_key(plate),
            Known::Key(key) => key.to_owned(),
        };
        let (mut seen, mut cursor) = (Vec::new(), before.unwrap_or(u64::MAX));
        // Pages are cut after what is kept back is left out, so that their length says nothing.
        loop {
            let page = self.page_of_known(viewer, known, &wanted, cursor, limit)?;
            for (_, id) in &page {
                // To this viewer it may have another plate, or be in another state.
                let found = self.passage_for(viewer, id)?;
                seen.extend(found.filter(|passage| is_wanted(passage, known, &wanted, among)));
            }
            match page.last() {
                Some((last, _)) if page.len() >= limit as usize && seen.len() < limit as usize => cursor = *last,
                _ => break,
            }
        }
        seen.truncate(limit as usize);
        let last = seen.last().filter(|_| seen.len() == limit as usize);
        let next = last.and_then(|passage| u64::try_from(passage.sequence).ok());
        Ok((seen, next))
    }

    /// Sequences and ids of a page.
    fn page_of_known(
        &self,
        viewer: &Actor,
        known: Known<'_>,
        wanted: &str,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, LedgerError> {
        let sql = if matches!(known, Known::Plate(_)) { OF_PLATE } else { OF_KEY };
        let mut rows = self.run(sql, params![wanted, before, limit])?;
        if matches!(known, Known::Plate(_)) {
            rows.extend(self.run(ANSWERED_WITH, params![wanted, before, limit, viewer.id.as_str()])?);
        }
        let mut page = rows.into_iter().map(place).collect::<Result<Vec<_>, _>>()?;
        page.sort_by_key(|(sequence, _)| std::cmp::Reverse(*sequence));
        page.dedup();
        page.truncate(limit as usize);
        Ok(page)
    }
}

fn place(row: Row) -> Result<(u64, String), LedgerError> {
    let mut columns = row.columns();
    Ok((columns.number()?, columns.text()?))
}

fn is_wanted(passage: &Passage, known: Known<'_>, wanted: &str, among: &Sought<'_>) -> bool {
    let is_it = match known {
        Known::Plate(_) => passage.plate.as_deref().is_some_and(|plate| crossing::plate_key(plate) == wanted),
        Known::Key(_) => passage.key == wanted,
    };
    is_it
        && among.booth.is_none_or(|booth| passage.booth == booth)
        && among.state.is_none_or(|state| passage.state == state)
        && among.decided_by.is_none_or(|who| passage.decided_by.as_deref() == Some(who))
        && among.plate_type.is_none_or(|wanted| passage.plate_type == Some(wanted))
        && among.is_of_time(passage)
}
