//! Who changed settings, booths and tokens, and from what to what: read from the events that were written anyway.

use std::fmt;
use std::str::FromStr;

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Settings, thresholds that were applied among them.
    Settings,
    /// Booths.
    Booths,
    /// Tokens, and how cameras are set up with them.
    Tokens,
}

impl Changed {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Settings, Self::Booths, Self::Tokens];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Booths => "booths",
            Self::Tokens => "tokens",
        }
    }

    /// The kinds of events, as SQL; all together they are those of the index `event_administration`.
    const fn kinds(self) -> &'static str {
        match self {
            Self::Settings => "'settings-changed', 'threshold-applied'",
            Self::Booths => "'booth-registered', 'booth-changed'",
            Self::Tokens => "'token-created', 'token-replaced', 'token-changed', 'token-revoked', 'push-set-up'",
        }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Changed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
        found.ok_or_else(|| format!("`{text}` has no changes; expected one of settings, booths, tokens"))
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the history.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// What, as in the history.
    pub kind: String,
    /// Role that they had then.
    pub actor_role: String,
    /// `tok_…`, or a component.
    pub actor_id: String,
    /// Of which booth, if of one.
    pub booth: Option<String>,
    /// JSON: of settings, each name with `from` and `to` (null: the default); of booths and tokens what they are then.
    pub detail: String,
}

impl<D: Db> Ledger<D> {
    /// Changes of these, the newest first; `before` is the last sequence seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn changes(&self, of: Changed, before: Option<u64>, limit: u32) -> Result<Vec<Change>, LedgerError> {
        let all: Vec<&str> = Changed::ALL.iter().map(|one| one.kinds()).collect();
        let sql = format!(
            "SELECT e.sequence, e.at_ms, e.kind, e.actor_role, e.actor_id, e.booth_id, e.detail
             FROM event e INDEXED BY event_administration
             WHERE e.kind IN ({}) AND e.kind IN ({}) AND e.sequence < +?1 ORDER BY e.sequence DESC LIMIT +?2",
            all.join(", "),
            of.kinds()
        );
        self.run(&sql, params![before.unwrap_or(u64::MAX), limit.min(MAX_PAGE)])?
            .into_iter()
            .map(|row| change(&mut row.columns()))
            .collect()
    }
}

fn change(columns: &mut Columns) -> Result<Change, LedgerError> {
    Ok(Change {
        sequence: columns.number()?,
        at: columns.integer()?,
        kind: columns.text()?,
        actor_role: columns.text()?,
        actor_id: columns.text()?,
        booth: columns.opt_text()?,
        detail: columns.text()?,
    })
}
