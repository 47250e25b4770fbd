//! What recognisers did on traffic, and how each stands now. Reads only, and never more than [`MAX_CALLS`] calls of a
//! recogniser, from indexes that hold every column needed.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::circuit::{Circuit, Phase};
use tollbooth_pipeline::gate::day;
use tollbooth_pipeline::policy::{self, Turn};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;

use crate::Ledger;
use crate::arrival::by_arrival;
use crate::columns::Columns;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::reading::{Description, MAX_BACKLOG, circuit};
use crate::setting::in_force;

/// Most calls of one recogniser that are looked at, the newest ones.
pub const MAX_CALLS: u64 = 20_000;

/// A recogniser and what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// Its name in the settings.
    pub recognizer: Recognizer,
    /// As it describes itself, or, in process, as its latest reading does.
    pub description: Option<Description>,
    /// Whether it works.
    pub circuit: Circuit,
    /// The same at the time of asking.
    pub phase: Phase,
    /// Calls in flight, shadows included.
    pub in_flight: u32,
    /// Passages that wait for it; counted up to [`MAX_BACKLOG`].
    pub waiting: u64,
    /// Calls today (UTC), reserved ones included.
    pub calls_today: u64,
    /// Money of today (UTC), reserved included, in millionths of the accounting currency.
    pub money_today_micros: u64,
    /// Readings that were used.
    pub traffic: Traffic,
    /// Readings that were only scored.
    pub shadows: Traffic,
}

/// Calls of one recogniser within the time asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls that ended.
    pub calls: u64,
    /// Those that read the text of a plate.
    pub plates: u64,
    /// Those that looked and found none.
    pub no_plates: u64,
    /// The others by class.
    pub failures: Vec<(String, u64)>,
    /// In millionths of the accounting currency.
    pub cost_micros: u64,
    /// Passages accepted with the plate it read.
    pub accepted: u64,
    /// Plates it read of passages that are accepted by now.
    pub compared: u64,
    /// Those that are the accepted plate.
    pub agreed: u64,
    /// Of [`Traffic::compared`], those decided by a person.
    pub compared_with_people: u64,
    /// Those that are the plate the person gave.
    pub agreed_with_people: u64,
    /// For shadows: plates read beside a plate of the recogniser that was used.
    pub compared_with_used: u64,
    /// Those that are the same.
    pub agreed_with_used: u64,
    /// Half of the readings took no longer, in milliseconds.
    pub p50_ms: Option<u32>,
    /// Nineteen of twenty readings took no longer, in milliseconds.
    pub p95_ms: Option<u32>,
}

/// The newest calls of recogniser `?1` since `?2`, at most `?3`.
macro_rules! recent {
    (attempts) => {
        "WITH recent AS (SELECT outcome, duration_ms, cost_micros, plate, passage_sequence, NULL AS used_plate
            FROM reading_attempt WHERE asked = +?1 AND started_at_ms >= +?2
              AND outcome NOT IN ('running', 'given-back', 'budget-spent')
            ORDER BY started_at_ms DESC LIMIT +?3) "
    };
    (shadows) => {
        "WITH recent AS (SELECT outcome, duration_ms, cost_micros, plate, passage_sequence, used_plate
            FROM shadow_task WHERE state = 'ended' AND recognizer = +?1 AND leased_at_ms >= +?2
            ORDER BY leased_at_ms DESC LIMIT +?3) "
    };
}

/// The questions, each for one kind of calls.
struct Questions {
    outcomes: &'static str,
    agreement: &'static str,
    duration: &'static str,
}

macro_rules! questions {
    ($source:ident) => {
        Questions {
            outcomes: concat!(
                recent!($source),
                "SELECT outcome, plate IS NOT NULL, count(*), CAST(sum(cost_micros) AS BIGINT) FROM recent GROUP BY 1, 2"
            ),
            agreement: concat!(
                recent!($source),
                "SELECT count(*) FILTER (WHERE p.state = 'accepted'),
                    count(*) FILTER (WHERE p.state = 'accepted' AND r.plate = p.plate),
                    count(*) FILTER (WHERE p.state = 'accepted' AND p.decided_by <> 'judge'),
                    count(*) FILTER (WHERE p.state = 'accepted' AND p.decided_by <> 'judge' AND r.plate = p.plate),
                    count(DISTINCT CASE WHEN p.state = 'accepted' AND r.plate = p.plate THEN p.sequence END),
                    count(r.used_plate), count(*) FILTER (WHERE r.plate = r.used_plate)
                 FROM recent r CROSS JOIN passage p WHERE p.sequence = r.passage_sequence AND r.plate IS NOT NULL"
            ),
            duration: concat!(
                recent!($source),
                "SELECT duration_ms FROM recent WHERE outcome = 'read' ORDER BY duration_ms LIMIT 1 OFFSET +?4"
            ),
        }
    };
}

const USED: Questions = questions!(attempts);
const SHADOWED: Questions = questions!(shadows);

const WAITING_SECOND: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 FROM passage INDEXED BY passage_second WHERE state = 'waiting' AND turn = 'second'",
    by_arrival!("passage"),
    " LIMIT +?1) AS few"
);
const WAITING_ALL: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 FROM passage WHERE state = 'waiting'",
    by_arrival!("passage"),
    " LIMIT +?1) AS few"
);

impl<D: Db> Ledger<D> {
    /// Every recogniser there is, with its calls since `since`, all of one moment.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn recognizers(&self, now: Instant, since: Instant) -> Result<Vec<Overview>, LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        self.read(|| Recognizer::ALL.iter().map(|name| self.overview(now, since, *name, &settings)).collect())
    }

    fn overview(
        &self,
        now: Instant,
        since: Instant,
        recognizer: Recognizer,
        settings: &Settings,
    ) -> Result<Overview, LedgerError> {
        let (description, circuit) = self.known_of(recognizer)?;
        let (calls_today, money_today_micros) = self.today(now, recognizer)?;
        Ok(Overview {
            recognizer,
            description,
            circuit,
            phase: circuit.phase(now),
            in_flight: self.in_flight(now, recognizer, settings)?,
            waiting: self.waiting_count(recognizer, settings)?,
            calls_today,
            money_today_micros,
            traffic: self.traffic(&USED, recognizer, since)?,
            shadows: self.traffic(&SHADOWED, recognizer, since)?,
        })
    }

    fn known_of(&self, recognizer: Recognizer) -> Result<(Option<Description>, Circuit), LedgerError> {
        if !recognizer.is_service() {
            let latest = self.run_one(
                "SELECT recognizer, model, cost_micros FROM reading_attempt
                 WHERE asked = +?1 AND outcome = 'read' ORDER BY started_at_ms DESC LIMIT 1",
                params![recognizer.as_str()],
            )?;
            let described = latest.map(|row| described(&mut row.columns())).transpose()?;
            return Ok((described, Circuit::default()));
        }
        let found = self.run_one(
            "SELECT component, model, price_micros, failures, open_reason, opened_at_ms, retry_at_ms
             FROM recognizer WHERE name = +?1",
            params![recognizer.as_str()],
        )?;
        let Some(mut columns) = found.map(crate::db::Row::columns) else { return Ok((None, Circuit::default())) };
        let (component, model) = (columns.opt_text()?, columns.opt_text()?);
        let price = columns.opt_number()?;
        let description = price.zip(component.zip(model)).map(|(price_micros, (component, model))| Description {
            component,
            model,
            price_micros,
        });
        Ok((description, circuit(&mut columns)?))
    }

    /// Services count their calls when they are leased; in process they are the attempts of the day.
    fn today(&self, now: Instant, recognizer: Recognizer) -> Result<(u64, u64), LedgerError> {
        let found = if recognizer.is_service() {
            self.run_one(
                "SELECT calls, money_micros FROM recognizer_day WHERE recognizer = +?1 AND day = +?2",
                params![recognizer.as_str(), day(now)],
            )?
        } else {
            self.run_one(
                "SELECT count(*), 0 FROM (SELECT 1 FROM reading_attempt WHERE asked = +?1 AND started_at_ms >= +?2
                    LIMIT +?3) AS few",
                params![recognizer.as_str(), day(now).saturating_mul(86_400_000), MAX_CALLS],
            )?
        };
        let Some(mut columns) = found.map(crate::db::Row::columns) else { return Ok((0, 0)) };
        Ok((columns.number()?, columns.number()?))
    }

    fn waiting_count(&self, recognizer: Recognizer, settings: &Settings) -> Result<u64, LedgerError> {
        let count = |sql: &str| -> Result<u64, LedgerError> {
            self.run_one(sql, params![MAX_BACKLOG])?.map_or(Ok(0), |row| row.columns().number())
        };
        let first = policy::awaited(Turn::First, settings) == recognizer;
        let second = policy::awaited(Turn::Second, settings) == recognizer;
        match (first, second) {
            (false, false) => Ok(0),
            (true, true) => count(WAITING_ALL),
            (false, true) => count(WAITING_SECOND),
            (true, false) => Ok(count(WAITING_ALL)?.saturating_sub(count(WAITING_SECOND)?)),
        }
    }

    fn traffic(&self, ask: &Questions, recognizer: Recognizer, since: Instant) -> Result<Traffic, LedgerError> {
        let range: [Value; 3] = [recognizer.as_str().into(), since.into(), MAX_CALLS.into()];
        let mut found = Traffic::default();
        for row in self.run(ask.outcomes, &range)? {
            found.count(&mut row.columns())?;
        }
        if let Some(row) = self.run_one(ask.agreement, &range)? {
            found.compare(&mut row.columns())?;
        }
        let readings = found.plates + found.no_plates;
        found.p50_ms = self.duration(ask, &range, readings, 50)?;
        found.p95_ms = self.duration(ask, &range, readings, 95)?;
        Ok(found)
    }

    /// The time within which this share of the readings ended.
    fn duration(
        &self,
        ask: &Questions,
        range: &[Value; 3],
        readings: u64,
        percent: u64,
    ) -> Result<Option<u32>, LedgerError> {
        // Nearest rank: the smallest time that at least so many percent do not exceed.
        let Some(rank) = (readings * percent).div_ceil(100).checked_sub(1) else { return Ok(None) };
        let mut parameters = range.to_vec();
        parameters.push(rank.into());
        self.run_one(ask.duration, &parameters)?.map(|row| row.columns().number()).transpose()
    }
}

fn described(columns: &mut Columns) -> Result<Description, LedgerError> {
    Ok(Description { component: columns.text()?, model: columns.text()?, price_micros: columns.number()? })
}

impl Traffic {
    fn count(&mut self, columns: &mut Columns) -> Result<(), LedgerError> {
        let (outcome, has_plate) = (columns.text()?, columns.flag()?);
        let (number, cost): (u64, u64) = (columns.number()?, columns.number()?);
        self.calls += number;
        self.cost_micros += cost;
        match (outcome.as_str(), has_plate) {
            ("read", true) => self.plates += number,
            ("read", false) => self.no_plates += number,
            _ => self.failures.push((outcome, number)),
        }
        Ok(())
    }

    fn compare(&mut self, columns: &mut Columns) -> Result<(), LedgerError> {
        self.compared = columns.number()?;
        self.agreed = columns.number()?;
        self.compared_with_people = columns.number()?;
        self.agreed_with_people = columns.number()?;
        self.accepted = columns.number()?;
        self.compared_with_used = columns.number()?;
        self.agreed_with_used = columns.number()?;
        Ok(())
    }
}
