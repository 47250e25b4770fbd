//! `tollbooth:ledger/messages`

use tollbooth_ledger::messages as domain;
use tollbooth_ledger::{Failure, LedgerError};
use tollbooth_messages::{self as rules, Channel, Class};

use crate::bindings::exports::tollbooth::ledger::messages::{
    Actor, Attempt, Guest, Lease, LedgerFailure, Message, MessageFailure, Outcome, Standing,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn changed_settings() -> Result<Vec<(String, String)>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.changed_settings())?)
    }

    fn waiting(now: i64, able: Vec<String>) -> Result<bool, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.messages_wait(now, &channels(&able)))?)
    }

    fn lease_messages(now: i64, worker: String, limit: u32, able: Vec<String>) -> Result<Vec<Lease>, LedgerFailure> {
        let found =
            Self::with_ledger(Some(now), |ledger| ledger.lease_messages(now, &worker, limit, &channels(&able)))?;
        Ok(found.into_iter().map(|lease| Lease { token: lease.token, message: message(lease.message) }).collect())
    }

    fn settle(now: i64, token: String, outcome: Outcome) -> Result<bool, LedgerFailure> {
        let outcome = match outcome {
            Outcome::HandedOver(reference) => rules::Outcome::HandedOver { reference },
            Outcome::Failed(failure) => {
                let class = failure.class.parse().unwrap_or(Class::Unclear);
                rules::Outcome::Failed(rules::Failure::new(class, &failure.detail).after(failure.retry_after_seconds))
            }
        };
        Ok(Self::with_ledger(Some(now), |ledger| ledger.settle_message(now, &token, &outcome))?)
    }

    fn list_messages(
        state: Option<String>,
        channel: Option<String>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Message>, LedgerFailure> {
        let filter = domain::Filter { state, channel };
        let found = Self::with_ledger(None, |ledger| ledger.messages(&filter, before, limit))?;
        Ok(found.into_iter().map(message).collect())
    }

    fn about(thread: String, limit: u32) -> Result<Vec<Message>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.messages_about(&thread, limit))?;
        Ok(found.into_iter().map(message).collect())
    }

    fn get(id: String) -> Result<Option<(Message, Vec<Attempt>)>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| {
            let Some(found) = ledger.message(&id)? else { return Ok::<_, LedgerError>(None) };
            Ok(Some((found, ledger.message_attempts(&id)?)))
        })?;
        Ok(found.map(|(found, attempts)| (message(found), attempts.into_iter().map(attempt).collect())))
    }

    fn channels(now: i64) -> Result<Vec<Standing>, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.message_channels(now))?;
        Ok(found.into_iter().map(standing).collect())
    }

    fn retry(now: i64, who: Actor, id: String) -> Result<Message, MessageFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.retry_message(now, &actor(&who), &id))
            .map(message)
            .map_err(message_failure)
    }

    fn withdraw(now: i64, who: Actor, id: String) -> Result<Message, MessageFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.withdraw_message(now, &actor(&who), &id))
            .map(message)
            .map_err(message_failure)
    }
}

/// A caller that knows a channel which this ledger does not gets nothing of it.
fn channels(able: &[String]) -> Vec<Channel> {
    able.iter().filter_map(|name| name.parse().ok()).collect()
}

fn message_failure(failure: Failure<domain::Refusal>) -> MessageFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => MessageFailure::NotFound,
        Failure::Refused(domain::Refusal::WrongState(state)) => MessageFailure::WrongState(state),
        Failure::Ledger(error) => MessageFailure::Ledger(error.into()),
    }
}

fn message(found: domain::Message) -> Message {
    Message {
        sequence: found.sequence,
        id: found.id,
        kind: found.kind,
        channel: found.channel,
        addressee: found.addressee,
        subject: found.subject,
        body: found.body,
        thread: found.thread,
        created_at: found.created_at,
        state: found.state,
        attempts: found.attempts,
        next_attempt_at: found.next_attempt_at,
        doubtful: found.doubtful,
        last_class: found.last_class,
        last_failure: found.last_failure,
        reference: found.reference,
        closed_at: found.closed_at,
    }
}

fn attempt(found: domain::Attempt) -> Attempt {
    Attempt {
        number: found.number,
        worker: found.worker,
        repetition: found.repetition,
        started_at: found.started_at,
        finished_at: found.finished_at,
        outcome: found.outcome,
        detail: found.detail,
    }
}

fn standing(found: domain::Standing) -> Standing {
    Standing {
        channel: found.channel,
        failures: found.failures,
        failing_since: found.failing_since,
        reason: found.reason,
        detail: found.detail,
        held_until: found.held_until,
        last_handed_over_at: found.last_handed_over_at,
        waiting: found.waiting,
    }
}
