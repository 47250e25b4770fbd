//! `tollbooth:ledger/admin`

use tollbooth_ledger::Failure;
use tollbooth_ledger::admin as domain;
use tollbooth_pipeline::role::UnknownRole;

use crate::bindings::exports::tollbooth::ledger::admin::{
    Actor, AdminFailure, Booth, Guest, LedgerFailure, Push, Token,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn put_booth(now: i64, who: Actor, booth: Booth) -> Result<bool, AdminFailure> {
        let booth = domain::Booth {
            id: booth.id,
            name: booth.name,
            jurisdiction: booth.jurisdiction,
            lanes: booth.lanes,
            time_zone: booth.time_zone,
            updated_at: booth.updated_at,
        };
        Self::with_ledger(Some(now), |ledger| ledger.put_booth(now, &actor(&who), &booth)).map_err(admin_failure)
    }

    fn get_booth(id: String) -> Result<Option<Booth>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.booth(&id))?.map(booth))
    }

    fn list_booths(after: Option<String>, limit: u32) -> Result<Vec<Booth>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.list_booths(after.as_deref(), limit))?;
        Ok(found.into_iter().map(booth).collect())
    }

    fn create_token(now: i64, who: Actor, given: Token, digest: Vec<u8>) -> Result<(), AdminFailure> {
        let role = given.role.parse().map_err(|e: UnknownRole| AdminFailure::Invalid(vec![format!("role: {e}")]))?;
        let token = domain::Token {
            id: given.id,
            role,
            booth: given.booth,
            booths: given.booths,
            name: given.name,
            created_at: given.created_at,
            created_by: given.created_by,
            revoked_at: given.revoked_at,
        };
        Self::with_ledger(Some(now), |ledger| ledger.create_token(now, &actor(&who), &token, &digest))
            .map_err(admin_failure)
    }

    fn revoke_token(now: i64, who: Actor, id: String) -> Result<Token, AdminFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.revoke_token(now, &actor(&who), &id))
            .map(token)
            .map_err(admin_failure)
    }

    fn list_tokens(after: Option<String>, limit: u32) -> Result<Vec<Token>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.list_tokens(after.as_deref(), limit))?;
        Ok(found.into_iter().map(token).collect())
    }

    fn put_push(now: i64, who: Actor, given: Push) -> Result<bool, AdminFailure> {
        let push = domain::Push {
            token: given.token,
            lane: given.lane,
            camera: given.camera,
            time_zone: given.time_zone,
            updated_at: given.updated_at,
        };
        Self::with_ledger(Some(now), |ledger| ledger.put_push(now, &actor(&who), &push)).map_err(admin_failure)
    }

    fn get_push(token: String) -> Result<Option<Push>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.push(&token))?;
        Ok(found.map(|push| Push {
            token: push.token,
            lane: push.lane,
            camera: push.camera,
            time_zone: push.time_zone,
            updated_at: push.updated_at,
        }))
    }

    fn ensure_first_operator(now: i64, digest: Vec<u8>) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.ensure_first_operator(now, &digest))?)
    }

    fn changed_settings() -> Result<Vec<(String, String)>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.changed_settings())?)
    }

    fn put_settings(now: i64, who: Actor, changes: Vec<(String, Option<String>)>) -> Result<(), AdminFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.put_settings(now, &actor(&who), &changes)).map_err(admin_failure)
    }
}

fn admin_failure(failure: Failure<domain::Refusal>) -> AdminFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => AdminFailure::NotFound,
        Failure::Refused(domain::Refusal::Invalid(violations)) => AdminFailure::Invalid(violations),
        Failure::Refused(domain::Refusal::Conflict) => AdminFailure::Conflict,
        Failure::Ledger(error) => AdminFailure::Ledger(error.into()),
    }
}

fn booth(found: domain::Booth) -> Booth {
    Booth {
        id: found.id,
        name: found.name,
        jurisdiction: found.jurisdiction,
        lanes: found.lanes,
        time_zone: found.time_zone,
        updated_at: found.updated_at,
    }
}

fn token(found: domain::Token) -> Token {
    Token {
        id: found.id,
        role: found.role.to_string(),
        booth: found.booth,
        booths: found.booths,
        name: found.name,
        created_at: found.created_at,
        created_by: found.created_by,
        revoked_at: found.revoked_at,
    }
}
