//! `tollbooth:ledger/access`

use tollbooth_ledger::Failure;
use tollbooth_ledger::{access as domain, session};

use crate::bindings::exports::tollbooth::ledger::access::{AccessFailure, Guest, Identity, Session};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn authorize(bearer: String) -> Result<Identity, AccessFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.authorize(&bearer)).map_err(|failure| match failure {
            Failure::Refused(domain::Refusal::Unknown) => AccessFailure::Unknown,
            Failure::Ledger(error) => AccessFailure::Ledger(error.into()),
        })?;
        Ok(identity(found, None))
    }

    fn authorize_session(now: i64, cookie: String) -> Result<Identity, AccessFailure> {
        let found =
            Self::with_ledger(Some(now), |ledger| ledger.session(now, &cookie)).map_err(|failure| match failure {
                Failure::Refused(
                    session::Refusal::Unknown
                    | session::Refusal::NotForPeople
                    | session::Refusal::TooManyLinks
                    | session::Refusal::Revoked,
                ) => AccessFailure::Unknown,
                Failure::Ledger(error) => AccessFailure::Ledger(error.into()),
            })?;
        Ok(of_session(found))
    }

    fn release() {
        Self::give_back_connection();
    }
}

/// Who a session belongs to, with the session.
pub fn of_session(found: session::Session) -> Identity {
    let session = Session {
        id: found.id,
        opened_by: found.by.as_str().to_owned(),
        opened_at: found.opened_at,
        ends_at: found.ends_at,
        idle_at: found.idle_at,
    };
    identity(found.identity, Some(session))
}

fn identity(found: domain::Identity, session: Option<Session>) -> Identity {
    Identity {
        token: found.token,
        role: found.role.to_string(),
        booth: found.booth,
        name: found.name,
        booths: found.booths,
        session,
    }
}
