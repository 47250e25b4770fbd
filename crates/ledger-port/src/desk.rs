//! `tollbooth:ledger/desk`

use tollbooth_ledger::desk as domain;

use crate::bindings::exports::tollbooth::ledger::desk::{
    Actor, Assigned, Colleague, Guest, Item, LedgerFailure, ReviewFailure, What,
};
use crate::failure::actor;
use crate::review::{domain_filter, item, review_failure};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn flag(now: i64, who: Actor, passage: String, version: u32, note: String) -> Result<Item, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.flag(now, &actor(&who), &passage, version, &note))
            .map(item)
            .map_err(review_failure)
    }

    fn unflag(now: i64, who: Actor, passage: String, version: u32) -> Result<Item, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.unflag(now, &actor(&who), &passage, version))
            .map(item)
            .map_err(review_failure)
    }

    fn assign(now: i64, who: Actor, to: String, what: What) -> Result<Assigned, ReviewFailure> {
        let what = match what {
            What::These(passages) => domain::What::These(passages),
            What::Oldest((filter, count)) => domain::What::Oldest(domain_filter(filter)?, count),
        };
        Self::with_ledger(Some(now), |ledger| ledger.assign(now, &actor(&who), &to, &what))
            .map(|given| Assigned { passages: given.passages, until: given.until })
            .map_err(review_failure)
    }

    fn unassign(now: i64, who: Actor, passage: String) -> Result<Item, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.unassign(now, &actor(&who), &passage))
            .map(item)
            .map_err(review_failure)
    }

    fn colleagues(viewer: Actor) -> Result<Vec<Colleague>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.colleagues(&actor(&viewer)))?;
        Ok(found
            .into_iter()
            .map(|person| Colleague {
                token: person.token,
                name: person.name,
                role: person.role.to_string(),
                booths: person.booths,
            })
            .collect())
    }
}
