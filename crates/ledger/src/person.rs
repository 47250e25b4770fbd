//! People whom a provider of identities vouches for: what they may, who they are called, and the one session that an
//! attempt to sign in opens.
//!
//! Invariants: a person is one token for good, so that the history keeps naming them; nobody knows that token's secret; a
//! role that the provider changed or took back ends every session that was opened under it.

use std::collections::BTreeMap;

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::OpenedBy;

use crate::Ledger;
use crate::admin::Token;
use crate::booths::{stored, text_of};
use crate::db::{Db, Value, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::session::{Refusal, Secret, Session};

/// How long it is remembered that an attempt was finished, in milliseconds: longer than any browser may take for one.
const FINISHED_MS: Instant = 3_600_000;

/// Who made what is made at a sign-in.
const COMPONENT: &str = "sign-in";

/// How far a provider's clock may be from ours, in milliseconds.
const PROVIDERS_CLOCK_MS: Instant = 60_000;

/// What a provider says of somebody who signed out there, or was signed out.
#[derive(Debug, Clone, Copy)]
pub struct EndedThere<'a> {
    /// Who says so.
    pub issuer: &'a str,
    /// Of whom, in the issuer's words.
    pub subject: Option<&'a str>,
    /// What the issuer calls the session that ended; none means all of them.
    pub session: Option<&'a str>,
    /// When it said so: who signed in later stays.
    pub said_at: Instant,
}

/// Somebody who signed in at their provider.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Who vouches for them.
    pub issuer: &'a str,
    /// Whom, in the issuer's words.
    pub subject: &'a str,
    /// What to call them: a title as `tollbooth_pipeline::text` takes it.
    pub name: &'a str,
    /// What they may.
    pub role: Role,
    /// The booths that their role is limited to; none: it is not limited.
    pub booths: Option<&'a [String]>,
    /// What the issuer calls the session in which they signed in there (`sid`), where it does.
    pub provider_session: Option<&'a str>,
    /// Digest of the attempt, which is finished once.
    pub attempt: &'a [u8],
    /// Id and digest of the token that they get when they are new, or when their role or its booths are others: of random bytes that
    /// nobody keeps.
    pub token: Secret<'a>,
}

struct Known {
    token: String,
    digest: Vec<u8>,
    role: Role,
    booths: Option<Vec<String>>,
    name: String,
    revoked: bool,
}

impl<D: Db> Ledger<D> {
    /// Opens a session for somebody whom their provider vouched for, once for an attempt, and ends the one whose place it takes.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when the attempt was finished before; [`Refusal::Revoked`].
    pub fn arrive(
        &self,
        now: Instant,
        arrival: &Arrival<'_>,
        secret: Secret<'_>,
        before: Option<Secret<'_>>,
    ) -> Result<Session, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            self.finish_attempt(now, arrival.attempt)?;
            let (token, digest) = match self.person(arrival.issuer, arrival.subject)? {
                None => self.register(now, arrival)?,
                Some(known) if known.revoked => return Err(Failure::Refused(Refusal::Revoked)),
                Some(known) => self.update(now, known, arrival)?,
            };
            self.run(
                "UPDATE person SET signed_in_at_ms = ?3 WHERE issuer = ?1 AND subject = ?2",
                params![arrival.issuer, arrival.subject, now],
            )?;
            let session = self.begin_session(now, (&token, &digest), OpenedBy::Provider, secret, before)?;
            if let Some(name) = arrival.provider_session {
                self.run("UPDATE session SET provider_session = ?2 WHERE id = ?1", params![secret.id, name])?;
            }
            Ok(session)
        })
    }

    /// Ends the sessions that were opened with this issuer before it said so: those of one of its own sessions, where it
    /// names one (and of a person who is named those whose name there was never told), else all of the person. Idempotent;
    /// nothing for a stranger. Returns how many ended.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn end_by_provider(&self, now: Instant, ended: &EndedThere<'_>) -> Result<u32, LedgerError> {
        let mut sql = "SELECT s.id, s.token_id FROM person v JOIN session s ON s.token_id = v.token_id
             WHERE v.issuer = +?1 AND s.ended_at_ms IS NULL AND s.opened_by = 'provider' AND s.opened_at_ms <= +?2"
            .to_owned();
        let mut parameters = params![ended.issuer, ended.said_at.saturating_add(PROVIDERS_CLOCK_MS)].to_vec();
        for (column, value) in [("v.subject", ended.subject), ("s.provider_session", ended.session)] {
            if let Some(value) = value {
                parameters.push(value.into());
                // One whose name there was never told may be the one: of a person who is named it ends as well.
                let untold = column == "s.provider_session" && ended.subject.is_some();
                let or_untold = if untold { " OR s.provider_session IS NULL" } else { "" };
                sql.push_str(&format!(" AND ({column} = +?{}{or_untold})", parameters.len()));
            }
        }
        if ended.subject.is_none() && ended.session.is_none() {
            return Ok(0);
        }
        sql.push_str(" ORDER BY s.id /*pg FOR NO KEY UPDATE OF s */");
        self.write(Scope::Rows, || {
            let mut of: BTreeMap<String, u32> = BTreeMap::new();
            for row in self.run(&sql, &parameters)? {
                let mut columns = row.columns();
                let (session, token) = (columns.text()?, columns.text()?);
                self.run("UPDATE session SET ended_at_ms = ?2 WHERE id = ?1", params![session, now])?;
                *of.entry(token).or_default() += 1;
            }
            let actor = Actor::system(COMPONENT);
            for (token, count) in &of {
                let detail = json!({ "sessions": count, "token": token, "provider": true });
                self.append_general(&NewEvent { at: now, kind: EventKind::SignedOut, actor: &actor, detail }, None)?;
            }
            Ok(of.values().sum())
        })
    }

    /// Ends every session of somebody to whom their provider gives no role any more. Idempotent; nothing for a stranger.
    /// `digest` replaces that of their token.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn turn_away(&self, now: Instant, issuer: &str, subject: &str, digest: &[u8]) -> Result<u32, LedgerError> {
        self.write(Scope::Admin, || {
            let Some(known) = self.person(issuer, subject)? else { return Ok(0) };
            self.run(
                "UPDATE token SET digest = ?2 WHERE id = ?1",
                &[known.token.as_str().into(), Value::Blob(digest.to_vec())],
            )?;
            let actor = Actor::system(COMPONENT);
            match self.end_sessions_within(now, &actor, &known.token, None)? {
                Some(ended) => Ok(ended),
                None => Err(LedgerError::Damaged(format!("{} has no token", known.token))),
            }
        })
    }

    fn finish_attempt(&self, now: Instant, attempt: &[u8]) -> Result<(), Failure<Refusal>> {
        let first = self.run_one(
            "INSERT INTO finished_sign_in (digest, finished_at_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING 1",
            &[Value::Blob(attempt.to_vec()), now.into()],
        )?;
        if first.is_none() {
            return Err(Failure::Refused(Refusal::Unknown));
        }
        self.run("DELETE FROM finished_sign_in WHERE finished_at_ms < +?1", params![now.saturating_sub(FINISHED_MS)])?;
        Ok(())
    }

    fn person(&self, issuer: &str, subject: &str) -> Result<Option<Known>, LedgerError> {
        self.run_one(
            "SELECT t.id, t.digest, t.role, t.booths, t.name, t.revoked_at_ms IS NOT NULL
             FROM person p JOIN token t ON t.id = p.token_id WHERE p.issuer = +?1 AND p.subject = +?2",
            params![issuer, subject],
        )?
        .map(|row| {
            let mut columns = row.columns();
            Ok(Known {
                token: columns.text()?,
                digest: columns.blob()?,
                role: columns.parsed()?,
                booths: stored(columns.opt_text()?)?,
                name: columns.text()?,
                revoked: columns.flag()?,
            })
        })
        .transpose()
    }

    fn register(&self, now: Instant, arrival: &Arrival<'_>) -> Result<(String, Vec<u8>), LedgerError> {
        let actor = Actor::system(COMPONENT);
        let token = Token {
            id: arrival.token.id.to_owned(),
            role: arrival.role,
            booth: None,
            booths: arrival.booths.map(<[String]>::to_vec),
            name: arrival.name.to_owned(),
            created_at: now,
            created_by: actor.id.clone(),
            revoked_at: None,
        };
        self.insert_token(now, &actor, &token, arrival.token.digest)?;
        self.run(
            "INSERT INTO person (issuer, subject, token_id, signed_in_at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![arrival.issuer, arrival.subject, arrival.token.id, now],
        )?;
        Ok((token.id, arrival.token.digest.to_vec()))
    }

    /// Takes over what the provider says now. Another role, or other booths of it, is another digest: what was opened under the
    /// old one ends.
    fn update(&self, now: Instant, known: Known, arrival: &Arrival<'_>) -> Result<(String, Vec<u8>), LedgerError> {
        let same = known.role == arrival.role && known.booths.as_deref() == arrival.booths;
        if same && known.name == arrival.name {
            return Ok((known.token, known.digest));
        }
        let digest = if same { known.digest } else { arrival.token.digest.to_vec() };
        self.run(
            "UPDATE token SET role = ?2, name = ?3, digest = ?4, booths = ?5 WHERE id = ?1",
            &[
                known.token.as_str().into(),
                arrival.role.as_str().into(),
                arrival.name.into(),
                Value::Blob(digest.clone()),
                text_of(arrival.booths)?.into(),
            ],
        )?;
        let mut detail = json!({ "token": known.token, "role": arrival.role.as_str(), "name": arrival.name });
        if let (Some(booths), Some(detail)) = (arrival.booths, detail.as_object_mut()) {
            detail.insert("booths".to_owned(), booths.to_vec().into());
        }
        let actor = Actor::system(COMPONENT);
        self.append_general(&NewEvent { at: now, kind: EventKind::TokenChanged, actor: &actor, detail }, None)?;
        Ok((known.token, digest))
    }
}
