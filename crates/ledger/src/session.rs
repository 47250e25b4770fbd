//! Sessions of the console: opened by a one-time link, recognised by a cookie, ended by their age, by sign-out and, at
//! once, by whatever ends the token behind them.
//!
//! Must not tell apart unknown, malformed, used, expired and revoked, neither in its answer nor in its time.

use serde_json::json;
use subtle::{Choice, ConstantTimeEq};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::{Ages, KEPT_MS, LINK_MS, MAX_OPEN_LINKS, Purpose, TOUCH_MS};
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::token::{MAX_BYTES, digest};

use crate::Ledger;
use crate::access::Identity;
use crate::clock::CLOCK_SLACK_MS;
use crate::columns::Columns;
use crate::db::{Db, Value, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;

/// A session that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `ses_…`
    pub id: String,
    /// Whose it is.
    pub identity: Identity,
    /// When somebody signed in.
    pub opened_at: Instant,
    /// When it ends, however much it is used.
    pub ends_at: Instant,
    /// When it ends unless it is used before.
    pub idle_at: Instant,
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown, malformed, used, expired or revoked: deliberately one answer.
    Unknown,
    /// This token cannot be used at the console: a camera's, a revoked one or none.
    NotForPeople,
    /// Too many links of this token wait to be used.
    TooManyLinks,
}

/// A secret that was made by the caller: its id and the digest of its text.
#[derive(Debug, Clone, Copy)]
pub struct Secret<'a> {
    /// `lnk_…` or `ses_…`
    pub id: &'a str,
    /// SHA-256 of the text.
    pub digest: &'a [u8],
}

impl<D: Db> Ledger<D> {
    /// Stores a one-time link that signs in as the token `token`. Returns when it expires.
    ///
    /// # Errors
    /// [`Refusal::NotForPeople`], [`Refusal::TooManyLinks`].
    pub fn create_link(
        &self,
        now: Instant,
        by: &str,
        token: &str,
        secret: Secret<'_>,
    ) -> Result<Instant, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let waiting = self.run_one(
                "SELECT count(*) FROM sign_in_link WHERE token_id = ?1 AND expires_at_ms > +?2 AND used_at_ms IS NULL",
                params![token, now],
            )?;
            let waiting: u32 = waiting.map_or(Ok(0), |row| row.columns().number())?;
            if waiting >= MAX_OPEN_LINKS {
                return Err(Failure::Refused(Refusal::TooManyLinks));
            }
            let expires_at = now.saturating_add(LINK_MS);
            let stored = self.run_one(
                "INSERT INTO sign_in_link (id, digest, token_id, token_digest, created_at_ms, created_by, expires_at_ms)
                 SELECT ?1, ?2, id, digest, ?4, ?5, ?6 FROM token
                 WHERE id = ?3 AND role <> 'camera' AND revoked_at_ms IS NULL
                 RETURNING expires_at_ms",
                &[
                    secret.id.into(),
                    Value::Blob(secret.digest.to_vec()),
                    token.into(),
                    now.into(),
                    by.into(),
                    expires_at.into(),
                ],
            )?;
            if stored.is_none() {
                return Err(Failure::Refused(Refusal::NotForPeople));
            }
            let old = now.saturating_sub(KEPT_MS);
            self.run("DELETE FROM sign_in_link WHERE token_id = ?1 AND expires_at_ms < +?2", params![token, old])?;
            Ok(expires_at)
        })
    }

    /// Opens the session that the link promises, once.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]
    pub fn open_session(&self, now: Instant, link: &str, secret: Secret<'_>) -> Result<Session, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let (token, token_digest) = self.spend_link(now, link)?;
            self.insert_session(now, (&token, &token_digest), secret)?;
            let found = self.session_by_id(secret.id)?.ok_or(Failure::Refused(Refusal::Unknown))?;
            let settings = in_force(&self.changed_settings()?)?;
            let actor = Actor { role: found.identity.role.to_string(), id: token };
            let detail = json!({ "session": secret.id, "by": "link" });
            self.append_general(&NewEvent { at: now, kind: EventKind::SignedIn, actor: &actor, detail }, None)?;
            Ok(found.session(&settings))
        })
    }

    /// Recognises the text of a session's cookie and writes down, now and then, that it was used.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]
    pub fn session(&self, now: Instant, text: &str) -> Result<Session, Failure<Refusal>> {
        let unknown = Failure::Refused(Refusal::Unknown);
        if text.len() > MAX_BYTES {
            return Err(unknown);
        }
        let given = digest(text);
        let id = Purpose::Session.claimed_id(text).unwrap_or_default();
        let known = self.session_by_id(&id)?;
        // Compared with something even when there is no such session, so that the time tells nothing.
        let nobody = [0; 32].to_vec();
        let (expected, usable) = known.as_ref().map_or((&nobody, false), |found| (&found.digest, found.usable));
        let proven = expected.ct_eq(given.as_slice()) & Choice::from(u8::from(usable));
        let Some(found) = known.filter(|_| bool::from(proven)) else { return Err(unknown) };
        let settings = in_force(&self.changed_settings()?)?;
        if !found.live(now, &settings) {
            return Err(unknown);
        }
        if now.saturating_sub(found.ages.used_at) > TOUCH_MS {
            self.run(
                "UPDATE session SET used_at_ms = ?2 WHERE id = ?1 AND used_at_ms < ?2 AND ended_at_ms IS NULL",
                params![found.id.as_str(), now],
            )?;
        }
        Ok(found.session(&settings))
    }

    /// Ends one session, or, without a session, all of that token. Idempotent. Returns how many ended.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn end_sessions(&self, now: Instant, actor: &Actor, session: Option<&str>) -> Result<u32, LedgerError> {
        self.write(Scope::Rows, || {
            let ended = self.run(
                "UPDATE session SET ended_at_ms = ?1
                 WHERE token_id = ?2 AND ended_at_ms IS NULL AND (id = ?3 OR ?3 = '') RETURNING id",
                params![now, actor.id.as_str(), session.unwrap_or_default()],
            )?;
            let count = u32::try_from(ended.len()).unwrap_or(u32::MAX);
            if count > 0 {
                let detail = json!({ "sessions": count });
                self.append_general(&NewEvent { at: now, kind: EventKind::SignedOut, actor, detail }, None)?;
            }
            Ok(count)
        })
    }

    /// The token that a link signs in as, and its digest when the link was made; the link is spent then.
    fn spend_link(&self, now: Instant, text: &str) -> Result<(String, Vec<u8>), Failure<Refusal>> {
        let unknown = Failure::Refused(Refusal::Unknown);
        let id = Purpose::Link.claimed_id(text).filter(|_| text.len() <= MAX_BYTES).unwrap_or_default();
        let row = self.run_one(
            "SELECT l.digest, l.token_id, l.token_digest FROM sign_in_link l JOIN token t ON t.id = l.token_id
             WHERE l.id = +?1 AND l.used_at_ms IS NULL AND l.expires_at_ms > +?2 AND l.created_at_ms <= +?3
                 AND t.revoked_at_ms IS NULL AND t.digest = l.token_digest
             /*pg FOR NO KEY UPDATE OF l */",
            params![id.as_str(), now, now.saturating_add(CLOCK_SLACK_MS)],
        )?;
        let known = row
            .map(|row| {
                let mut columns = row.columns();
                Ok::<_, LedgerError>((columns.blob()?, (columns.text()?, columns.blob()?)))
            })
            .transpose()?;
        let nobody = ([0; 32].to_vec(), (String::new(), Vec::new()));
        let (expected, token) = known.as_ref().unwrap_or(&nobody);
        let proven = bool::from(expected.ct_eq(digest(text).as_slice()));
        if !proven || known.is_none() {
            return Err(unknown);
        }
        self.run("UPDATE sign_in_link SET used_at_ms = ?2 WHERE id = ?1", params![id.as_str(), now])?;
        Ok(token.clone())
    }

    /// With the token's digest as it was when the link was made: a token that was replaced meanwhile opens nothing.
    fn insert_session(
        &self,
        now: Instant,
        (token, token_digest): (&str, &[u8]),
        secret: Secret<'_>,
    ) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO session (id, digest, token_id, token_digest, opened_at_ms, used_at_ms)
             VALUES (?1, ?2, ?3, ?5, ?4, ?4)",
            &[
                secret.id.into(),
                Value::Blob(secret.digest.to_vec()),
                token.into(),
                now.into(),
                Value::Blob(token_digest.to_vec()),
            ],
        )?;
        // What nobody can use any more is not kept for ever.
        self.run("DELETE FROM session WHERE opened_at_ms < +?1", params![now.saturating_sub(KEPT_MS)])?;
        Ok(())
    }

    fn session_by_id(&self, id: &str) -> Result<Option<Stored>, LedgerError> {
        self.run_one(
            "SELECT s.id, s.digest, s.opened_at_ms, s.used_at_ms, t.id, t.role, t.booth_id, t.name,
                 s.ended_at_ms IS NULL AND t.revoked_at_ms IS NULL AND t.digest = s.token_digest
             FROM session s JOIN token t ON t.id = s.token_id WHERE s.id = +?1",
            params![id],
        )?
        .map(|row| stored(row.columns()))
        .transpose()
    }
}

struct Stored {
    id: String,
    digest: Vec<u8>,
    ages: Ages,
    identity: Identity,
    /// Neither ended nor without its token.
    usable: bool,
}

impl Stored {
    /// Not too old, and not opened by a clock that was set back since.
    fn live(&self, now: Instant, settings: &Settings) -> bool {
        self.ages.live(now, settings) && self.ages.opened_at <= now.saturating_add(CLOCK_SLACK_MS)
    }

    fn session(self, settings: &Settings) -> Session {
        Session {
            id: self.id,
            identity: self.identity,
            opened_at: self.ages.opened_at,
            ends_at: self.ages.ends_at(settings),
            idle_at: self.ages.idle_at(settings),
        }
    }
}

fn stored(mut columns: Columns) -> Result<Stored, LedgerError> {
    Ok(Stored {
        id: columns.text()?,
        digest: columns.blob()?,
        ages: Ages { opened_at: columns.integer()?, used_at: columns.integer()? },
        identity: Identity {
            token: columns.text()?,
            role: columns.parsed::<Role>()?,
            booth: columns.opt_text()?,
            name: columns.text()?,
        },
        usable: columns.flag()?,
    })
}
