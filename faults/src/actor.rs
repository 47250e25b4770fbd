//! Everybody who talks to the application: cameras, staff, operators, billing, and the ticks.
//!
//! Each deed is one request with the judgement of its answer. None from a deed: no answer came; whoever acts does the
//! same again later.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tollbooth_pipeline::placeholder::is_placeholder;
use tollbooth_tests::identities::Identities;

use crate::lab::OPERATOR_TOKEN;
use crate::sources::SimClock;
use crate::wire::{Answer, Wire};
use crate::witness::{Decided, Noted, Upload, Witness};

/// Clients with what they know.
#[derive(Clone)]
pub struct Actor {
    /// The way to the application.
    pub wire: Wire,
    /// The clock everybody shares.
    pub clock: Arc<SimClock>,
    /// What the clients were told.
    pub witness: Witness,
    /// Tokens by name (`camera-north`, `ann`, `bob`, `billing`), and whatever a scenario must remember.
    pub facts: BTreeMap<String, String>,
    /// What is to be sent until it is answered, by name.
    pub uploads: BTreeMap<String, Upload>,
    /// The provider that people may sign in with.
    pub identities: Arc<Identities>,
}

impl Actor {
    /// Another client that starts now.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { witness: self.witness.fork(), ..self.clone() }
    }

    /// A fact, or an empty text.
    #[must_use]
    pub fn fact(&self, name: &str) -> &str {
        self.facts.get(name).map_or("", String::as_str)
    }

    /// Sends a photo as the camera of its booth.
    pub fn upload(&mut self, upload: &Upload) -> Option<Answer> {
        let token = self.fact(&format!("camera-{}", upload.booth)).to_owned();
        self.upload_with(upload, &token)
    }

    /// Sends a photo with this token.
    pub fn upload_with(&mut self, upload: &Upload, token: &str) -> Option<Answer> {
        self.witness.sending(upload);
        let answer = self.wire.send("PUT", &upload.path(), token, "image/jpeg", &upload.photo)?;
        self.witness.answered(upload, token, &answer);
        Some(answer)
    }

    /// Sends the photo noted under this name.
    pub fn upload_named(&mut self, name: &str) -> Option<Answer> {
        let upload = self.uploads.get(name)?.clone();
        self.upload(&upload)
    }

    /// Reads what can be read now.
    pub fn tick(&mut self) -> Option<Answer> {
        let answer = self.wire.post("/v1/ticks/reading?wait=true", OPERATOR_TOKEN, &json!({}))?;
        self.expect("the reading tick", &answer, &[200]);
        Some(answer)
    }

    /// Looks at the rules of alerts, and delivers what is due.
    pub fn tell(&mut self) -> Option<Answer> {
        let answer = self.wire.post("/v1/ticks/messages?wait=true", OPERATOR_TOKEN, &json!({}))?;
        self.expect("the messages tick", &answer, &[200]);
        Some(answer)
    }

    /// Has what happened be added up for those who watch.
    pub fn add_up(&mut self) -> Option<Answer> {
        let answer = self.wire.post("/v1/ticks/telemetry", OPERATOR_TOKEN, &json!({}))?;
        self.expect("the telemetry tick", &answer, &[200]);
        Some(answer)
    }

    /// Asks for an export, or ticks for a scheduled one.
    pub fn export(&mut self, scheduled: bool) -> Option<Answer> {
        let path = if scheduled { "/v1/ticks/export" } else { "/v1/exports" };
        let answer = self.wire.post(path, OPERATOR_TOKEN, &json!({}))?;
        self.expect("an export", &answer, &[200, 201]);
        for export in answer.json()["exports"].as_array().into_iter().flatten() {
            let (Some(sequence), Some(sha256)) = (export["sequence"].as_u64(), export["sha256"].as_str()) else {
                self.witness.violations.push(format!("an export without sequence or hash: {export}"));
                continue;
            };
            let before = self.witness.published.insert(sequence, sha256.to_owned());
            if before.is_some_and(|before| before != sha256) {
                self.witness.violations.push(format!("export {sequence} was published with two contents"));
            }
        }
        Some(answer)
    }

    /// Claims a review as this person; the named one, or the oldest.
    pub fn claim(&mut self, person: &str, passage: Option<&str>) -> Option<Answer> {
        let body = passage.map_or_else(|| json!({}), |passage| json!({ "passage": passage }));
        let answer = self.wire.post("/v1/reviews/claim", self.fact(person), &body)?;
        // 403: only a supervisor decides it.
        self.expect("a claim", &answer, &[200, 204, 403, 409]);
        Some(answer)
    }

    /// Decides a review as this person: a plate, or none to reject.
    pub fn verdict(&mut self, person: &str, passage: &str, version: u64, plate: Option<&str>) -> Option<Answer> {
        let body = match plate {
            Some(plate) => json!({ "version": version, "plate": plate, "jurisdiction": "us-tx" }),
            None => json!({ "version": version, "reject": "blurred" }),
        };
        // The bench confirms no placeholder, and no recogniser of it reads one.
        let allowed: &[u16] = if plate.is_some_and(is_placeholder) { &[403, 409, 422] } else { &[200, 403, 409] };
        self.judge(person, passage, &body, allowed)
    }

    /// Decides a review as this person: a plate of this type.
    pub fn typed_verdict(
        &mut self,
        person: &str,
        passage: &str,
        version: u64,
        (plate, of_type): (&str, &str),
    ) -> Option<Answer> {
        let body = json!({ "version": version, "plate": plate, "jurisdiction": "us-tx", "plate_type": of_type });
        self.judge(person, passage, &body, &[200, 403, 409])
    }

    fn judge(&mut self, person: &str, passage: &str, verdict: &Value, allowed: &[u16]) -> Option<Answer> {
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/verdict"), self.fact(person), verdict)?;
        self.expect("a verdict", &answer, allowed);
        if answer.status == 200 {
            let version = answer.json()["version"].as_u64().unwrap_or_default();
            let said = |name: &str| verdict[name].as_str().map(ToOwned::to_owned);
            let (plate, of_type) = (said("plate"), said("plate_type"));
            self.witness.decided.push(Decided { passage: passage.to_owned(), version, plate, of_type });
        }
        Some(answer)
    }

    /// An operator gives up the file of an export.
    pub fn release(&mut self, export: u64) -> Option<Answer> {
        let body = json!({ "reason": "the bench has no copy" });
        let answer = self.wire.post(&format!("/v1/exports/{export}/release"), OPERATOR_TOKEN, &body)?;
        self.expect("a release", &answer, &[200]);
        Some(answer)
    }

    /// Opens a decided passage again, as the supervisor.
    pub fn reopen(&mut self, passage: &str, version: u64) -> Option<Answer> {
        let body = json!({ "version": version, "remark": "the bench wants another look" });
        let answer = self.wire.post(&format!("/v1/passages/{passage}/reopen"), self.fact("supervisor"), &body)?;
        self.moved("a reopening", passage, answer)
    }

    /// Billing answers to the line of a passage: on a bill, or refused for a reason.
    pub fn acknowledge(&mut self, export: u64, passage: &str, refused: Option<&str>) -> Option<Answer> {
        let row = match refused {
            Some(reason) => json!({ "row": passage, "disposition": "refused", "reason": reason }),
            None => json!({ "row": passage, "disposition": "billed" }),
        };
        let path = format!("/v1/exports/{export}/dispositions");
        let answer = self.wire.post(&path, self.fact("billing"), &json!({ "dispositions": [row] }))?;
        // In random schedules the line may be of another export, answered before, or of none.
        self.expect("a disposition", &answer, &[200, 404, 409, 422]);
        if answer.status == 200 {
            let outcome = if refused.is_some() { "refused" } else { "billed" };
            self.witness.noted.insert(Noted { export, passage: passage.to_owned(), outcome });
        }
        Some(answer)
    }

    /// Sends an open review back to the recogniser.
    pub fn reprocess(&mut self, person: &str, passage: &str, version: u64) -> Option<Answer> {
        let body = json!({ "version": version });
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/reprocess"), self.fact(person), &body)?;
        self.moved("a reprocessing", passage, answer)
    }

    /// Takes a decision of this person back. What was acknowledged before no longer stands.
    pub fn undo(&mut self, person: &str, passage: &str, version: u64) -> Option<Answer> {
        // Taken back as soon as it is asked for: without an answer nobody knows.
        self.witness.decided.retain(|decided| decided.passage != passage || decided.version != version);
        let body = json!({ "version": version });
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/undo"), self.fact(person), &body)?;
        self.expect("an undo", &answer, &[200, 409]);
        if answer.status == 200 {
            self.witness.undone.push(passage.to_owned());
        }
        Some(answer)
    }

    /// Gives an answer that others are compared with.
    pub fn seed(&mut self, person: &str, passage: &str, version: u64, plate: &str) -> Option<Answer> {
        let body = json!({ "version": version, "plate": plate, "jurisdiction": "us-tx" });
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/seed"), self.fact(person), &body)?;
        // 422: it was given already, by a request whose answer never came.
        self.expect("a known answer", &answer, &[200, 403, 409, 422]);
        Some(answer)
    }

    /// Sends everything that finally failed for this reason to the recogniser again, as the operator.
    pub fn reprocess_failed(&mut self, reason: &str) -> Option<Answer> {
        let answer = self.wire.post("/v1/failed-readings/reprocess", OPERATOR_TOKEN, &json!({ "reason": reason }))?;
        self.expect("failed readings sent again", &answer, &[200]);
        Some(answer)
    }

    /// Asks a supervisor to decide a review that this person has claimed.
    pub fn flag(&mut self, person: &str, passage: &str, version: u64) -> Option<Answer> {
        let body = json!({ "version": version, "note": "the bench cannot read this" });
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/flag"), self.fact(person), &body)?;
        self.expect("a flag", &answer, &[200, 403, 409]);
        Some(answer)
    }

    /// Takes a flag back.
    pub fn unflag(&mut self, person: &str, passage: &str, version: u64) -> Option<Answer> {
        let body = json!({ "version": version });
        let answer = self.wire.post(&format!("/v1/reviews/{passage}/unflag"), self.fact(person), &body)?;
        self.expect("a flag taken back", &answer, &[200, 403, 409]);
        Some(answer)
    }

    /// The supervisor gives a review to this person.
    pub fn assign(&mut self, person: &str, passage: &str) -> Option<Answer> {
        let body = json!({ "to": self.fact(&format!("{person}-id")), "passages": [passage] });
        let answer = self.wire.post("/v1/reviews/assign", self.fact("supervisor"), &body)?;
        self.expect("an assignment", &answer, &[200, 409, 422]);
        Some(answer)
    }

    /// Gives back what was given to this person.
    pub fn unassign(&mut self, person: &str, passage: &str) -> Option<Answer> {
        let path = format!("/v1/reviews/{passage}/assignment");
        let answer = self.wire.send("DELETE", &path, self.fact(person), "application/json", b"")?;
        self.expect("an assignment given back", &answer, &[200, 409]);
        Some(answer)
    }

    /// The version of a passage as this person knows it.
    #[must_use]
    pub fn version_for(&self, person: &str, id: &str) -> Option<u64> {
        self.wire.get(&format!("/v1/passages/{id}"), self.fact(person))?.json()["version"].as_u64()
    }

    fn moved(&mut self, what: &str, passage: &str, answer: Answer) -> Option<Answer> {
        self.expect(what, &answer, &[200, 403, 409]);
        if answer.status == 200 {
            let version = answer.json()["version"].as_u64().unwrap_or_default();
            self.witness.moved.push((passage.to_owned(), version));
        }
        Some(answer)
    }

    /// Revokes the token known under this name.
    pub fn revoke(&mut self, name: &str) -> Option<Answer> {
        self.witness.revoking.insert(self.fact(name).to_owned());
        let path = format!("/v1/tokens/{}", self.fact(&format!("{name}-id")));
        let answer = self.wire.send("DELETE", &path, OPERATOR_TOKEN, "application/json", b"")?;
        self.expect("a revocation", &answer, &[200]);
        self.witness.revoked.insert(self.fact(name).to_owned());
        Some(answer)
    }

    /// Makes a token and notes its text under `name` and its id under `name-id`.
    pub fn new_token(&mut self, name: &str, role: &str, booth: Option<&str>) -> Option<Answer> {
        let mut body = json!({ "role": role, "name": name });
        if let (Some(members), Some(booth)) = (body.as_object_mut(), booth) {
            members.insert("booth".to_owned(), booth.into());
        }
        let answer = self.wire.post("/v1/tokens", OPERATOR_TOKEN, &body)?;
        self.expect("a new token", &answer, &[201]);
        self.facts.insert(name.to_owned(), answer.text("token"));
        self.facts.insert(format!("{name}-id"), answer.text("id"));
        Some(answer)
    }

    /// Changes settings.
    pub fn settings(&mut self, changes: &Value) -> Option<Answer> {
        let body = changes.to_string();
        let answer = self.wire.send("PATCH", "/v1/settings", OPERATOR_TOKEN, "application/json", body.as_bytes())?;
        self.expect("a change of settings", &answer, &[200]);
        Some(answer)
    }

    /// A passage as the API shows it.
    #[must_use]
    pub fn passage(&self, id: &str) -> Option<Value> {
        self.wire.get(&format!("/v1/passages/{id}"), self.fact("supervisor")).map(|answer| answer.json())
    }

    /// Notes an answer that nobody should ever get.
    pub(crate) fn expect(&mut self, what: &str, answer: &Answer, expected: &[u16]) {
        if !expected.contains(&answer.status) {
            self.witness.violations.push(format!("{what} was answered with {}", answer.brief()));
        }
    }
}
