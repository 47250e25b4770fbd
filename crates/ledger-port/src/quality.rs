//! `tollbooth:ledger/quality`

use tollbooth_ledger::Failure;
use tollbooth_ledger::admin::Refusal;
use tollbooth_ledger::quality as domain;

use crate::bindings::exports::tollbooth::ledger::quality::{
    Actor, ApplyFailure, Compared, Guest, LedgerFailure, Outcome, Person, Sample, Sampled, Seed,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn drawn(since: i64, until: i64, limit: u32) -> Result<Sample, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.quality_sample(since, until, limit))?;
        let passages = found.passages.into_iter().map(sampled).collect();
        Ok(Sample { passages, more: found.more, others: found.others })
    }

    fn people(since: i64, until: i64) -> Result<Vec<Person>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.quality_people(since, until))?;
        Ok(found.into_iter().map(person).collect())
    }

    fn seeds(author: Actor, before: Option<u64>, limit: u32) -> Result<Vec<Seed>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.seeds(&actor(&author), before, limit))?;
        Ok(found.into_iter().map(seed).collect())
    }

    fn thresholds() -> Result<Vec<(String, String)>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.changed_settings())?)
    }

    fn apply(now: i64, who: Actor, setting: String, value: String, because: String) -> Result<(), ApplyFailure> {
        let change = (setting, Some(value));
        Self::with_ledger(Some(now), |ledger| ledger.apply_threshold(now, &actor(&who), &change, &because)).map_err(
            |failure: Failure<Refusal>| match failure {
                Failure::Refused(Refusal::Invalid(violations)) => ApplyFailure::Invalid(violations),
                Failure::Refused(Refusal::NotFound | Refusal::Conflict) => {
                    ApplyFailure::Invalid(vec!["the setting cannot be changed".to_owned()])
                }
                Failure::Ledger(error) => ApplyFailure::Ledger(error.into()),
            },
        )
    }
}

fn sampled(found: domain::Sampled) -> Sampled {
    Sampled {
        booth: found.booth,
        recognizer: found.recognizer,
        model: found.model,
        issuer: found.issuer,
        confidence: found.confidence,
        wrong_person_percent: found.wrong_person_percent,
        lot: found.lot,
        share_percent: found.share_percent,
        outcome: match found.outcome {
            domain::Outcome::Right => Outcome::Right,
            domain::Outcome::Wrong(error) => Outcome::Wrong(error.to_string()),
            domain::Outcome::Disputed => Outcome::Disputed,
            domain::Outcome::Unread => Outcome::Unread,
        },
    }
}

fn person(found: domain::Person) -> Person {
    Person {
        token: found.token,
        name: found.name,
        answers: found.answers,
        taken_back: found.taken_back,
        checked: found.checked,
        right: found.right,
        read_by_another: found.read_by_another,
        alike: found.alike,
        paced: found.paced,
        paced_ms: found.paced_ms,
    }
}

fn seed(found: domain::Seed) -> Seed {
    let (plate, jurisdiction) = found.plate.unzip();
    Seed {
        number: found.number,
        passage: found.passage,
        version: found.version,
        booth: found.booth,
        at: found.at,
        plate,
        jurisdiction,
        plate_type: found.plate_type.map(|of| of.to_string()),
        reject_code: found.reject_code,
        standing: found.standing.to_string(),
        right: found.right,
        compared: found.compared.into_iter().map(compared).collect(),
    }
}

fn compared(found: domain::Compared) -> Compared {
    Compared { token: found.token, name: found.name, right: found.right }
}
