//! Handing out leases, and taking back those that died.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::gate::{Wait, WaitReason};
use tollbooth_pipeline::ident::derived_id;
use tollbooth_pipeline::policy::{self, Policy, Taking, Turn};
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::Move;
use tollbooth_trace::{SpanId, Stage};

use super::gates::Gate;
use super::{Lease, MAX_BACKLOG, Work};
use crate::Ledger;
use crate::arrival::by_arrival;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::learning::{turn_columns, turn_in_force};
use crate::scope::Scope;
use crate::setting::{SettingText, in_force, seconds_ms};
use crate::step::{Entering, Held, held_columns};
use crate::trace::context;

/// A lease is dead when it ended, or was handed out by a clock that has been set back since.
macro_rules! dead {
    () => {
        "state = 'reading' AND (lease_expires_at_ms <= ?1 OR leased_at_ms > ?1 + ?2)"
    };
}
pub(super) use dead;

/// A wait is over when its time has come, or was set by a clock that has been set back since.
macro_rules! due {
    () => {
        "state = 'waiting' AND (next_attempt_at_ms <= ?1 OR waiting_since_ms > ?1 + ?2)"
    };
}

const COUNT_DEAD: &str = concat!("SELECT count(*) FROM passage WHERE ", dead!());

/// One text per kind of work: a condition on a parameter could not use the index of second turns. Indexes are named because
/// SQLite would go through all that waits for the first turn, or through the rows of all that waits, instead. The order matters
/// also where only some are counted.
macro_rules! by_turn {
    ($columns:expr, $joined:expr, $after:expr) => {
        [
            concat!($columns, " FROM passage p INDEXED BY passage_waiting", $joined, " WHERE ", due!(), $after),
            concat!(
                $columns,
                " FROM passage p INDEXED BY passage_waiting",
                $joined,
                " WHERE ",
                due!(),
                " AND turn = 'first'",
                $after
            ),
            concat!(
                $columns,
                " FROM passage p INDEXED BY passage_second",
                $joined,
                " WHERE ",
                due!(),
                " AND turn = 'second'",
                $after
            ),
        ]
    };
}

const COUNT_DUE: [&str; 3] =
    by_turn!("SELECT count(*) FROM (SELECT 1", "", concat!(by_arrival!("p"), " LIMIT +?3) AS few"));

const DUE: [&str; 3] = by_turn!(
    concat!(
        "SELECT ",
        held_columns!(),
        ", ",
        turn_columns!(),
        ", p.photo_key, p.booth_id, b.jurisdiction, p.lane, p.camera, p.traceparent"
    ),
    " JOIN booth b ON b.id = p.booth_id",
    concat!(by_arrival!("p"), " LIMIT +?3 /*pg FOR NO KEY UPDATE OF p SKIP LOCKED */")
);

fn text_for(texts: [&'static str; 3], taking: Taking) -> Option<&'static str> {
    let [everything, first, second] = texts;
    match taking {
        Taking::Nothing => None,
        Taking::Everything => Some(everything),
        Taking::Only(Turn::First) => Some(first),
        Taking::Only(Turn::Second) => Some(second),
    }
}

/// A recogniser that the caller can run and that has work.
pub(super) struct Offer {
    pub gate: Gate,
    taking: Taking,
    /// What goes to people when its budget is spent.
    pub unpaid: Taking,
    due: u64,
    room: Result<u32, Wait>,
}

/// What there is to do, found without writing.
struct Survey {
    dead: u64,
    offers: Vec<Offer>,
}

impl Offer {
    /// True when leasing would change something.
    fn moves(&self) -> bool {
        self.room.is_ok() || self.refers()
    }

    /// True when people take over what this recogniser cannot be paid for.
    fn refers(&self) -> bool {
        self.room.is_err_and(|wait| wait.reason == WaitReason::BudgetSpent) && self.unpaid != Taking::Nothing
    }
}

/// What goes to people when the budget of `recognizer` is spent; under `fallback`, what still has somebody to wait for
/// stays.
fn unpaid(recognizer: Recognizer, taking: Taking, first_out: Option<Wait>, settings: &Settings) -> Taking {
    let turn = if recognizer == settings.reading_recognizer { Turn::First } else { Turn::Second };
    let both_spent = first_out.is_some_and(|wait| wait.reason == WaitReason::BudgetSpent);
    match taking {
        _ if !policy::spent_goes_to_people(turn, settings) => Taking::Nothing,
        Taking::Everything if turn == Turn::Second && !both_spent => Taking::Only(Turn::Second),
        taking => taking,
    }
}

impl<D: Db> Ledger<D> {
    /// Hands out up to `most` leases to a caller that can run the recognisers `able`, oldest first, as far as the
    /// shared limits allow; takes back dead ones first.
    ///
    /// A passage whose lease died with its last attempt goes on as the policy says. Calls and money of services are
    /// reserved here. With nothing to do, nothing is written.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lease_work(&self, now: Instant, worker: &str, most: u32, able: &[Recognizer]) -> Result<Work, LedgerError> {
        let changes = self.changed_settings()?;
        let settings = in_force(&changes)?;
        let before = self.survey(now, able, &settings)?;
        let nothing = most == 0 || !before.offers.iter().any(Offer::moves);
        if before.dead == 0 && nothing {
            return Ok(work(now, changes, Vec::new(), &before.offers));
        }
        self.learn_traffic(now, &settings)?;
        let (leases, offers) =
            self.write(Scope::Leasing, || self.lease_within(now, worker, most, able, before, &settings))?;
        Ok(work(now, changes, leases, &offers))
    }

    fn lease_within(
        &self,
        now: Instant,
        worker: &str,
        most: u32,
        able: &[Recognizer],
        before: Survey,
        settings: &Settings,
    ) -> Result<(Vec<Lease>, Vec<Offer>), LedgerError> {
        for recognizer in Recognizer::ALL.iter().filter(|recognizer| able.contains(recognizer)) {
            self.lock(Scope::Recognizer(*recognizer))?;
        }
        let actor = Actor::system(worker);
        if before.dead > 0 {
            self.take_back(now, &actor, settings)?;
        }
        // What was taken back waits again; otherwise what waited a moment ago is near enough, and others wait for this lock.
        let known = if before.dead == 0 { before.offers } else { Vec::new() };
        // Asked again under the lock: what was free a moment ago may be taken.
        let mut offers = self.offers(now, able, &known, settings)?;
        let mut leases = Vec::new();
        for offer in &mut offers {
            self.serve(now, &actor, most, offer, &mut leases, settings)?;
        }
        Ok((leases, offers))
    }

    fn survey(&self, now: Instant, able: &[Recognizer], settings: &Settings) -> Result<Survey, LedgerError> {
        let dead = self.count(COUNT_DEAD, params![now, CLOCK_SLACK_MS])?;
        Ok(Survey { dead, offers: self.offers(now, able, &[], settings)? })
    }

    /// Recognisers that have work. How much is counted, but for what is `known`.
    fn offers(
        &self,
        now: Instant,
        able: &[Recognizer],
        known: &[Offer],
        settings: &Settings,
    ) -> Result<Vec<Offer>, LedgerError> {
        let first_out = self.first_out(now, able, settings)?;
        let mut offers = Vec::new();
        for recognizer in able {
            let taking = policy::takes(*recognizer, first_out.is_some(), settings);
            let Some(sql) = text_for(COUNT_DUE, taking) else { continue };
            let same = |offer: &&Offer| offer.gate.recognizer == *recognizer && offer.taking == taking;
            let due = match known.iter().find(same) {
                Some(offer) => offer.due,
                None => self.count(sql, params![now, CLOCK_SLACK_MS, MAX_BACKLOG])?,
            };
            if due > 0 {
                let gate = self.gate(now, *recognizer, settings)?;
                let unpaid = unpaid(*recognizer, taking, first_out, settings);
                offers.push(Offer { room: gate.room(now), gate, taking, unpaid, due });
            }
        }
        Ok(offers)
    }

    /// Why the first recogniser is out, where the caller could fall back on the second meanwhile.
    fn first_out(&self, now: Instant, able: &[Recognizer], settings: &Settings) -> Result<Option<Wait>, LedgerError> {
        let falls_back = settings.reading_policy == Policy::Fallback
            && able.contains(&settings.reading_second_recognizer)
            && settings.reading_recognizer.is_service();
        if !falls_back {
            return Ok(None);
        }
        let gate = self.gate(now, settings.reading_recognizer, settings)?;
        Ok(gate.room(now).err().filter(|wait| wait.calls_for_fallback()))
    }

    pub(super) fn count(&self, sql: &str, parameters: &[crate::db::Value]) -> Result<u64, LedgerError> {
        self.run_one(sql, parameters)?
            .ok_or_else(|| LedgerError::Damaged("the queue cannot be counted".to_owned()))?
            .columns()
            .number()
    }

    /// Hands out as many leases of one recogniser as its limits and the caller's wish allow.
    fn serve(
        &self,
        now: Instant,
        actor: &Actor,
        most: u32,
        offer: &mut Offer,
        leases: &mut Vec<Lease>,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        loop {
            let wanted = most.saturating_sub(u32::try_from(leases.len()).unwrap_or(u32::MAX));
            offer.room = offer.gate.room(now);
            let room = match offer.room {
                Ok(room) => room.min(wanted),
                Err(_) if offer.refers() => return self.refer_unpaid(now, actor, offer, settings),
                Err(_) => return Ok(()),
            };
            let rows = if room == 0 { Vec::new() } else { self.due_rows(now, offer.taking, room)? };
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                let (lease, _) = self.hand_out(now, actor, row, offer, settings)?;
                self.reserve(now, &mut offer.gate)?;
                offer.due = offer.due.saturating_sub(1);
                leases.push(lease);
            }
        }
    }

    pub(super) fn due_rows(&self, now: Instant, taking: Taking, most: u32) -> Result<Vec<Row>, LedgerError> {
        match text_for(DUE, taking) {
            None => Ok(Vec::new()),
            Some(sql) => self.run(sql, params![now, CLOCK_SLACK_MS, most]),
        }
    }

    /// Leases one passage; returns it as it is now, too.
    pub(super) fn hand_out(
        &self,
        now: Instant,
        actor: &Actor,
        row: Row,
        offer: &Offer,
        settings: &Settings,
    ) -> Result<(Lease, Held), LedgerError> {
        let mut columns = row.columns();
        let held = Held::read(&mut columns)?;
        let turned = turn_in_force(&mut columns)?;
        let recognizer = offer.gate.recognizer;
        // The second takes the first one's passages while the first is out: a turn of its own, with its own attempts.
        let second = recognizer == settings.reading_second_recognizer && settings.reading_policy == Policy::Fallback;
        let turn = if second { Turn::Second } else { held.turn };
        let counted_attempts = if turn == held.turn { held.counted_attempts + 1 } else { 1 };
        let number = held.last_attempt + 1;
        // Attempts are numbered for ever, so passage and number never come twice; time and worker only make the
        // token harder to mistake for another in a log.
        let token = derived_id("att", &[&held.id, &number.to_string(), &now.to_string(), &actor.id]);
        let expires_at = now.saturating_add(seconds_ms(settings.reading_lease_seconds));
        let detail = json!({ "attempt": number, "recognizer": recognizer.as_str() });
        let event = NewEvent { at: now, kind: EventKind::Leased, actor, detail };
        let entering = Entering::Reading { token: token.clone(), expires_at, counted_attempts, turn };
        let version = self.advance(&held, Move::Lease, entering, &event)?;
        self.run(
            "INSERT INTO reading_attempt (passage_sequence, attempt, token, worker, asked, started_at_ms, turn_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                held.sequence,
                number,
                token.as_str(),
                actor.id.as_str(),
                recognizer.as_str(),
                now,
                turned.map(|turn| turn.id),
            ],
        )?;
        let (photo_key, booth, jurisdiction) = (columns.text()?, columns.text()?, columns.text()?);
        let (lane, camera) = (columns.text()?, columns.text()?);
        let mut learned = self.learned((&booth, &lane, &camera), settings)?;
        if turned.is_some() {
            learned.get_or_insert_default().turned = turned;
        }
        let lease = Lease {
            passage: held.id.clone(),
            attempt_token: token,
            attempt: counted_attempts,
            recognizer,
            turn,
            description: offer.gate.description.clone(),
            earlier: self.earlier_reading(held.sequence, turn, settings)?,
            learned,
            photo_key,
            booth,
            jurisdiction,
            expires_at,
            traceparent: context(&held.id, columns.opt_text()?.as_deref())?
                .with_parent(SpanId::of_stage(&held.id, Stage::Reading, number))
                .to_string(),
        };
        let leased = Held { version, state: Move::Lease.to(), last_attempt: number, counted_attempts, turn, ..held };
        Ok((lease, leased))
    }

    /// The reading that a second opinion is wanted on.
    pub(super) fn earlier_reading(
        &self,
        sequence: i64,
        turn: Turn,
        settings: &Settings,
    ) -> Result<Option<Reading>, LedgerError> {
        if settings.reading_policy != Policy::SecondOpinion || turn != Turn::Second {
            return Ok(None);
        }
        // What was read of the photo turned otherwise is no opinion on it.
        let turned = self.turn_of(sequence)?.map(|turn| turn.id);
        let found = self.run_one(
            "SELECT reading FROM reading_attempt WHERE passage_sequence = +?1 AND outcome = 'read' AND asked = +?2
             AND turn_id IS NOT DISTINCT FROM ?3 ORDER BY attempt DESC LIMIT 1",
            params![sequence, settings.reading_recognizer.as_str(), turned],
        )?;
        let Some(json) = found.map(|row| row.columns().text()).transpose()? else { return Ok(None) };
        let reading: Reading = serde_json::from_str(&json)
            .map_err(|e| LedgerError::Damaged(format!("a stored reading cannot be read back: {e}")))?;
        Ok(Some(Reading { raw: String::new(), ..reading }))
    }
}

fn work(now: Instant, settings: Vec<SettingText>, leases: Vec<Lease>, offers: &[Offer]) -> Work {
    let waiting = || offers.iter().filter(|offer| offer.due > 0);
    let next_call = |offer: &Offer| match offer.gate.room(now) {
        Err(Wait { reason: WaitReason::CallRate, until }) => until,
        Ok(_) | Err(_) => None,
    };
    Work {
        leases,
        settings,
        backlog: offers.iter().map(|offer| offer.due).sum::<u64>().min(MAX_BACKLOG),
        undescribed: waiting()
            .filter(|offer| offer.gate.wants_description(now))
            .map(|offer| offer.gate.recognizer)
            .collect(),
        next_call_at: waiting().filter_map(next_call).min(),
    }
}
