//! `tollbooth:ledger/reading`

use tollbooth_ledger::reading as domain;
use tollbooth_ledger::{Failure, Ledger, LedgerError};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::recognizer::Recognizer;

use crate::bindings::exports::tollbooth::ledger::reading::{
    Acceptance, Decision, Description, FailedAttempt, Guest, Lease, LedgerFailure, NextStep, Referral, SettleFailure,
    Settled, ShadowLease, ShadowWork, Work,
};
use crate::bindings::tollbooth::types::types::Reading;
use crate::failure::word;
use crate::wire::{self, seen as reading};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn lease_work(now: i64, worker: String, most: u32, able: Vec<String>) -> Result<Work, LedgerFailure> {
        let able = recognizers(&able)?;
        let found = Self::with_ledger(Some(now), |ledger| ledger.lease_work(now, &worker, most, &able))?;
        Ok(Work {
            leases: found.leases.into_iter().map(lease).collect::<Result<_, _>>()?,
            settings: found.settings,
            backlog: found.backlog,
            undescribed: found.undescribed.into_iter().map(|r| r.to_string()).collect(),
            next_call_at: found.next_call_at,
        })
    }

    fn describe(now: i64, recognizer: String, found: Option<Description>) -> Result<(), LedgerFailure> {
        let recognizer = word(&recognizer)?;
        let found = found.map(|found| domain::Description {
            component: found.component,
            model: found.model,
            price_micros: found.price_micros,
        });
        Ok(Self::with_ledger(Some(now), |ledger| ledger.describe_recognizer(now, recognizer, found.as_ref()))?)
    }

    fn lease_shadow(now: i64, worker: String, able: Vec<String>) -> Result<ShadowWork, LedgerFailure> {
        let able = recognizers(&able)?;
        let found = Self::with_ledger(Some(now), |ledger| ledger.lease_shadow(now, &worker, &able))?;
        Ok(ShadowWork {
            lease: found.lease.map(|lease| ShadowLease {
                token: lease.token,
                passage: lease.passage,
                recognizer: lease.recognizer.to_string(),
                description: lease.description.map(description),
                photo_key: lease.photo_key,
                jurisdiction: lease.jurisdiction,
                expires_at: lease.expires_at,
                traceparent: lease.traceparent,
            }),
            settings: found.settings,
            undescribed: found.undescribed.map(|r| r.to_string()),
            next_call_at: found.next_call_at,
        })
    }

    fn settle_shadow(now: i64, token: String, found: Result<Reading, FailedAttempt>) -> Result<(), SettleFailure> {
        let result = match found {
            Ok(read) => domain::ShadowResult::Read(reading(read)),
            Err(attempt) => domain::ShadowResult::Failed(failed(attempt)),
        };
        Self::with_ledger(Some(now), |ledger| ledger.settle_shadow(now, &token, result.clone())).map_err(settle_failure)
    }

    fn settle(
        now: i64,
        attempt_token: String,
        read: Reading,
        print: Option<Vec<u8>>,
        decision: Decision,
    ) -> Result<Settled, SettleFailure> {
        let decision = domain_decision(decision)?;
        let seen = domain::Seen { reading: reading(read), print };
        let settle = |ledger: &Ledger<C>| ledger.settle(now, &attempt_token, seen.clone(), decision.clone());
        settled(Self::with_ledger(Some(now), settle))
    }

    fn settle_failed(
        now: i64,
        attempt_token: String,
        attempt: FailedAttempt,
        next: NextStep,
    ) -> Result<Settled, SettleFailure> {
        let next = match next {
            NextStep::RetryAt(at) => domain::NextStep::RetryAt(at),
            NextStep::Wait => domain::NextStep::Wait,
            NextStep::AskSecond => domain::NextStep::AskSecond,
            NextStep::Accept(given) => domain::NextStep::Accept(acceptance(given)?),
            NextStep::Review(given) => domain::NextStep::Review(referral(given)?),
        };
        let failed = failed(attempt);
        settled(Self::with_ledger(Some(now), |ledger| ledger.settle_failed(now, &attempt_token, &failed, next.clone())))
    }

    fn workers_died(now: i64, worker: String, dead: Vec<String>) -> Result<u32, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.workers_died(now, &worker, &dead))?)
    }

    fn give_back(now: i64, attempt_token: String) -> Result<(), SettleFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.give_back(now, &attempt_token)).map_err(settle_failure)
    }
}

impl From<LedgerError> for SettleFailure {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error.into())
    }
}

fn settle_failure(failure: Failure<domain::Refusal>) -> SettleFailure {
    match failure {
        Failure::Refused(domain::Refusal::LostLease) => SettleFailure::LostLease,
        Failure::Ledger(error) => error.into(),
    }
}

fn settled(answer: Result<domain::Settled, Failure<domain::Refusal>>) -> Result<Settled, SettleFailure> {
    let found = answer.map_err(settle_failure)?;
    Ok(Settled { state: found.state.to_string(), reason: found.reason.map(|reason| reason.to_string()) })
}

fn recognizers(names: &[String]) -> Result<Vec<Recognizer>, LedgerError> {
    names.iter().map(|name| word(name)).collect()
}

fn failed(attempt: FailedAttempt) -> domain::FailedAttempt {
    domain::FailedAttempt {
        class: attempt.class,
        retry_after_ms: attempt.retry_after_ms,
        detail: attempt.detail,
        duration_ms: attempt.duration_ms,
        cost_micros: attempt.cost_micros,
        recognizer: attempt.recognizer,
        model: attempt.model,
    }
}

fn description(found: domain::Description) -> Description {
    Description { component: found.component, model: found.model, price_micros: found.price_micros }
}

fn lease(found: domain::Lease) -> Result<Lease, LedgerError> {
    let learned = found.learned.map(|learned| learned.to_json()).transpose();
    let learned =
        learned.map_err(|e| LedgerError::Damaged(format!("what was learned cannot be written as JSON: {e}")))?;
    Ok(Lease {
        passage: found.passage,
        attempt_token: found.attempt_token,
        attempt: found.attempt,
        recognizer: found.recognizer.to_string(),
        turn: found.turn.to_string(),
        description: found.description.map(description),
        earlier: found.earlier.map(wire::reading),
        photo_key: found.photo_key,
        booth: found.booth,
        jurisdiction: found.jurisdiction,
        learned,
        expires_at: found.expires_at,
        traceparent: found.traceparent,
    })
}

fn domain_decision(decision: Decision) -> Result<domain::Decision, LedgerError> {
    Ok(match decision {
        Decision::Accept(given) => domain::Decision::Accept(acceptance(given)?),
        Decision::Review(given) => domain::Decision::Review(referral(given)?),
        Decision::AskSecond(doubt) => domain::Decision::AskSecond(word(&doubt)?),
    })
}

fn acceptance(given: Acceptance) -> Result<domain::Acceptance, LedgerError> {
    let named = given.jurisdiction_source.as_str();
    let source = [JurisdictionSource::Read, JurisdictionSource::AssumedFromBooth]
        .into_iter()
        .find(|source| source.as_str() == named)
        .ok_or_else(|| LedgerError::Damaged(format!("`{named}` is no source of a jurisdiction that a judge has")))?;
    Ok(domain::Acceptance {
        plate: given.plate,
        jurisdiction: given.jurisdiction,
        source,
        confidence: given.confidence,
    })
}

fn referral(given: Referral) -> Result<domain::Referral, LedgerError> {
    Ok(domain::Referral { reason: word(&given.reason)?, detail: given.detail, plate: given.plate })
}
