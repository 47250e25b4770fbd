//! What the outside world was told. Nothing here is taken from the application but its answers; they are what it is
//! held to afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tollbooth_pipeline::ident::sha256_hex;

use crate::wire::Answer;

/// One photo as a camera sends it; a resend is the same once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Booth id.
    pub booth: String,
    /// The camera's key.
    pub key: String,
    /// RFC 3339.
    pub captured_at: String,
    /// Lane.
    pub lane: String,
    /// Camera of the lane.
    pub camera: String,
    /// The file.
    pub photo: Arc<Vec<u8>>,
}

impl Upload {
    /// The route with its parameters.
    #[must_use]
    pub fn path(&self) -> String {
        format!(
            "/v1/booths/{}/passages/{}?captured_at={}&lane={}&camera={}",
            self.booth, self.key, self.captured_at, self.lane, self.camera
        )
    }

    fn place(&self) -> (String, String) {
        (self.booth.clone(), self.key.clone())
    }
}

/// A passage that was acknowledged with 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// `psg_…`
    pub passage: String,
    /// What was sent.
    pub upload: Upload,
}

/// A decision that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// `psg_…`
    pub passage: String,
    /// Version that the answer named.
    pub version: u64,
    /// The plate, or none for a rejection.
    pub plate: Option<String>,
    /// Type of that plate, where one was recorded.
    pub of_type: Option<String>,
}

/// What somebody was told of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose it is, by the name of the token.
    pub person: String,
    /// When it was opened, by the bench's clock.
    pub opened_ms: i64,
    /// Somebody tries to end it: it may be over from now on.
    pub ending: bool,
    /// Its end was acknowledged: it must never be good again.
    pub ended: bool,
}

impl Signed {
    /// Whether it was opened so lately that it is good unless somebody ended it: it may be idle for longer.
    #[must_use]
    pub fn is_fresh(&self, now_ms: i64) -> bool {
        (0..20 * 60_000).contains(&(now_ms - self.opened_ms))
    }
}

/// What billing answered to a line, and was told that it is noted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noted {
    /// Number of the export.
    pub export: u64,
    /// `psg_…`
    pub passage: String,
    /// `billed` or `refused`.
    pub outcome: &'static str,
}

/// Everything that was sent, and every promise the answers made.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    /// What was ever sent under a booth and key, acknowledged or not.
    pub sent: BTreeMap<(String, String), Vec<Upload>>,
    /// What was acknowledged, by booth and key.
    pub acknowledged: BTreeMap<(String, String), Acknowledged>,
    /// Verdicts acknowledged.
    pub decided: Vec<Decided>,
    /// Reopenings and reprocessings acknowledged: passage and new version.
    pub moved: Vec<(String, u64)>,
    /// Decisions that were taken back, and it was acknowledged: their passages.
    pub undone: Vec<String>,
    /// Sessions of the console by their cookie.
    pub sessions: BTreeMap<String, Signed>,
    /// What Ann's preferences may be: what was acknowledged last, and what was sent since.
    pub preferences: BTreeSet<String>,
    /// How the destination may stand to which files are delivered: what was acknowledged last, and what was sent since.
    pub destination: BTreeSet<String>,
    /// A threshold was applied, and it was acknowledged.
    pub threshold: bool,
    /// Answers of billing that were acknowledged.
    pub noted: BTreeSet<Noted>,
    /// Exports acknowledged as published: sequence and SHA-256 of the file.
    pub published: BTreeMap<u64, String>,
    /// Tokens that somebody tries to revoke, by their text: they may be refused from now on.
    pub revoking: BTreeSet<String>,
    /// Tokens whose revocation was acknowledged, by their text: they must be refused from now on.
    pub revoked: BTreeSet<String>,
    /// Every 202, by booth and key.
    pub new: Vec<(String, String)>,
    /// Conflicts with something that this client does not know of.
    pub conflicts: Vec<(Upload, String)>,
    /// Promises broken in an answer itself.
    pub violations: Vec<String>,
}

impl Witness {
    /// Notes that something was sent. To be called before it is.
    pub fn sending(&mut self, upload: &Upload) {
        let sent = self.sent.entry(upload.place()).or_default();
        if !sent.contains(upload) {
            sent.push(upload.clone());
        }
    }

    /// Judges the answer to an upload.
    pub fn answered(&mut self, upload: &Upload, token: &str, answer: &Answer) {
        let place = upload.place();
        let known = self.acknowledged.get(&place).cloned();
        let mut broken = |what: String| self.violations.push(format!("upload {}/{}: {what}", upload.booth, upload.key));
        match answer.status {
            200 | 202 => {
                if answer.status == 202 {
                    self.new.push(place.clone());
                }
                if self.revoked.contains(token) {
                    broken("a revoked token was let in".to_owned());
                }
                let passage = answer.text("passage");
                if answer.text("photo_sha256") != sha256_hex(&upload.photo) {
                    broken(format!("the answer names another photo: {}", answer.brief()));
                }
                match known {
                    Some(known) if known.passage != passage => broken(format!("{} became {passage}", known.passage)),
                    Some(known) if known.upload != *upload => broken("a conflict was taken for a resend".to_owned()),
                    Some(_) => {}
                    None => {
                        let upload = upload.clone();
                        self.acknowledged.insert(place, Acknowledged { passage, upload });
                    }
                }
            }
            409 => {
                let others = self.sent.get(&place).is_some_and(|sent| sent.iter().any(|other| other != upload));
                if !others {
                    // Somebody else may be sending under this key at this moment: judged when all is known.
                    self.conflicts.push((upload.clone(), answer.brief()));
                } else if known.is_some_and(|known| known.upload == *upload) {
                    broken("a resend was taken for a conflict".to_owned());
                }
            }
            401 if self.revoking.contains(token) => {}
            401 => broken(format!("a good token was refused: {}", answer.brief())),
            // The capture time can be out of range after a clock jumped.
            422 if known.is_none() => {}
            _ => broken(format!("an answer nobody expects: {}", answer.brief())),
        }
    }

    /// What another client knows that starts now: everything to judge by, nothing of its own yet.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            sent: self.sent.clone(),
            acknowledged: self.acknowledged.clone(),
            revoking: self.revoking.clone(),
            revoked: self.revoked.clone(),
            published: self.published.clone(),
            sessions: self.sessions.clone(),
            preferences: self.preferences.clone(),
            destination: self.destination.clone(),
            ..Self::default()
        }
    }

    /// Adds what another client saw meanwhile.
    pub fn merge(&mut self, other: Self) {
        for (place, uploads) in other.sent {
            let mine = self.sent.entry(place).or_default();
            for upload in uploads {
                if !mine.contains(&upload) {
                    mine.push(upload);
                }
            }
        }
        for (place, theirs) in other.acknowledged {
            match self.acknowledged.get(&place) {
                Some(mine) if *mine != theirs => {
                    self.violations.push(format!("two clients were acknowledged differently for {place:?}"));
                }
                Some(_) => {}
                None => {
                    self.acknowledged.insert(place, theirs);
                }
            }
        }
        self.decided.extend(other.decided);
        self.moved.extend(other.moved);
        self.undone.extend(other.undone);
        self.noted.extend(other.noted);
        self.preferences.extend(other.preferences);
        self.destination.extend(other.destination);
        self.threshold |= other.threshold;
        for (cookie, theirs) in other.sessions {
            let mine = self.sessions.entry(cookie).or_insert_with(|| theirs.clone());
            mine.ending |= theirs.ending;
            mine.ended |= theirs.ended;
        }
        for (sequence, sha256) in other.published {
            if self.published.insert(sequence, sha256.clone()).is_some_and(|mine| mine != sha256) {
                self.violations.push(format!("export {sequence} was published with two contents"));
            }
        }
        self.new.extend(other.new);
        self.conflicts.extend(other.conflicts);
        self.revoking.extend(other.revoking);
        self.revoked.extend(other.revoked);
        self.violations.extend(other.violations);
    }

    /// Notes that somebody tries to end sessions. To be called before they do; which ones is for the caller to say.
    pub fn ending(&mut self, which: impl Fn(&str, &Signed) -> bool) {
        for (cookie, session) in &mut self.sessions {
            let meant = which(cookie, session);
            session.ending |= meant;
        }
    }

    /// Notes that the end of sessions was acknowledged.
    pub fn ended(&mut self, which: impl Fn(&str, &Signed) -> bool) {
        for (cookie, session) in &mut self.sessions {
            let meant = which(cookie, session);
            session.ended |= meant;
        }
    }

    /// Uploads that were refused for another one under their key, which nobody ever sent.
    pub fn conflicts_with_nothing(&self) -> impl Iterator<Item = String> {
        let explained = |upload: &Upload| {
            self.sent.get(&upload.place()).is_some_and(|sent| sent.iter().any(|other| other != upload))
        };
        let unexplained = self.conflicts.iter().filter(move |(upload, _)| !explained(upload));
        unexplained.map(|(upload, answer)| {
            format!("upload {}/{}: a conflict with nothing: {answer}", upload.booth, upload.key)
        })
    }

    /// What was acknowledged as new more than once: it would be counted twice.
    #[must_use]
    pub fn twice_new(&self) -> Vec<&(String, String)> {
        let mut seen = BTreeSet::new();
        self.new.iter().filter(|place| !seen.insert(*place)).collect()
    }
}
