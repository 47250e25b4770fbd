//! Creating and revoking tokens.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::desk::MAX_BOOTHS;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::token::FIRST_OPERATOR;

use super::{Refusal, Token, title_problem};
use crate::Ledger;
use crate::booths::{stored, text_of};
use crate::columns::Columns;
use crate::db::{Db, Value, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// Longest token id, in bytes.
const MAX_ID_BYTES: usize = 64;

impl<D: Db> Ledger<D> {
    /// Stores a token's digest: the SHA-256 of the whole token text. Idempotent for the same token and digest.
    ///
    /// `created_at`, `created_by` and `revoked_at` of `token` are ignored.
    ///
    /// # Errors
    /// [`Refusal::Invalid`]; [`Refusal::Conflict`] when the id is taken.
    pub fn create_token(
        &self,
        now: Instant,
        actor: &Actor,
        token: &Token,
        digest: &[u8],
    ) -> Result<(), Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let violations = self.token_violations(token, digest)?;
            if !violations.is_empty() {
                return Err(Failure::Refused(Refusal::Invalid(violations)));
            }
            if let Some((existing, stored)) = self.token(&token.id)? {
                let same = existing.role == token.role
                    && existing.booth == token.booth
                    && existing.booths == token.booths
                    && existing.name == token.name
                    && existing.revoked_at.is_none()
                    && stored == digest;
                return if same { Ok(()) } else { Err(Failure::Refused(Refusal::Conflict)) };
            }
            self.insert_token(now, actor, token, digest)?;
            Ok(())
        })
    }

    /// Revokes a token for good; what it holds of reviews is free for others. Idempotent.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    pub fn revoke_token(&self, now: Instant, actor: &Actor, id: &str) -> Result<Token, Failure<Refusal>> {
        self.write(Scope::Admin, || {
            let (token, digest) = self.token(id)?.ok_or(Failure::Refused(Refusal::NotFound))?;
            if token.revoked_at.is_some() {
                return Ok(token);
            }
            if token.role == Role::Operator && self.last_operator(id)? {
                return Err(Failure::Refused(Refusal::Conflict));
            }
            self.run("UPDATE token SET revoked_at_ms = ?2 WHERE id = ?1", params![id, now])?;
            self.end_claims_of(id)?;
            if id == FIRST_OPERATOR {
                // The row is written over when the variable changes; that this secret is spent is kept.
                self.run(
                    "INSERT INTO revoked_first_operator (digest, revoked_at_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    &[Value::Blob(digest), now.into()],
                )?;
            }
            let detail = json!({ "token": id });
            self.append_general(&NewEvent { at: now, kind: EventKind::TokenRevoked, actor, detail }, None)?;
            Ok(Token { revoked_at: Some(now), ..token })
        })
    }

    /// Whether nobody else could make tokens any more. Whom a provider vouches for does not count: it may stop.
    fn last_operator(&self, id: &str) -> Result<bool, LedgerError> {
        let other = self.run_one(
            "SELECT 1 FROM token WHERE role = ?2 AND revoked_at_ms IS NULL AND id <> ?1
                 AND NOT EXISTS (SELECT 1 FROM person WHERE person.token_id = token.id)",
            params![id, Role::Operator.as_str()],
        )?;
        Ok(other.is_none())
    }

    /// Tokens by age, revoked ones included; `after` is the last id seen. Nothing comes after an id that there is not.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn list_tokens(&self, after: Option<&str>, limit: u32) -> Result<Vec<Token>, LedgerError> {
        self.run(
            "SELECT id, role, booth_id, name, created_at_ms, created_by, revoked_at_ms, booths FROM token
             WHERE CAST(?1 AS TEXT) IS NULL
                OR (created_at_ms, id) > (SELECT created_at_ms, id FROM token WHERE id = CAST(?1 AS TEXT))
             ORDER BY created_at_ms, id LIMIT +?2",
            params![after, limit],
        )?
        .into_iter()
        .map(|row| token(&mut row.columns()))
        .collect()
    }

    /// Makes the digest that of the first operator's token. Creates the token once; replaces its digest, and lifts a
    /// revocation, only when the digest is another one that was never revoked. Idempotent, and without a write when nothing
    /// changes.
    ///
    /// # Errors
    /// `Damaged` when the digest is not 32 bytes.
    pub fn ensure_first_operator(&self, now: Instant, digest: &[u8]) -> Result<(), LedgerError> {
        if digest.len() != 32 {
            return Err(LedgerError::Damaged("the first operator's digest is no SHA-256".to_owned()));
        }
        if self.token(FIRST_OPERATOR)?.is_some_and(|(_, stored)| stored == digest) {
            return Ok(());
        }
        let spent =
            self.run_one("SELECT 1 FROM revoked_first_operator WHERE digest = ?1", &[Value::Blob(digest.to_vec())])?;
        if spent.is_some() {
            return Ok(());
        }
        let actor = Actor::system("plate-writer");
        self.write(Scope::Admin, || match self.token(FIRST_OPERATOR)? {
            Some((_, stored)) if stored == digest => Ok(()),
            Some(_) => {
                self.run(
                    "UPDATE token SET digest = ?2, revoked_at_ms = NULL WHERE id = ?1",
                    &[FIRST_OPERATOR.into(), Value::Blob(digest.to_vec())],
                )?;
                let detail = json!({ "token": FIRST_OPERATOR });
                let event = NewEvent { at: now, kind: EventKind::TokenReplaced, actor: &actor, detail };
                self.append_general(&event, None)
            }
            None => {
                let first = Token {
                    id: FIRST_OPERATOR.to_owned(),
                    role: Role::Operator,
                    booth: None,
                    booths: None,
                    name: "First operator".to_owned(),
                    created_at: now,
                    created_by: actor.id.clone(),
                    revoked_at: None,
                };
                self.insert_token(now, &actor, &first, digest)
            }
        })
    }

    pub(crate) fn insert_token(
        &self,
        now: Instant,
        actor: &Actor,
        token: &Token,
        digest: &[u8],
    ) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO token (id, digest, role, booth_id, name, created_at_ms, created_by, booths)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &[
                token.id.as_str().into(),
                Value::Blob(digest.to_vec()),
                token.role.as_str().into(),
                token.booth.as_deref().into(),
                token.name.as_str().into(),
                now.into(),
                actor.id.as_str().into(),
                text_of(token.booths.as_deref())?.into(),
            ],
        )?;
        let mut detail = json!({ "token": token.id, "role": token.role.as_str(), "name": token.name });
        if let (Some(booths), Some(detail)) = (&token.booths, detail.as_object_mut()) {
            detail.insert("booths".to_owned(), booths.clone().into());
        }
        let event = NewEvent { at: now, kind: EventKind::TokenCreated, actor, detail };
        self.append_general(&event, token.booth.as_deref())
    }

    pub(super) fn token(&self, id: &str) -> Result<Option<(Token, Vec<u8>)>, LedgerError> {
        self.run_one(
            "SELECT id, role, booth_id, name, created_at_ms, created_by, revoked_at_ms, booths, digest FROM token
             WHERE id = ?1",
            params![id],
        )?
        .map(|row| {
            let mut columns = row.columns();
            Ok((token(&mut columns)?, columns.blob()?))
        })
        .transpose()
    }

    fn token_violations(&self, token: &Token, digest: &[u8]) -> Result<Vec<String>, LedgerError> {
        let mut found: Vec<String> = title_problem("name", &token.name).into_iter().collect();
        let tail = token.id.strip_prefix("tok_").unwrap_or_default();
        let plain = !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !plain || token.id.len() > MAX_ID_BYTES || token.id == FIRST_OPERATOR {
            found.push(format!(
                "id: must be tok_ and lower-case letters or digits, at most {MAX_ID_BYTES} bytes, and not {FIRST_OPERATOR}"
            ));
        }
        if digest.len() != 32 {
            found.push("digest: must be a SHA-256 of 32 bytes".to_owned());
        }
        match (token.role, token.booth.as_deref()) {
            (Role::Camera, None) => found.push("booth: a camera's token needs the booth it may send for".to_owned()),
            (Role::Camera, Some(booth)) if self.booth(booth)?.is_none() => {
                found.push(format!("booth: `{booth}` is not registered"));
            }
            (Role::Camera, Some(_)) | (_, None) => {}
            (role, Some(_)) => found.push(format!("booth: a {role}'s token is not bound to a booth")),
        }
        found.extend(self.limit_violations(token)?);
        Ok(found)
    }
}

impl<D: Db> Ledger<D> {
    /// What is wrong with the booths that a role is limited to.
    fn limit_violations(&self, token: &Token) -> Result<Vec<String>, LedgerError> {
        let Some(booths) = &token.booths else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if !token.role.can_be_limited() {
            found.push(format!(
                "booths: only a reviewer's or supervisor's role is limited to booths, not a {}'s",
                token.role
            ));
        }
        if booths.is_empty() || booths.len() > MAX_BOOTHS {
            found.push(format!("booths: must be 1 to {MAX_BOOTHS} booths, or not there for all of them"));
        }
        for booth in booths.iter().take(MAX_BOOTHS) {
            if self.booth(booth)?.is_none() {
                found.push(format!("booths: `{booth}` is not registered"));
            }
        }
        Ok(found)
    }
}

fn token(columns: &mut Columns) -> Result<Token, LedgerError> {
    Ok(Token {
        id: columns.text()?,
        role: columns.parsed()?,
        booth: columns.opt_text()?,
        name: columns.text()?,
        created_at: columns.integer()?,
        created_by: columns.text()?,
        revoked_at: columns.opt_integer()?,
        booths: stored(columns.opt_text()?)?,
    })
}
