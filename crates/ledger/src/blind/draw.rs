//! Which reviews are read without a suggestion.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::{self, Origin, can_be_blind};
use tollbooth_pipeline::identity;
use tollbooth_pipeline::learned::Booth;
use tollbooth_pipeline::reading::{Reading, Sighting};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::settings::Settings;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::reading::Acceptance;

/// A lot that was drawn, and the share that was in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lot {
    lot: f64,
    percent: f64,
}

/// What the judge would have billed, and on what grounds.
pub(crate) struct Machine<'a> {
    pub acceptance: &'a Acceptance,
    /// Who was asked, `in-process`.
    pub asked: &'a str,
}

/// The last reading of a passage, and where it was.
const READING: &str = "SELECT a.model, a.reading, b.jurisdiction
    FROM passage p JOIN reading_attempt a ON a.passage_sequence = p.sequence JOIN booth b ON b.id = p.booth_id
    WHERE p.sequence = +?1 AND a.reading IS NOT NULL ORDER BY a.attempt DESC LIMIT 1";

impl<D: Db> Ledger<D> {
    /// The lot of a passage where it is among the share. Nothing is looked up for a share of nothing.
    pub(super) fn draw(&self, origin: Origin, passage: &str, percent: f64) -> Result<Option<Lot>, LedgerError> {
        if percent <= 0.0 {
            return Ok(None);
        }
        let row = self.run_one("SELECT s.secret FROM blind_secret s WHERE s.id = 1", &[])?;
        let secret = row.ok_or_else(|| LedgerError::Damaged("the secret of the draws is gone".to_owned()))?;
        let lot = blind::lot(&secret.columns().text()?, origin, passage);
        Ok(blind::is_drawn(lot, percent).then_some(Lot { lot, percent }))
    }

    /// Whether this acceptance is read by people before it is billed; then it is open from now on.
    pub(crate) fn draw_sample(
        &self,
        now: Instant,
        (sequence, passage): (i64, &str),
        machine: &Machine<'_>,
        settings: &Settings,
    ) -> Result<bool, LedgerError> {
        let Some(lot) = self.draw(Origin::Sample, passage, settings.judge_quality_sample_percent)? else {
            return Ok(false);
        };
        let people = self.people_for(passage, settings)?;
        let grounds = self.grounds(sequence, machine, settings)?;
        self.open_blind(now, sequence, Origin::Sample, people, lot, Some(grounds))?;
        Ok(true)
    }

    /// Whether a passage that comes to review for this reason is shown without a suggestion, so that a sample looks like it.
    pub(crate) fn draw_unprompted(
        &self,
        now: Instant,
        (sequence, passage): (i64, &str),
        reason: ReviewReason,
        settings: &Settings,
    ) -> Result<bool, LedgerError> {
        if !can_be_blind(reason) || settings.judge_quality_sample_percent <= 0.0 {
            return Ok(false);
        }
        let Some(lot) = self.draw(Origin::Unprompted, passage, settings.review_unprompted_percent)? else {
            return Ok(false);
        };
        let people = self.people_for(passage, settings)?;
        self.open_blind(now, sequence, Origin::Unprompted, people, lot, None)?;
        Ok(true)
    }

    fn people_for(&self, passage: &str, settings: &Settings) -> Result<u32, LedgerError> {
        let second = self.draw(Origin::Second, passage, settings.review_second_reading_percent)?;
        Ok(if second.is_some() { 2 } else { 1 })
    }

    /// Begins a blind review, anew where there was one.
    pub(super) fn open_blind(
        &self,
        now: Instant,
        sequence: i64,
        origin: Origin,
        people: u32,
        lot: Lot,
        grounds: Option<Grounds>,
    ) -> Result<(), LedgerError> {
        let Grounds { recognizer, model, plate, jurisdiction, confidence, wrong_person_percent } =
            grounds.unwrap_or_default();
        self.run(
            "INSERT INTO blind_review (passage_sequence, origin, standing, people, booth_id, drawn_at_ms, lot, share_percent,
                 recognizer, model, plate, jurisdiction, confidence, wrong_person_percent)
             SELECT p.sequence, ?2, 'open', CAST(?3 AS BIGINT), p.booth_id, CAST(?4 AS BIGINT),
                 CAST(?5 AS DOUBLE PRECISION), CAST(?6 AS DOUBLE PRECISION), ?7, ?8, ?9, ?10,
                 CAST(?11 AS DOUBLE PRECISION), CAST(?12 AS DOUBLE PRECISION)
             FROM passage p WHERE p.sequence = ?1
             ON CONFLICT (passage_sequence) DO UPDATE SET origin = excluded.origin, standing = 'open',
                 people = excluded.people, drawn_at_ms = excluded.drawn_at_ms, lot = excluded.lot,
                 share_percent = excluded.share_percent, recognizer = excluded.recognizer, model = excluded.model,
                 plate = excluded.plate, jurisdiction = excluded.jurisdiction, confidence = excluded.confidence,
                 wrong_person_percent = excluded.wrong_person_percent, settled_at_ms = NULL,
                 right_plate = NULL, right_jurisdiction = NULL, machine_error = NULL",
            params![
                sequence,
                origin.as_str(),
                people,
                now,
                lot.lot,
                lot.percent,
                recognizer,
                model,
                plate,
                jurisdiction,
                confidence,
                wrong_person_percent,
            ],
        )?;
        Ok(())
    }

    /// What the judge went by: the model that read, how sure it was of the text, and how often it takes the issuer of such a plate
    /// for wrong. Those two are what the thresholds are held to; an acceptance's confidence is that of text and issuer together.
    fn grounds(&self, sequence: i64, machine: &Machine<'_>, settings: &Settings) -> Result<Grounds, LedgerError> {
        let accepted = machine.acceptance;
        let mut grounds = Grounds {
            recognizer: Some(machine.asked.to_owned()),
            plate: Some(accepted.plate.clone()),
            jurisdiction: Some(accepted.jurisdiction.clone()),
            confidence: Some(f64::from(accepted.confidence)),
            ..Grounds::default()
        };
        let Some(row) = self.run_one(READING, params![sequence])? else { return Ok(grounds) };
        let mut columns = row.columns();
        let (model, stored, booth) = (columns.text()?, columns.text()?, columns.text()?);
        let reading: Reading = serde_json::from_str(&stored)
            .map_err(|e| LedgerError::Damaged(format!("a stored reading cannot be read: {e}")))?;
        let learned = self.learned_of(sequence, settings)?;
        // The plate that was judged: what the camera writes was none.
        let is_own = |seen: &Sighting| learned.as_ref().is_some_and(|learned| learned.of_camera(seen).is_some());
        let best = reading.sightings.iter().find(|seen| !is_own(seen));
        let booth = Booth { jurisdiction: &booth, learned: learned.as_ref() };
        let weighed = best.and_then(|best| identity::weighed(best, booth, settings));
        grounds.model = Some(model);
        if let Some(weighed) = weighed {
            grounds.confidence = Some(weighed.sure_of_text()).filter(|sure| sure.is_finite()).or(grounds.confidence);
            grounds.wrong_person_percent = Some(weighed.wrong_person_percent()).filter(|wrong| wrong.is_finite());
        }
        Ok(grounds)
    }
}

/// What the judge went by, of a sample.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    recognizer: Option<String>,
    model: Option<String>,
    plate: Option<String>,
    jurisdiction: Option<String>,
    confidence: Option<f64>,
    wrong_person_percent: Option<f64>,
}

impl Lot {
    /// Of what was not drawn by lot, but chosen.
    pub(super) const CHOSEN: Self = Self { lot: 0.0, percent: 100.0 };
}
