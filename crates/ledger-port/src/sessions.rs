//! `tollbooth:ledger/sessions`

use tollbooth_ledger::session as domain;
use tollbooth_ledger::{Failure, LedgerError, person};
use tollbooth_pipeline::role::Role;

use crate::access::of_session;
use crate::bindings::exports::tollbooth::ledger::sessions::{
    Actor, Arrival, Guest, Identity, LedgerFailure, OwnSession, Secret, SessionFailure,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn create_link(now: i64, by: String, token: String, secret: Secret) -> Result<i64, SessionFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.create_link(now, &by, &token, made(&secret))).map_err(failure)
    }

    fn open(now: i64, link: String, secret: Secret, before: Option<Secret>) -> Result<Identity, SessionFailure> {
        let before = before.as_ref().map(made);
        Self::with_ledger(Some(now), |ledger| ledger.open_session(now, &link, made(&secret), before))
            .map(of_session)
            .map_err(failure)
    }

    fn arrive(now: i64, who: Arrival, secret: Secret, before: Option<Secret>) -> Result<Identity, SessionFailure> {
        let role: Role = who.role.parse().map_err(|e| {
            SessionFailure::Ledger(LedgerError::Damaged(format!("somebody arrives with a bad role: {e}")).into())
        })?;
        let arrival = person::Arrival {
            issuer: &who.issuer,
            subject: &who.subject,
            name: &who.name,
            role,
            booths: who.booths.as_deref(),
            provider_session: who.provider_session.as_deref(),
            attempt: &who.attempt,
            token: made(&who.token),
        };
        let before = before.as_ref().map(made);
        Self::with_ledger(Some(now), |ledger| ledger.arrive(now, &arrival, made(&secret), before))
            .map(of_session)
            .map_err(failure)
    }

    fn turn_away(now: i64, issuer: String, subject: String, digest: Vec<u8>) -> Result<u32, LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.turn_away(now, &issuer, &subject, &digest))?)
    }

    fn end_by_provider(
        now: i64,
        issuer: String,
        subject: Option<String>,
        provider_session: Option<String>,
        said_at: i64,
    ) -> Result<u32, LedgerFailure> {
        let ended = person::EndedThere {
            issuer: &issuer,
            subject: subject.as_deref(),
            session: provider_session.as_deref(),
            said_at,
        };
        Ok(Self::with_ledger(Some(now), |ledger| ledger.end_by_provider(now, &ended))?)
    }

    fn list(now: i64, token: String) -> Result<Vec<OwnSession>, LedgerFailure> {
        let all = Self::with_ledger(Some(now), |ledger| ledger.sessions_of(now, &token))?;
        Ok(all.into_iter().map(own).collect())
    }

    fn end(now: i64, who: Actor, token: String, session: Option<String>) -> Result<u32, SessionFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.end_sessions(now, &actor(&who), &token, session.as_deref()))
            .map_err(failure)
    }
}

fn own(shown: domain::Shown) -> OwnSession {
    OwnSession {
        id: shown.id,
        opened_by: shown.ages.by.as_str().to_owned(),
        opened_at: shown.ages.opened_at,
        used_at: shown.ages.used_at,
        ends_at: shown.ends_at,
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
        Failure::Refused(domain::Refusal::Revoked) => SessionFailure::Revoked,
        Failure::Ledger(error) => SessionFailure::Ledger(error.into()),
    }
}
