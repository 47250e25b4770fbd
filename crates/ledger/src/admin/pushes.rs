//! How the pushes of cameras become passages.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::check_name;
use tollbooth_pipeline::role::Role;

use super::booths::looks_like_time_zone;
use super::{Push, Refusal};
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

impl<D: Db> Ledger<D> {
    /// Sets a camera up for pushes, or changes how; true when it is new. Idempotent: the same again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a token that is unknown or revoked; [`Refusal::Invalid`], also for one that is no camera's.
    pub fn put_push(&self, now: Instant, actor: &Actor, push: &Push) -> Result<bool, Failure<Refusal>> {
        let violations = violations(push);
        if !violations.is_empty() {
            return Err(Failure::Refused(Refusal::Invalid(violations)));
        }
        self.write(Scope::Admin, || {
            let (token, _) = self.token(&push.token)?.ok_or(Failure::Refused(Refusal::NotFound))?;
            if token.revoked_at.is_some() {
                return Err(Failure::Refused(Refusal::NotFound));
            }
            if token.role != Role::Camera {
                let role = token.role;
                let found = vec![format!("token: is a {role}'s; only a camera's can be set up for pushes")];
                return Err(Failure::Refused(Refusal::Invalid(found)));
            }
            let before = self.push(&push.token)?;
            if before.as_ref().is_some_and(|b| Push { updated_at: push.updated_at, ..b.clone() } == *push) {
                return Ok(false);
            }
            self.run(
                "INSERT INTO pushing_camera (token_id, lane, camera, time_zone, updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (token_id) DO UPDATE SET lane = excluded.lane, camera = excluded.camera,
                     time_zone = excluded.time_zone, updated_at_ms = excluded.updated_at_ms",
                params![
                    push.token.as_str(),
                    push.lane.as_deref(),
                    push.camera.as_str(),
                    push.time_zone.as_deref(),
                    now
                ],
            )?;
            let detail = json!({
                "token": push.token, "lane": push.lane, "camera": push.camera, "time_zone": push.time_zone,
            });
            let event = NewEvent { at: now, kind: EventKind::PushSetUp, actor, detail };
            self.append_general(&event, token.booth.as_deref())?;
            Ok(before.is_none())
        })
    }

    /// How a camera is set up for pushes; none when it is not.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn push(&self, token: &str) -> Result<Option<Push>, LedgerError> {
        self.run_one(
            "SELECT token_id, lane, camera, time_zone, updated_at_ms FROM pushing_camera WHERE token_id = ?1",
            params![token],
        )?
        .map(push)
        .transpose()
    }
}

fn push(row: Row) -> Result<Push, LedgerError> {
    let mut columns = row.columns();
    Ok(Push {
        token: columns.text()?,
        lane: columns.opt_text()?,
        camera: columns.text()?,
        time_zone: columns.opt_text()?,
        updated_at: columns.integer()?,
    })
}

fn violations(push: &Push) -> Vec<String> {
    let mut found: Vec<String> =
        push.lane.iter().filter_map(|lane| check_name("lane", lane).err()).map(|e| e.to_string()).collect();
    found.extend(check_name("camera", &push.camera).err().map(|e| e.to_string()));
    if push.time_zone.as_deref().is_some_and(|zone| !looks_like_time_zone(zone)) {
        found.push("time_zone: must be an IANA name like America/Chicago".to_owned());
    }
    found
}
