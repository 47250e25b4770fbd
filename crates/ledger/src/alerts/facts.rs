//! What the rules look at: a few rows each, however large the ledger is. Only the balance counts, the last hours of it,
//! and only every ten minutes.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use tollbooth_alerts::{
    AcceptanceFacts, BoothFacts, ChannelFacts, CopyFacts, DestinationFacts, ExportFacts, Facts, RecognizerFacts,
    USUAL_MOST, acceptance, is_enough,
};
use tollbooth_messages::Channel;
use tollbooth_pipeline::capture::hour;
use tollbooth_pipeline::destination::DestinationState;
use tollbooth_pipeline::export::BILLING;
use tollbooth_pipeline::gate::day;
use tollbooth_pipeline::limits::Limits;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::{Instant, balance};
use tollbooth_telemetry::{Step, Subject};

use crate::Ledger;
use crate::admin::Changed;
use crate::arrival::by_arrival;
use crate::audit::OVERDUE_MS;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// What is counted for people is counted up to this.
const MOST: u32 = 1_000;
/// Waiting photos among which the one that waits longest is looked for, in an index: an outage sends back more than are counted.
const MOST_WAITING: u32 = 100_000;
/// Calls of one recogniser that are looked at.
const MOST_CALLS: u32 = 2_000;
/// Readings begun before this say nothing of now.
const LATELY_MS: i64 = 30 * MINUTE_MS;
const CALLS_MS: i64 = 10 * MINUTE_MS;
/// How often the balance is counted.
const BALANCE_MS: i64 = 10 * MINUTE_MS;

/// Ends of attempts that are the recogniser's doing, and not the photo's or the store's.
const FAILURES: &str =
    "'throttled', 'quota-exhausted', 'unauthorized', 'outage', 'timed-out', 'invalid-answer', 'expired'";

/// When the rules were last looked at, and what was found out then.
pub(super) struct Watch {
    pub looked_at: Instant,
    pub told_well_day: i64,
    balanced_at: Instant,
    unbalanced: Vec<String>,
    older_than: u64,
}

impl<D: Db> Ledger<D> {
    pub(super) fn watch(&self) -> Result<Watch, LedgerError> {
        let row = self.run_one(
            "SELECT looked_at_ms, balanced_at_ms, unbalanced, told_well_day, older_than FROM alert_watch WHERE one = 1",
            &[],
        )?;
        let row = row.ok_or_else(|| LedgerError::Damaged("the row of alert_watch is gone".to_owned()))?;
        let mut columns = row.columns();
        Ok(Watch {
            looked_at: columns.integer()?,
            balanced_at: columns.integer()?,
            unbalanced: serde_json::from_str(&columns.text()?)
                .map_err(|e| LedgerError::Damaged(format!("alert_watch.unbalanced: {e}")))?,
            told_well_day: columns.integer()?,
            older_than: columns.number()?,
        })
    }

    /// Everything of one moment, but the balance, and but the rules that cannot be read: whoever reads the rules knows of them.
    pub(super) fn alert_facts(&self, now: Instant, watch: &Watch, settings: &Settings) -> Result<Facts, LedgerError> {
        let unbalanced = self.unbalanced(now, watch)?;
        self.read(|| {
            let booths = self.booth_facts(now)?;
            let (oldest_waiting, overdue_leases, waiting) = self.waiting_facts(now)?;
            let (open_reviews, oldest_review) = self.review_facts()?;
            let export = ExportFacts {
                waiting,
                last_received_at: booths.iter().filter_map(|booth| booth.last_received_at).max(),
                ..self.export_facts(now, watch, settings)?
            };
            Ok(Facts {
                now,
                booths,
                unbalanced,
                storage_full_at: self.storage_full_at()?,
                oldest_waiting,
                last_read_at: self.last_read_at(now)?,
                overdue_leases,
                reading_is_paused: settings.reading_concurrency == 0,
                recognizers: self.recognizer_facts(now, settings)?,
                acceptance: self.acceptance_facts(now, settings)?,
                open_reviews,
                oldest_review,
                export,
                copies: self.copy_facts(now, settings)?,
                destinations: self.destination_facts(now)?,
                channels: self.channel_facts(now)?,
                dead_messages: self.few("SELECT 1 FROM message WHERE state = 'dead'")?,
                unreadable_rules: Vec::new(),
            })
        })
    }

    fn unbalanced(&self, now: Instant, watch: &Watch) -> Result<Vec<String>, LedgerError> {
        if watch.balanced_at <= now && now.saturating_sub(watch.balanced_at) < BALANCE_MS {
            return Ok(watch.unbalanced.clone());
        }
        let found: Vec<String> = match self.balance(Some(&hour(now.saturating_sub(HOUR_MS))), None) {
            Ok(rows) => rows
                .iter()
                .filter(|row| !balance::violations(&row.from_events, &row.from_state).is_empty())
                .map(|row| format!("{} {}", row.hour, row.booth))
                .take(20)
                .collect(),
            // Events that cannot be true are what people must hear of most: they must not end the look at the rules.
            Err(LedgerError::Damaged(what)) => vec![what],
            Err(error) => return Err(error),
        };
        self.run(
            "UPDATE alert_watch SET balanced_at_ms = ?1, unbalanced = ?2 WHERE one = 1",
            params![now, json!(found).to_string()],
        )?;
        Ok(found)
    }

    pub(super) fn booth_facts(&self, now: Instant) -> Result<Vec<BoothFacts>, LedgerError> {
        let usual = format!(
            "(SELECT count(*) FROM (SELECT 1 FROM passage p WHERE p.received_hour = ?{{}} AND p.booth_id = b.id
                LIMIT {USUAL_MOST}) AS few)"
        );
        let sql = format!(
            "SELECT b.id, (SELECT p.received_at_ms FROM passage p WHERE p.booth_id = b.id ORDER BY p.sequence DESC LIMIT 1),
                {}, {} FROM booth b ORDER BY b.id",
            usual.replace("?{}", "+?1"),
            usual.replace("?{}", "+?2")
        );
        let hours = params![hour(now.saturating_sub(7 * DAY_MS)), hour(now.saturating_sub(DAY_MS))];
        self.run(&sql, hours)?
            .into_iter()
            .map(|row| {
                let mut columns = row.columns();
                let (id, last_received_at) = (columns.text()?, columns.opt_integer()?);
                let (a_week_ago, yesterday): (u32, u32) = (columns.number()?, columns.number()?);
                let usual_in_this_hour = if a_week_ago > 0 { a_week_ago } else { yesterday };
                Ok(BoothFacts { id, last_received_at, usual_in_this_hour })
            })
            .collect()
    }

    /// Since when the oldest waits, overdue leases, and how many wait or are read.
    fn waiting_facts(&self, now: Instant) -> Result<(Option<Instant>, u64, u64), LedgerError> {
        let row = self.run_one(
            // Not of the first: what was sent to the recogniser again stands before what waits for longer.
            concat!(
                "SELECT (SELECT min(waiting_since_ms) FROM (SELECT waiting_since_ms FROM passage WHERE state = 'waiting'",
                by_arrival!("passage"),
                " LIMIT +?3) AS few),
                (SELECT count(*) FROM passage WHERE state = 'reading' AND lease_expires_at_ms + ?2 <= +?1)"
            ),
            params![now, OVERDUE_MS, MOST_WAITING],
        )?;
        let Some(mut columns) = row.map(crate::db::Row::columns) else { return Ok((None, 0, 0)) };
        let waiting = self.few(concat!("SELECT 1 FROM passage WHERE state = 'waiting'", by_arrival!("passage")))?;
        let reading = self.few("SELECT 1 FROM passage WHERE state = 'reading'")?;
        Ok((columns.opt_integer()?, columns.number()?, waiting + reading))
    }

    fn review_facts(&self) -> Result<(u64, Option<Instant>), LedgerError> {
        let row = self.run_one(
            concat!(
                "SELECT count(*), min(review_opened_at_ms) FROM (SELECT review_opened_at_ms FROM passage
                    WHERE state = 'in-review'",
                by_arrival!("passage"),
                " LIMIT +?1) AS few"
            ),
            params![MOST],
        )?;
        let Some(mut columns) = row.map(crate::db::Row::columns) else { return Ok((0, None)) };
        Ok((columns.number()?, columns.opt_integer()?))
    }

    fn last_read_at(&self, now: Instant) -> Result<Option<Instant>, LedgerError> {
        let mut last = None;
        for recognizer in Recognizer::ALL {
            let row = self.run_one(
                "SELECT max(finished_at_ms) FROM (SELECT finished_at_ms FROM reading_attempt
                    WHERE asked = +?1 AND started_at_ms > +?2 AND started_at_ms <= +?3 AND outcome <> 'expired'
                    ORDER BY started_at_ms DESC LIMIT 50) AS few",
                // What lies ahead was begun by a clock that has been set back since.
                params![recognizer.as_str(), now.saturating_sub(LATELY_MS), now.saturating_add(CLOCK_SLACK_MS)],
            )?;
            last = last.max(row.map_or(Ok(None), |row| row.columns().opt_integer())?);
        }
        Ok(last)
    }

    fn recognizer_facts(&self, now: Instant, settings: &Settings) -> Result<Vec<RecognizerFacts>, LedgerError> {
        Recognizer::ALL.iter().map(|recognizer| self.recognizer_fact(now, *recognizer, settings)).collect()
    }

    fn recognizer_fact(
        &self,
        now: Instant,
        recognizer: Recognizer,
        settings: &Settings,
    ) -> Result<RecognizerFacts, LedgerError> {
        let outcomes = self.run(
            &format!(
                "SELECT outcome, count(*), CASE WHEN outcome IN ({FAILURES}) THEN 1 ELSE 0 END
                 FROM (SELECT outcome FROM reading_attempt WHERE asked = +?1 AND started_at_ms > +?2
                    AND outcome <> 'running' AND outcome <> 'given-back'
                    ORDER BY started_at_ms DESC LIMIT +?3) AS few
                 GROUP BY outcome ORDER BY count(*) DESC, outcome"
            ),
            params![recognizer.as_str(), now.saturating_sub(CALLS_MS), MOST_CALLS],
        )?;
        let (mut calls, mut failures, mut commonest_failure) = (0, 0, None);
        for row in outcomes {
            let mut columns = row.columns();
            let (outcome, number, failed): (String, u64, bool) = (columns.text()?, columns.number()?, columns.flag()?);
            calls += number;
            if failed {
                failures += number;
                commonest_failure = commonest_failure.or(Some(outcome));
            }
        }
        let standing = self.run_one(
            "SELECT r.open_reason, r.opened_at_ms, coalesce(d.calls, 0), coalesce(d.money_micros, 0)
             FROM (SELECT 1) AS one LEFT JOIN recognizer r ON r.name = +?1
             LEFT JOIN recognizer_day d ON d.recognizer = +?1 AND d.day = +?2",
            params![recognizer.as_str(), day(now)],
        )?;
        let (mut open, mut spent_percent) = (None, None);
        if let Some(mut columns) = standing.map(crate::db::Row::columns) {
            open = columns.opt_text()?.zip(columns.opt_integer()?);
            let (calls, money): (u64, u64) = (columns.number()?, columns.number()?);
            let percent = |spent: u64, of: u64| (of > 0).then(|| spent.saturating_mul(100) / of);
            spent_percent = Limits::of(recognizer, settings).service.and_then(|limits| {
                percent(calls, limits.calls_per_day).max(percent(money, limits.money_per_day_micros))
            });
        }
        let name = recognizer.as_str().to_owned();
        Ok(RecognizerFacts { name, calls, failures, commonest_failure, open, spent_percent })
    }

    /// What the judge accepted by itself in the last whole hour beside the same hour of the week before, by roll-ups; of
    /// nobody while telemetry is off. The week is looked at only where the hour was busy enough to be compared.
    fn acceptance_facts(&self, now: Instant, settings: &Settings) -> Result<Vec<AcceptanceFacts>, LedgerError> {
        if !settings.telemetry_enabled {
            return Ok(Vec::new());
        }
        let hour = Step::Hour.start(now) - HOUR_MS;
        let hours_from = |start: Instant| self.rollups_of_all("booth", Step::Hour, start, start + HOUR_MS);
        let mut last = hours_from(hour)?;
        last.retain(|found| is_enough(&found.rollup.facts));
        if last.is_empty() {
            return Ok(Vec::new());
        }
        let mut before = BTreeMap::<Subject, Vec<_>>::new();
        for day in 1..=7 {
            for found in hours_from(hour - day * DAY_MS)? {
                before.entry(found.subject).or_default().push(found.rollup.facts);
            }
        }
        let compared = last.iter().filter_map(|found| {
            let Subject::Booth(booth) = &found.subject else { return None };
            acceptance(booth, hour, &found.rollup.facts, before.get(&found.subject)?)
        });
        Ok(compared.collect())
    }

    fn export_facts(&self, now: Instant, watch: &Watch, settings: &Settings) -> Result<ExportFacts, LedgerError> {
        let unfinished = self.run_one("SELECT bound_at_ms FROM export WHERE state = 'bound'", &[])?;
        let last = self.run_one(
            "SELECT number FROM export_run WHERE export_sequence IS NOT NULL ORDER BY export_sequence DESC LIMIT 1",
            &[],
        )?;
        let last: i64 = last.map_or(Ok(0), |row| row.columns().integer())?;
        let empty = self.run_one(
            "SELECT number, started_at_ms FROM export_run
             WHERE number > +?1 AND outcome = 'nothing-to-export' AND cause = 'scheduled' ORDER BY number LIMIT 1",
            params![last],
        )?;
        let (mut empty_since, mut before_gap) = (None, None);
        if let Some(mut columns) = empty.map(crate::db::Row::columns) {
            let number = columns.integer()?;
            empty_since = Some(columns.integer()?);
            let before = self.run_one(
                "SELECT started_at_ms FROM export_run WHERE number < +?1 ORDER BY number DESC LIMIT 1",
                params![number],
            )?;
            before_gap = before.map(|row| row.columns().integer()).transpose()?;
        }
        Ok(ExportFacts {
            due_at: Some(self.export_schedule(now)?.due_at),
            interval_ms: i64::try_from(settings.export_interval_minutes).unwrap_or(i64::MAX).saturating_mul(MINUTE_MS),
            unfinished_since: unfinished.map(|row| row.columns().integer()).transpose()?,
            empty_since,
            before_gap,
            ledger_is_older: watch.older_than > self.latest_export()?,
            lost_files: self.lost_files()?,
            ..ExportFacts::default()
        })
    }

    fn copy_facts(&self, now: Instant, settings: &Settings) -> Result<Vec<CopyFacts>, LedgerError> {
        if settings.export_copies.0.is_empty() {
            return Ok(Vec::new());
        }
        // What lies ahead was written by a clock that has been set back since.
        let past = |at: Option<Instant>| at.filter(|at| *at <= now.saturating_add(CLOCK_SLACK_MS)).unwrap_or_default();
        // One that was named just now begins with export 1, and one that catches up gets on: neither is late.
        let named_at = past(self.changes(Changed::Settings, None, 1)?.first().map(|change| change.at));
        let standing = self.profiles_standing(now, settings)?.into_iter().filter(|profile| profile.name != BILLING);
        Ok(standing
            .filter_map(|copy| {
                let due_at = copy.due_at?.max(past(copy.published_at)).max(named_at);
                Some(CopyFacts { due_at, name: copy.name, waiting: copy.waiting })
            })
            .collect())
    }

    fn destination_facts(&self, now: Instant) -> Result<Vec<DestinationFacts>, LedgerError> {
        let all = self.destinations(now)?.into_iter();
        Ok(all
            .map(|one| DestinationFacts {
                since: match one.state {
                    DestinationState::Silent => one.reported_at,
                    _ => one.report.failing_since,
                },
                name: one.report.name,
                state: one.state,
                trouble: one.report.trouble,
                pending: one.report.pending,
            })
            .collect())
    }

    fn channel_facts(&self, now: Instant) -> Result<Vec<ChannelFacts>, LedgerError> {
        let all = Channel::ALL.iter().map(|channel| self.standing_of(now, channel.as_str()));
        let standing: Vec<_> = all.collect::<Result<_, _>>()?;
        // A channel that failed and has nothing left to send fails nobody.
        let concerned = standing.into_iter().filter(|one| one.waiting > 0);
        Ok(concerned
            .map(|one| ChannelFacts {
                name: one.channel,
                failing_since: one.failing_since,
                reason: one.reason,
                detail: one.detail,
            })
            .collect())
    }

    /// How many rows a query finds, up to [`MOST`].
    fn few(&self, query: &str) -> Result<u64, LedgerError> {
        let row = self.run_one(&format!("SELECT count(*) FROM ({query} LIMIT +?1) AS few"), params![MOST])?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    /// Photos of the last full day (UTC). Counted once a day, from an index.
    pub(super) fn received_yesterday(&self, now: Instant) -> Result<u64, LedgerError> {
        let today = day(now).saturating_mul(DAY_MS);
        let row = self.run_one(
            "SELECT count(*) FROM passage WHERE received_hour >= ?1 AND received_hour < ?2",
            params![hour(today.saturating_sub(DAY_MS)), hour(today)],
        )?;
        row.map_or(Ok(0), |row| row.columns().number())
    }
}

/// A list of texts as JSON.
pub(super) fn list(lines: &[String]) -> String {
    Json::from(lines.to_vec()).to_string()
}
