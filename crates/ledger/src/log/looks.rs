//! Who looked at which photos.
//!
//! A look is one note for a person, a photo and a day. What looks say of an answer that is held is kept back as the answer is.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;

use super::day::Note;
use super::{Asked, List, MAX_PAGE, Wanted};
use crate::Ledger;
use crate::blind::row_is_kept_back;
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::Actor;

/// Somebody looked at a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its place among all looks.
    pub number: u64,
    /// The first time on that day (UTC).
    pub at: Instant,
    /// `tok_…`
    pub token: String,
    /// What they are called now.
    pub name: String,
    /// The passage.
    pub passage: String,
}

/// Whether a look (`v`, of passage `p`) was taken over an answer that is held: whoever compares a plate with where it was
/// before leaves looks at those photos, and whose plate they have is the answer. So these are the looks of its author from
/// the claim on, and, however the author came to the review, those at photos with the plate that was answered.
macro_rules! beside_an_answer {
    () => {
        "EXISTS (SELECT 1 FROM opinion o JOIN passage w ON w.sequence = o.passage_sequence
             WHERE o.actor_id = v.token_id AND o.waiting = 1
               AND v.at_ms >= w.received_at_ms - ?3 AND v.at_ms <= o.at_ms + ?3
               AND (p.plate = o.plate OR v.at_ms >= (SELECT max(e.at_ms) - ?3 FROM event e
                   WHERE e.passage_sequence = o.passage_sequence AND e.kind = 'claimed' AND e.actor_id = o.actor_id)))"
    };
}

const NOTE: Note = Note {
    known: "SELECT 1 FROM photo_view v JOIN passage p ON p.sequence = v.passage_sequence
         WHERE p.id = +?1 AND v.token_id = +?2 AND v.day = +?3",
    write: "INSERT INTO photo_view (passage_sequence, token_id, day, at_ms)
         SELECT sequence, ?2, CAST(?3 AS BIGINT), CAST(?4 AS BIGINT) FROM passage WHERE id = ?1
         ON CONFLICT (passage_sequence, token_id, day) DO NOTHING",
    sweep: "DELETE FROM photo_view WHERE number IN (SELECT number FROM photo_view ORDER BY number LIMIT +?2)
         AND day < +?1",
};

impl<D: Db> Ledger<D> {
    /// Writes down that somebody is about to see the photo of a passage. Once for a day; again, it writes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; the photo must not be shown then.
    pub fn note_look(&self, now: Instant, token: &str, passage: &str) -> Result<(), LedgerError> {
        self.note_of_day(now, &NOTE, params![passage, token])
    }

    /// Who looked at which photos, the newest first, as far as the viewer may know it. `before` is the last number seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn looks(
        &self,
        viewer: &Actor,
        wanted: &Wanted<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Look>, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (after, end) = self.around(&LOOKS, wanted)?;
        let (mut seen, mut before) = (Vec::new(), before.unwrap_or(u64::MAX).min(end));
        // As with deeds: the length of a page says nothing of what is kept back.
        while seen.len() < limit as usize {
            let page = self.looks_of_people(wanted, (after, before), limit)?;
            let Some(last) = page.last() else { break };
            before = last.look.number;
            seen.extend(page.into_iter().filter(|looked| looked.may_be_told(viewer)).map(|looked| looked.look));
        }
        seen.truncate(limit as usize);
        Ok(seen)
    }

    fn looks_of_people(
        &self,
        wanted: &Wanted<'_>,
        (after, before): (u64, u64),
        limit: u32,
    ) -> Result<Vec<Looked>, LedgerError> {
        let mut asked = Asked::new(
            concat!(
                "SELECT v.number, v.at_ms, v.token_id, t.name, p.id, b.standing, ",
                beside_an_answer!(),
                " FROM photo_view v JOIN passage p ON p.sequence = v.passage_sequence JOIN token t ON t.id = v.token_id
                     LEFT JOIN blind_review b ON b.passage_sequence = v.passage_sequence
                 WHERE v.number < +?1 AND v.number > +?2"
            ),
            vec![before.into(), after.into(), CLOCK_SLACK_MS.into()],
        );
        asked.equal("v.token_id", wanted.who);
        asked.of_passage("v.passage_sequence", wanted.passage);
        asked.between("v.at_ms", wanted);
        let rows = asked.run(self, "ORDER BY v.number DESC", limit)?;
        rows.into_iter().map(|row| looked(row.columns())).collect()
    }
}

const LOOKS: List = List {
    last_before: "SELECT v.number FROM photo_view v WHERE v.at_ms < +?1 ORDER BY v.at_ms DESC, v.number DESC LIMIT 1",
    first_from: "SELECT v.number FROM photo_view v WHERE v.at_ms >= +?1 ORDER BY v.at_ms, v.number LIMIT 1",
};

/// A look before it is decided whether the viewer may know of it.
struct Looked {
    look: Look,
    /// Of the passage's blind review, where there is one.
    standing: Option<Standing>,
    /// It would say what somebody answered who must not be known to have.
    beside_an_answer: bool,
}

impl Looked {
    fn may_be_told(&self, viewer: &Actor) -> bool {
        let kept_back = row_is_kept_back(viewer, self.standing) || self.standing == Some(Standing::Disputed);
        self.look.token == viewer.id || !(kept_back || self.beside_an_answer)
    }
}

fn looked(mut columns: Columns) -> Result<Looked, LedgerError> {
    let look = Look {
        number: columns.number()?,
        at: columns.integer()?,
        token: columns.text()?,
        name: columns.text()?,
        passage: columns.text()?,
    };
    Ok(Looked { look, standing: columns.opt_parsed()?, beside_an_answer: columns.flag()? })
}
