//! The standing of recognisers: what they cost and whether they may be called, kept where all replicas see it.
//!
//! Whether a call may start is decided by `tollbooth_pipeline::gate`; here its numbers are read and what follows is
//! written, inside the transaction that hands out the lease or ends the attempt.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::circuit::{Circuit, Open, OpenReason, Phase, Sign};
use tollbooth_pipeline::gate::{self, ServiceStanding, Standing, Wait};
use tollbooth_pipeline::limits::Limits;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;

use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;

/// How long a description is believed, in milliseconds: prices change rarely, but not never.
const DESCRIPTION_LASTS_MS: i64 = 600_000;

/// What a service says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Component id, `recognizer-plate-recognizer`.
    pub component: String,
    /// Model or API version.
    pub model: String,
    /// Price of a call, in millionths of the accounting currency.
    pub price_micros: u64,
}

/// A recogniser at the moment of a lease.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub recognizer: Recognizer,
    limits: Limits,
    pub standing: Standing,
    pub description: Option<Description>,
    described_at: Option<Instant>,
}

const STANDING: &str = "SELECT
    (SELECT count(*) FROM passage p JOIN reading_attempt a ON a.token = p.lease_token
      WHERE p.state = 'reading' AND p.lease_expires_at_ms > +?2 AND p.leased_at_ms <= ?2 + ?3 AND a.asked = +?1)
    + (SELECT count(*) FROM shadow_task
      WHERE state = 'leased' AND recognizer = +?1 AND expires_at_ms > +?2 AND leased_at_ms <= ?2 + ?3),
    r.failures, r.open_reason, r.opened_at_ms, r.retry_at_ms, r.price_micros, r.described_at_ms, r.next_call_at_ms,
    d.calls, d.money_micros, r.component, r.model
    FROM (SELECT 1) AS one LEFT JOIN recognizer r ON r.name = +?1
    LEFT JOIN recognizer_day d ON d.recognizer = +?1 AND d.day = +?4";

impl Gate {
    pub fn room(&self, now: Instant) -> Result<u32, Wait> {
        gate::room(&self.limits, &self.standing, now)
    }

    /// True when its price is not known, or was asked for long ago. While its circuit is open nothing is asked.
    pub fn wants_description(&self, now: Instant) -> bool {
        self.standing.service.is_some_and(|service| service.circuit.phase(now) != Phase::Open)
            && self.described_at.is_none_or(|at| !(at..=at.saturating_add(DESCRIPTION_LASTS_MS)).contains(&now))
    }
}

impl<D: Db> Ledger<D> {
    pub(super) fn gate(&self, now: Instant, recognizer: Recognizer, settings: &Settings) -> Result<Gate, LedgerError> {
        let row = self
            .run_one(STANDING, params![recognizer.as_str(), now, CLOCK_SLACK_MS, gate::day(now)])?
            .ok_or_else(|| LedgerError::Damaged("a recogniser's standing cannot be read".to_owned()))?;
        let mut columns = row.columns();
        let in_flight = columns.number()?;
        let circuit = circuit(&mut columns)?;
        let price_micros = columns.opt_number()?;
        let described_at = columns.opt_integer()?;
        let service = ServiceStanding {
            circuit,
            price_micros,
            next_call_at: columns.opt_integer()?.unwrap_or(0),
            calls_today: columns.opt_number()?.unwrap_or(0),
            money_today_micros: columns.opt_number()?.unwrap_or(0),
        };
        let description = price_micros
            .zip(columns.opt_text()?.zip(columns.opt_text()?))
            .map(|(price_micros, (component, model))| Description { component, model, price_micros });
        let standing = Standing { in_flight, service: recognizer.is_service().then_some(service) };
        Ok(Gate { recognizer, limits: Limits::of(recognizer, settings), standing, description, described_at })
    }

    /// Calls in flight, shadows included.
    pub(crate) fn in_flight(
        &self,
        now: Instant,
        recognizer: Recognizer,
        settings: &Settings,
    ) -> Result<u32, LedgerError> {
        Ok(self.gate(now, recognizer, settings)?.standing.in_flight)
    }

    /// Pays for one call, whatever comes of it.
    pub(super) fn reserve(&self, now: Instant, gate: &mut Gate) -> Result<(), LedgerError> {
        gate.standing.in_flight += 1;
        let Some((limits, service)) = gate.limits.service.as_ref().zip(gate.standing.service.as_mut()) else {
            return Ok(());
        };
        let price = service.price_micros.unwrap_or(0);
        service.calls_today += 1;
        service.money_today_micros = service.money_today_micros.saturating_add(price);
        service.next_call_at = now.saturating_add(gate::interval_ms(limits));
        let name = gate.recognizer.as_str();
        self.run(
            "INSERT INTO recognizer_day (recognizer, day, calls, money_micros) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT (recognizer, day)
             DO UPDATE SET calls = recognizer_day.calls + 1,
                 money_micros = recognizer_day.money_micros + excluded.money_micros",
            params![name, gate::day(now), price],
        )?;
        self.run("UPDATE recognizer SET next_call_at_ms = ?2 WHERE name = ?1", params![name, service.next_call_at])?;
        Ok(())
    }

    /// Learns from a call that started at `started_at` whether the service works.
    pub(super) fn learn(
        &self,
        now: Instant,
        recognizer: Recognizer,
        sign: Sign,
        started_at: Instant,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        if !recognizer.is_service() {
            return Ok(());
        }
        self.lock(Scope::Recognizer(recognizer))?;
        let before = self.circuit_of(recognizer)?;
        let after = before.after(sign, started_at, now, settings);
        if after == before {
            return Ok(());
        }
        self.run(
            "INSERT INTO recognizer (name, failures, open_reason, opened_at_ms, retry_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, open_reason = excluded.open_reason,
                 opened_at_ms = excluded.opened_at_ms, retry_at_ms = excluded.retry_at_ms",
            params![
                recognizer.as_str(),
                after.failures,
                after.open.map(|open| open.reason.as_str()),
                after.open.map(|open| open.opened_at),
                after.open.map(|open| open.retry_at),
            ],
        )?;
        self.tell_circuit(now, recognizer, &before, &after)
    }

    fn circuit_of(&self, recognizer: Recognizer) -> Result<Circuit, LedgerError> {
        let found = self.run_one(
            "SELECT failures, open_reason, opened_at_ms, retry_at_ms FROM recognizer WHERE name = ?1",
            params![recognizer.as_str()],
        )?;
        found.map_or_else(|| Ok(Circuit::default()), |row| circuit(&mut row.columns()))
    }

    fn tell_circuit(
        &self,
        now: Instant,
        recognizer: Recognizer,
        before: &Circuit,
        after: &Circuit,
    ) -> Result<(), LedgerError> {
        let (kind, detail) = match after.open {
            Some(open) => (
                EventKind::CircuitOpened,
                json!({
                    "recognizer": recognizer.as_str(),
                    "reason": open.reason.as_str(),
                    "failures": after.failures,
                    "retry_at": rfc3339(open.retry_at),
                }),
            ),
            None if before.open.is_some() => (EventKind::CircuitClosed, json!({ "recognizer": recognizer.as_str() })),
            None => return Ok(()),
        };
        let actor = Actor::system("ledger");
        self.append_general(&NewEvent { at: now, kind, actor: &actor, detail }, None)
    }

    /// Records what a service says about itself; none when it could not be asked, which counts like a failed call.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn describe_recognizer(
        &self,
        now: Instant,
        recognizer: Recognizer,
        found: Option<&Description>,
    ) -> Result<(), LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        self.write(Scope::Recognizer(recognizer), || match found {
            None => self.learn(now, recognizer, Sign::Failing, now, &settings),
            Some(found) => {
                self.run(
                    "INSERT INTO recognizer (name, component, model, price_micros, described_at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (name) DO UPDATE SET component = excluded.component, model = excluded.model,
                         price_micros = excluded.price_micros, described_at_ms = excluded.described_at_ms",
                    params![
                        recognizer.as_str(),
                        found.component.as_str(),
                        found.model.as_str(),
                        found.price_micros,
                        now
                    ],
                )?;
                Ok(())
            }
        })
    }
}

/// Reads failures, reason, opening and end of a circuit; nulls are a closed one.
pub(crate) fn circuit(columns: &mut Columns) -> Result<Circuit, LedgerError> {
    let failures = columns.opt_number()?.unwrap_or(0);
    let reason = columns.opt_text()?;
    let times = columns.opt_integer()?.zip(columns.opt_integer()?);
    let open = match reason.zip(times) {
        None => None,
        Some((reason, (opened_at, retry_at))) => {
            let reason: OpenReason =
                reason.parse().map_err(|e| LedgerError::Damaged(format!("the circuit of a recogniser: {e}")))?;
            Some(Open { reason, opened_at, retry_at })
        }
    };
    Ok(Circuit { failures, open })
}
