//! How everything stands: looked up by indexes, a handful of rows a booth, and written down for whoever watches.
//!
//! What is looked up is looked up before the write transaction, so that no camera waits for it.

use std::collections::BTreeMap;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::BILLING;
use tollbooth_pipeline::gate::day;
use tollbooth_pipeline::limits::Limits;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_telemetry::{
    BoothStanding, CopyStanding, DestinationStanding, Facts, RecognizerStanding, Standing, Step, Subject,
};

use super::measure::{Measured, ON_THE_WAY, put, roll_up};
use crate::Ledger;
use crate::db::{Db, params};
use crate::destinations::Destination;
use crate::error::LedgerError;
use crate::export::copies::ProfileStanding;
use crate::messages::UNDELIVERED;
use crate::scope::Scope;

/// The oldest passage of each stage: the first of the oldest hour in which there are any. Both indexes end with, or are
/// read in, the order of receipt.
const OLDEST: &str = "SELECT open.booth_id, open.state, (SELECT p.received_at_ms FROM passage p
        WHERE p.received_hour = open.hour AND p.booth_id = open.booth_id AND p.state = open.state ORDER BY p.sequence LIMIT 1)
    FROM (SELECT booth_id, state, min(received_hour) AS hour FROM telemetry_standing
        WHERE state IN ('waiting', 'reading', 'in-review') AND passages > 0 GROUP BY booth_id, state) AS open
    ORDER BY open.booth_id, open.state";

const BOOTHS: &str = "SELECT b.id, b.name, b.time_zone,
        (SELECT p.received_at_ms FROM passage p WHERE p.booth_id = b.id ORDER BY p.sequence DESC LIMIT 1)
    FROM booth b ORDER BY b.id";

impl<D: Db> Ledger<D> {
    /// Writes down how everything stands, and the levels of this minute. Nothing is written when nothing happened since
    /// `before` in the same minute.
    pub(super) fn write_standing(
        &self,
        now: Instant,
        before: &Standing,
        moved: bool,
        behind: bool,
        settings: &Settings,
    ) -> Result<Standing, LedgerError> {
        let same_minute = Step::Minute.start(before.at) == Step::Minute.start(now);
        let mut after = self.read(|| self.present_standing(now, behind, settings))?;
        after.version = before.version;
        after.at = before.at;
        if !moved && same_minute && after == *before {
            return Ok(after);
        }
        after.at = now;
        self.write(Scope::Telemetry, || {
            // Another fold may have written meanwhile; versions only grow.
            let last = self.stored_standing()?;
            after.version = last.version + 1;
            let mut measured = Measured::new();
            levels(&last, &after, &mut measured);
            roll_up(&mut measured);
            self.add_measured(&measured)?;
            self.store_standing(&after)?;
            if Step::Hour.start(last.at) != Step::Hour.start(now) {
                self.forget_telemetry(now)?;
            }
            Ok(after)
        })
    }

    fn present_standing(&self, now: Instant, behind: bool, settings: &Settings) -> Result<Standing, LedgerError> {
        let schedule = self.export_schedule(now)?;
        let published = self.run_one(
            "SELECT published_at_ms FROM export WHERE state = 'published' ORDER BY sequence DESC LIMIT 1",
            &[],
        )?;
        Ok(Standing {
            version: 0,
            at: now,
            behind,
            booths: self.booth_standings()?,
            recognizers: self.recognizer_standings(now, settings)?,
            last_export_run: schedule.last_started_at,
            next_export_due: Some(schedule.due_at),
            last_published: published.map(|row| row.columns().integer()).transpose()?,
            undelivered_messages: self.undelivered_messages()?,
            copies: self.copy_standings(now, settings)?,
            destinations: self.destination_standings(now)?,
            alerts_looked_at: self.alerts_looked_at()?,
            alerts_firing: self.alerts_firing()?,
            storage_full_at: self.storage_full_at()?,
            is_off: false,
        })
    }

    /// Messages to people that are due or were given up.
    pub(super) fn undelivered_messages(&self) -> Result<u64, LedgerError> {
        let row = self.run_one(&format!("SELECT {UNDELIVERED}"), &[])?;
        row.map_or(Ok(0), |row| row.columns().number())
    }

    fn copy_standings(&self, now: Instant, settings: &Settings) -> Result<BTreeMap<String, CopyStanding>, LedgerError> {
        if settings.export_copies.0.is_empty() {
            return Ok(BTreeMap::new());
        }
        let named = self.profiles_standing(now, settings)?.into_iter().filter(|one| one.named && one.name != BILLING);
        let standing = |one: ProfileStanding| CopyStanding {
            published_through: whole(one.published_through),
            waiting: whole(one.waiting),
            due_at: one.due_at,
        };
        Ok(named.map(|one| (one.name.clone(), standing(one))).collect())
    }

    fn destination_standings(&self, now: Instant) -> Result<BTreeMap<String, DestinationStanding>, LedgerError> {
        let standing = |one: Destination| DestinationStanding {
            profile: one.report.profile,
            state: one.state.as_str().to_owned(),
            delivered_through: whole(one.report.delivered_through),
            pending: whole(one.report.pending),
            failing_since: one.report.trouble.map(|_| one.report.failing_since),
            reported_at: one.reported_at,
        };
        Ok(self.destinations(now)?.into_iter().map(|one| (one.report.name.clone(), standing(one))).collect())
    }

    fn booth_standings(&self) -> Result<BTreeMap<String, BoothStanding>, LedgerError> {
        let mut booths = BTreeMap::new();
        for row in self.run(BOOTHS, &[])? {
            let mut columns = row.columns();
            let id = columns.text()?;
            let standing = BoothStanding {
                name: columns.text()?,
                time_zone: columns.text()?,
                last_received: columns.opt_integer()?,
                ..BoothStanding::default()
            };
            booths.insert(id, standing);
        }
        let counts = self.run(
            "SELECT booth_id, state, CAST(sum(passages) AS BIGINT) FROM telemetry_standing GROUP BY booth_id, state",
            &[],
        )?;
        for row in counts {
            let mut columns = row.columns();
            let booth = booths.entry(columns.text()?).or_default();
            booth.counts.insert(columns.text()?, columns.integer()?);
        }
        for row in self.run(OLDEST, &[])? {
            let mut columns = row.columns();
            let booth = booths.entry(columns.text()?).or_default();
            let state = columns.text()?;
            // Moved on since it was counted: it is the oldest no more, and the next fold says which one is.
            if let Some(received_at) = columns.opt_integer()? {
                booth.oldest.insert(state, received_at);
            }
        }
        Ok(booths)
    }

    fn recognizer_standings(
        &self,
        now: Instant,
        settings: &Settings,
    ) -> Result<BTreeMap<String, RecognizerStanding>, LedgerError> {
        let mut found = BTreeMap::new();
        let rows = self.run(
            "SELECT r.name, r.open_reason, r.opened_at_ms, r.retry_at_ms, d.calls, d.money_micros
             FROM recognizer r LEFT JOIN recognizer_day d ON d.recognizer = r.name AND d.day = ?1 ORDER BY r.name",
            params![day(now)],
        )?;
        for row in rows {
            let mut columns = row.columns();
            let name = columns.text()?;
            let limits = name.parse::<Recognizer>().ok().and_then(|name| Limits::of(name, settings).service);
            let standing = RecognizerStanding {
                open_reason: columns.opt_text()?,
                opened_at: columns.opt_integer()?,
                retry_at: columns.opt_integer()?,
                calls_today: columns.opt_integer()?.unwrap_or_default(),
                money_today_micros: columns.opt_integer()?.unwrap_or_default(),
                calls_per_day: limits.as_ref().map(|limits| whole(limits.calls_per_day)),
                money_per_day_micros: limits.as_ref().map(|limits| whole(limits.money_per_day_micros)),
            };
            found.insert(name, standing);
        }
        Ok(found)
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The levels of a moment, as roll-ups. Those of a booth of which nothing changed are written once a minute: there may be many,
/// and a fold comes every few seconds.
fn levels(last: &Standing, standing: &Standing, measured: &mut Measured) {
    let first = Step::Minute.start(last.at) != Step::Minute.start(standing.at);
    let mut all = Facts::default();
    all.add("folds", 1);
    for stage in ON_THE_WAY {
        all.set(format!("depth.{stage}"), standing.total(stage));
        if let Some(oldest) = standing.oldest(stage) {
            all.set(format!("age_ms.{stage}"), (standing.at - oldest).max(0));
        }
    }
    put(measured, &Subject::All, standing.at, &all);
    for (id, booth) in standing.booths.iter().filter(|(id, booth)| first || last.booths.get(*id) != Some(*booth)) {
        let mut facts = Facts::default();
        for stage in ON_THE_WAY {
            facts.set(format!("depth.{stage}"), booth.counts.get(stage).copied().unwrap_or_default());
            if let Some(oldest) = booth.oldest.get(stage) {
                facts.set(format!("age_ms.{stage}"), (standing.at - oldest).max(0));
            }
        }
        put(measured, &Subject::Booth(id.clone()), standing.at, &facts);
    }
    for (name, recognizer) in &standing.recognizers {
        let mut facts = Facts::default();
        facts.set("circuit_open", i64::from(recognizer.open_reason.is_some()));
        facts.set("money_today_micros", recognizer.money_today_micros);
        facts.set("calls_today", recognizer.calls_today);
        put(measured, &Subject::Recognizer(name.clone()), standing.at, &facts);
    }
}
