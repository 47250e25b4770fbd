//! `tollbooth:ledger/sessions`

use tollbooth_ledger::Failure;
use tollbooth_ledger::session as domain;

use crate::access::of_session;
use crate::bindings::exports::tollbooth::ledger::sessions::{
    Actor, Guest, Identity, LedgerFailure, Secret, SessionFailure,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn create_link(now: i64, by: String, token: String, secret: Secret) -> Result<i64, SessionFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.create_link(now, &by, &token, made(&secret))).map_err(failure)
    }

    fn open(now: i64, link: String, secret: Secret) -> Result<Identity, SessionFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.open_session(now, &link, made(&secret)))
            .map(of_session)
            .map_err(failure)
    }

    fn end(now: i64, who: Actor, session: Option<String>) -> Result<u32, LedgerFailure> {
        let ended = Self::with_ledger(Some(now), |ledger| ledger.end_sessions(now, &actor(&who), session.as_deref()))?;
        Ok(ended)
    }
}

fn made(secret: &Secret) -> domain::Secret<'_> {
    domain::Secret { id: &secret.id, digest: &secret.digest }
}

fn failure(failure: Failure<domain::Refusal>) -> SessionFailure {
    match failure {
        Failure::Refused(domain::Refusal::Unknown) => SessionFailure::Unknown,
        Failure::Refused(domain::Refusal::NotForPeople) => SessionFailure::NotForPeople,
        Failure::Refused(domain::Refusal::TooManyLinks) => SessionFailure::TooManyLinks,
        Failure::Ledger(error) => SessionFailure::Ledger(error.into()),
    }
}
