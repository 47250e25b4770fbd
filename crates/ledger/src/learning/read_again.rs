//! Passages with what was read from them, for whoever wants to know what today's rules would make of them.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::learned::Learned;
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::db::{Db, Row, Value, params};
use crate::error::LedgerError;
use crate::setting::{SettingText, in_force};

/// Most passages of one answer.
pub const MOST_READ_AGAIN: u32 = 200;
/// Passages looked through for them at most: a filter that matches little ends with a cursor instead of a long wait.
const MOST_LOOKED_AT: u32 = 5_000;

/// Passages that may be numbered before some that were received earlier: clocks differ, and requests overtake each other.
const OUT_OF_ORDER: u64 = 500;

/// Which passages; absent fields do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgainFilter {
    /// Only this passage, `psg_…`, whatever else is wanted.
    pub passage: Option<String>,
    /// Booth id.
    pub booth: Option<String>,
    /// Where they are now.
    pub state: Option<State>,
    /// Review reason.
    pub reason: Option<String>,
    /// Received from this time on.
    pub since: Option<Instant>,
    /// And before that.
    pub until: Option<Instant>,
}

/// A passage and its last reading.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPassage {
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// Of the booth.
    pub booth_jurisdiction: String,
    /// Where it is.
    pub state: State,
    /// Review reason or reject code.
    pub reason: Option<String>,
    /// Decided or suggested.
    pub plate: Option<String>,
    /// Decided.
    pub jurisdiction: Option<String>,
    /// `judge` or a token.
    pub decided_by: Option<String>,
    /// Without the raw reply.
    pub reading: Reading,
    /// What a judge would be told today, however few vehicles say who passes.
    pub learned: Option<Learned>,
}

/// Passages in the order of receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPassages {
    /// At most [`MOST_READ_AGAIN`].
    pub items: Vec<ReadPassage>,
    /// Settings that differ from the defaults.
    pub settings: Vec<SettingText>,
    /// For more; none where all were seen.
    pub next: Option<u64>,
}

impl<D: Db> Ledger<D> {
    /// Passages that are decided or in review, with what was read last. Photos that somebody reads without knowing what was
    /// read are left out: who lists them must not learn it here.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn read_again(
        &self,
        filter: &AgainFilter,
        after: Option<u64>,
        limit: u32,
    ) -> Result<ReadPassages, LedgerError> {
        let limit = limit.clamp(1, MOST_READ_AGAIN) as usize;
        self.read(|| {
            let after = match (after, filter.since) {
                (Some(after), _) => after,
                (None, Some(since)) => self.received_before(since)?,
                (None, None) => 0,
            };
            let changes = self.changed_settings()?;
            // Whoever judges may try other settings, and says then how many vehicles are enough.
            let settings = Settings { judge_traffic_learned_from: 1, ..in_force(&changes)? };
            if let Some(id) = &filter.passage {
                let items = self.one_with_reading(id, &settings)?.into_iter().collect();
                return Ok(ReadPassages { items, settings: changes, next: None });
            }
            let (mut items, mut last, mut looked_at) = (Vec::new(), after, 0);
            for row in self.run(&filter.candidates(), &filter.parameters(after))? {
                looked_at += 1;
                let mut columns = row.columns();
                let sequence = columns.number::<u64>()?;
                if columns.flag()? {
                    if items.len() == limit {
                        return Ok(ReadPassages { items, settings: changes, next: Some(last) });
                    }
                    items.extend(self.with_reading(sequence, &settings)?);
                }
                last = sequence;
            }
            let next = (looked_at == MOST_LOOKED_AT).then_some(last);
            Ok(ReadPassages { items, settings: changes, next })
        })
    }

    /// A number with which what was received from this time on begins, so that years before it are not looked through:
    /// passages are numbered as they are received, or nearly so.
    fn received_before(&self, since: Instant) -> Result<u64, LedgerError> {
        let last = self.run_one("SELECT max(p.sequence) FROM passage p", &[])?;
        let last = last.map_or(Ok(None), |row| row.columns().opt_number::<u64>())?;
        let (mut low, mut high) = (0_u64, last.unwrap_or(0));
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.run_one(
                "SELECT p.received_at_ms FROM passage p WHERE p.sequence > +?1 ORDER BY p.sequence LIMIT 1",
                params![middle],
            )?;
            let received_at = next.map_or(Ok(None), |row| row.columns().opt_integer())?;
            if received_at.is_some_and(|at| at < since) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low.saturating_sub(OUT_OF_ORDER))
    }

    fn one_with_reading(&self, id: &str, settings: &Settings) -> Result<Option<ReadPassage>, LedgerError> {
        let row = self.run_one(
            "SELECT p.sequence FROM passage p WHERE p.id = +?1 AND p.state IN ('accepted', 'rejected', 'in-review')",
            params![id],
        )?;
        let Some(row) = row else { return Ok(None) };
        self.with_reading(row.columns().number()?, settings)
    }

    fn with_reading(&self, sequence: u64, settings: &Settings) -> Result<Option<ReadPassage>, LedgerError> {
        let row = self.run_one(
            "SELECT p.id, p.booth_id, b.jurisdiction, p.state, p.reason, p.plate, p.jurisdiction, p.decided_by, a.reading,
                 p.lane, p.camera
             FROM passage p JOIN booth b ON b.id = p.booth_id
             JOIN reading_attempt a ON a.passage_sequence = p.sequence AND a.attempt = p.last_attempt
             WHERE p.sequence = +?1 AND a.outcome = 'read' AND NOT EXISTS (SELECT 1 FROM blind_review r
                 WHERE r.passage_sequence = p.sequence AND r.standing IN ('open', 'disputed'))",
            params![sequence],
        )?;
        row.map(|row| self.read_passage(row, settings)).transpose()
    }

    fn read_passage(&self, row: Row, settings: &Settings) -> Result<ReadPassage, LedgerError> {
        let mut columns = row.columns();
        let (passage, booth, booth_jurisdiction) = (columns.text()?, columns.text()?, columns.text()?);
        let (state, reason, plate) = (columns.parsed()?, columns.opt_text()?, columns.opt_text()?);
        let (jurisdiction, decided_by) = (columns.opt_text()?, columns.opt_text()?);
        let reading: Reading = serde_json::from_str(&columns.text()?)
            .map_err(|e| LedgerError::Damaged(format!("a stored reading cannot be read back: {e}")))?;
        let learned = self.learned((&booth, &columns.text()?, &columns.text()?), settings)?;
        let reading = Reading { raw: String::new(), ..reading };
        Ok(ReadPassage {
            passage,
            booth,
            booth_jurisdiction,
            state,
            reason,
            plate,
            jurisdiction,
            decided_by,
            reading,
            learned,
        })
    }
}

impl AgainFilter {
    /// Passages by number, each with whether it is one of those wanted: looked through by the index of the booth or by
    /// number, so that each call costs the same whatever is wanted.
    fn candidates(&self) -> String {
        let source = match self.booth {
            Some(_) => "passage p WHERE p.booth_id = +?2 AND p.sequence > +?1",
            None => "passage p WHERE p.sequence > +?1 AND '' = +?2",
        };
        format!(
            "SELECT p.sequence, CASE WHEN p.state IN ('accepted', 'rejected', 'in-review')
                 AND (+?3 = '' OR p.state = +?3) AND (+?4 = '' OR p.reason = +?4)
                 AND p.received_at_ms >= +?5 AND p.received_at_ms < +?6 THEN 1 ELSE 0 END
             FROM {source} ORDER BY p.sequence LIMIT {MOST_LOOKED_AT}"
        )
    }

    fn parameters(&self, after: u64) -> Vec<Value> {
        let text = |text: Option<&str>| Value::from(text.unwrap_or_default());
        vec![
            after.into(),
            text(self.booth.as_deref()),
            text(self.state.map(State::as_str)),
            text(self.reason.as_deref()),
            self.since.unwrap_or(i64::MIN).into(),
            self.until.unwrap_or(i64::MAX).into(),
        ]
    }
}
