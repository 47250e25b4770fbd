//! Sessions of the console: opened by a one-time link or (`person.rs`) with a provider, recognised by a cookie, ended by their
//! age, by sign-out and, at once, by whatever ends the token behind them.
//!
//! Must not tell apart unknown, malformed, used, expired and revoked, neither in its answer nor in its time.

use serde_json::json;
use subtle::{Choice, ConstantTimeEq};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::{Ages, KEPT_MS, LINK_MS, MAX_OPEN_LINKS, OpenedBy, Purpose, TOUCH_MS};
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::token::{MAX_BYTES, digest};

use crate::Ledger;
use crate::access::Identity;
use crate::booths;
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
    /// How somebody signed in.
    pub by: OpenedBy,
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
    /// An operator has revoked what this person may.
    Revoked,
}

/// One of somebody's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `ses_…`
    pub id: String,
    /// How it was opened, when, and when it was last used, to the minute.
    pub ages: Ages,
    /// When it ends, however much it is used.
    pub ends_at: Instant,
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
                     -- Who has a provider signs in there: whoever left it must not come back by a link.
                     AND NOT EXISTS (SELECT 1 FROM person WHERE person.token_id = token.id)
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

    /// Opens the session that the link promises, once, and ends the one whose place it takes, if it was this browser's.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]
    pub fn open_session(
        &self,
        now: Instant,
        link: &str,
        secret: Secret<'_>,
        before: Option<Secret<'_>>,
    ) -> Result<Session, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let (token, token_digest) = self.spend_link(now, link)?;
            self.begin_session(now, (&token, &token_digest), OpenedBy::Link, secret, before)
        })
    }

    /// Stores a session of a token with this digest, inside the present transaction, in place of another.
    pub(crate) fn begin_session(
        &self,
        now: Instant,
        token: (&str, &[u8]),
        by: OpenedBy,
        secret: Secret<'_>,
        before: Option<Secret<'_>>,
    ) -> Result<Session, Failure<Refusal>> {
        self.insert_session(now, token, by, secret)?;
        let found = self.session_by_id(secret.id)?.ok_or(Failure::Refused(Refusal::Unknown))?;
        let settings = in_force(&self.changed_settings()?)?;
        let actor = Actor { role: found.identity.role.to_string(), id: token.0.to_owned() };
        let detail = json!({ "session": secret.id, "by": by.as_str() });
        self.append_general(&NewEvent { at: now, kind: EventKind::SignedIn, actor: &actor, detail }, None)?;
        if let Some(before) = before {
            self.replace_session(now, before)?;
        }
        Ok(found.session(&settings))
    }

    /// Ends the session with this secret, whoever it belongs to: what a browser had before somebody signed in with it.
    fn replace_session(&self, now: Instant, before: Secret<'_>) -> Result<(), LedgerError> {
        let known = self.run_one(
            "SELECT s.digest, t.id, t.role FROM session s JOIN token t ON t.id = s.token_id
             WHERE s.id = +?1 AND s.ended_at_ms IS NULL /*pg FOR NO KEY UPDATE OF s */",
            params![before.id],
        )?;
        let Some(row) = known else { return Ok(()) };
        let mut columns = row.columns();
        let (digest, actor) = (columns.blob()?, Actor { id: columns.text()?, role: columns.text()? });
        if !bool::from(digest.ct_eq(before.digest)) {
            return Ok(());
        }
        self.run("UPDATE session SET ended_at_ms = ?2 WHERE id = ?1", params![before.id, now])?;
        let detail = json!({ "sessions": 1, "replaced": true });
        self.append_general(&NewEvent { at: now, kind: EventKind::SignedOut, actor: &actor, detail }, None)
    }

    /// The sessions of a token that can be used, the newest first, at most 100.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn sessions_of(&self, now: Instant, token: &str) -> Result<Vec<Shown>, LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        let rows = self.run(
            "SELECT s.id, s.opened_by, s.opened_at_ms, s.used_at_ms FROM session s JOIN token t ON t.id = s.token_id
             WHERE s.token_id = +?1 AND s.ended_at_ms IS NULL AND t.revoked_at_ms IS NULL AND t.digest = s.token_digest
             ORDER BY s.opened_at_ms DESC, s.id LIMIT 100",
            params![token],
        )?;
        let mut shown = Vec::new();
        for row in rows {
            let mut columns = row.columns();
            let id = columns.text()?;
            let ages = Ages { by: columns.parsed()?, opened_at: columns.integer()?, used_at: columns.integer()? };
            if ages.live(now, &settings) {
                shown.push(Shown { id, ages, ends_at: ages.ends_at(&settings) });
            }
        }
        Ok(shown)
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

    /// Ends one session of a token, or, without a session, all of them. Idempotent. Returns how many ended.
    ///
    /// # Errors
    /// [`Refusal::NotForPeople`] when there is no such token.
    pub fn end_sessions(
        &self,
        now: Instant,
        actor: &Actor,
        token: &str,
        session: Option<&str>,
    ) -> Result<u32, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            self.end_sessions_within(now, actor, token, session)?.ok_or(Failure::Refused(Refusal::NotForPeople))
        })
    }

    /// Inside the present transaction; none when there is no such token.
    pub(crate) fn end_sessions_within(
        &self,
        now: Instant,
        actor: &Actor,
        token: &str,
        session: Option<&str>,
    ) -> Result<Option<u32>, LedgerError> {
        if self.run_one("SELECT 1 FROM token WHERE id = ?1", params![token])?.is_none() {
            return Ok(None);
        }
        let ended = self.run(
            "UPDATE session SET ended_at_ms = ?1
             WHERE token_id = ?2 AND ended_at_ms IS NULL AND (id = ?3 OR ?3 = '') RETURNING id",
            params![now, token, session.unwrap_or_default()],
        )?;
        let count = u32::try_from(ended.len()).unwrap_or(u32::MAX);
        if count > 0 {
            let detail = if token == actor.id {
                json!({ "sessions": count })
            } else {
                json!({ "sessions": count, "token": token })
            };
            self.append_general(&NewEvent { at: now, kind: EventKind::SignedOut, actor, detail }, None)?;
        }
        Ok(Some(count))
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
        by: OpenedBy,
        secret: Secret<'_>,
    ) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO session (id, digest, token_id, token_digest, opened_at_ms, used_at_ms, opened_by)
             VALUES (?1, ?2, ?3, ?5, ?4, ?4, ?6)",
            &[
                secret.id.into(),
                Value::Blob(secret.digest.to_vec()),
                token.into(),
                now.into(),
                Value::Blob(token_digest.to_vec()),
                by.as_str().into(),
            ],
        )?;
        // What nobody can use any more is not kept for ever.
        self.run("DELETE FROM session WHERE opened_at_ms < +?1", params![now.saturating_sub(KEPT_MS)])?;
        Ok(())
    }

    fn session_by_id(&self, id: &str) -> Result<Option<Stored>, LedgerError> {
        self.run_one(
            "SELECT s.id, s.digest, s.opened_by, s.opened_at_ms, s.used_at_ms, t.id, t.role, t.booth_id, t.name, t.booths,
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
            by: self.ages.by,
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
        ages: Ages { by: columns.parsed()?, opened_at: columns.integer()?, used_at: columns.integer()? },
        identity: Identity {
            token: columns.text()?,
            role: columns.parsed::<Role>()?,
            booth: columns.opt_text()?,
            name: columns.text()?,
            booths: booths::stored(columns.opt_text()?)?,
        },
        usable: columns.flag()?,
    })
}
