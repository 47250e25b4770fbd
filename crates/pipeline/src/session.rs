//! Signing in at the console: one-time links, and the sessions they open.
//!
//! A session belongs to the token that somebody signed in with: it may what the token may, and ends with it at once.
//! Like tokens, both secrets have 256 random bits and are stored as a digest.

use std::str::FromStr;

use crate::Instant;
use crate::ident::{hex, random_id};
use crate::settings::Settings;
use crate::token::{NewToken, digest};

/// How long a sign-in link can be used, in milliseconds: long enough to be carried to a browser, too short to be found
/// later.
pub const LINK_MS: Instant = 10 * 60_000;

/// A use is written down when the last one written is older than this, in milliseconds: looking at a photo must not
/// cost a write.
pub const TOUCH_MS: Instant = 60_000;

/// How long ended sessions and links stay on record, in milliseconds; their events stay for good.
pub const KEPT_MS: Instant = 30 * 86_400_000;

/// Most links of one token that wait to be used.
pub const MAX_OPEN_LINKS: u32 = 20;

/// What a secret is for: neither can be taken for the other, nor for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Opens one session, once.
    Link,
    /// Kept by a browser in a cookie.
    Session,
}

impl Purpose {
    const fn prefixes(self) -> (&'static str, &'static str) {
        match self {
            Self::Link => ("lnk", "tbl"),
            Self::Session => ("ses", "tbs"),
        }
    }

    /// A new secret from random bytes: 16 for the id, 32 for the secret.
    #[must_use]
    pub fn secret(self, id: &[u8; 16], secret: &[u8; 32]) -> NewToken {
        let (id_prefix, text_prefix) = self.prefixes();
        let id = random_id(id_prefix, id);
        let tail = id.strip_prefix(id_prefix).unwrap_or_default();
        let text = format!("{text_prefix}{tail}_{}", hex(secret));
        let digest = digest(&text);
        NewToken { id, text, digest }
    }

    /// The id that a text claims to belong to; none for a text of another form.
    #[must_use]
    pub fn claimed_id(self, text: &str) -> Option<String> {
        let (id_prefix, text_prefix) = self.prefixes();
        let (tail, _) = text.strip_prefix(text_prefix)?.strip_prefix('_')?.split_once('_')?;
        Some(format!("{id_prefix}_{tail}"))
    }
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedBy {
    /// By a one-time link.
    Link,
    /// With a provider of identities.
    Provider,
}

impl OpenedBy {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::Link, Self::Provider];

    /// The name in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Provider => "provider",
        }
    }
}

/// A text that names no way to sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way to sign in; expected link or provider")]
pub struct UnknownWay(pub String);

impl FromStr for OpenedBy {
    type Err = UnknownWay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|way| way.as_str() == text).ok_or_else(|| UnknownWay(text.to_owned()))
    }
}

/// When a session was opened and when it was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// How it was opened.
    pub by: OpenedBy,
    /// When somebody signed in.
    pub opened_at: Instant,
    /// The last use that was written down.
    pub used_at: Instant,
}

impl Ages {
    /// When it ends, however much it is used.
    #[must_use]
    pub fn ends_at(self, settings: &Settings) -> Instant {
        let hours = match self.by {
            OpenedBy::Link => settings.session_hours,
            // The provider is asked again before long, for it knows who left.
            OpenedBy::Provider => settings.session_provider_hours.min(settings.session_hours),
        };
        self.opened_at.saturating_add(minutes(hours.saturating_mul(60)))
    }

    /// When it ends unless it is used before.
    #[must_use]
    pub fn idle_at(self, settings: &Settings) -> Instant {
        self.used_at.saturating_add(minutes(settings.session_idle_minutes))
    }

    /// Whether it can still be used.
    #[must_use]
    pub fn live(self, now: Instant, settings: &Settings) -> bool {
        now < self.ends_at(settings) && now < self.idle_at(settings)
    }
}

fn minutes(count: u64) -> Instant {
    Instant::try_from(count).unwrap_or(Instant::MAX).saturating_mul(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::claimed_id;

    #[test]
    fn links_sessions_and_tokens_cannot_be_taken_for_one_another() {
        let link = Purpose::Link.secret(&[7; 16], &[9; 32]);
        let session = Purpose::Session.secret(&[7; 16], &[9; 32]);
        assert_eq!(Purpose::Link.claimed_id(&link.text), Some(link.id.clone()));
        assert_eq!(Purpose::Session.claimed_id(&session.text), Some(session.id));
        assert_eq!(Purpose::Session.claimed_id(&link.text), None);
        assert_eq!(Purpose::Link.claimed_id(&session.text), None);
        assert_eq!(claimed_id(&link.text), crate::token::FIRST_OPERATOR, "no token has this form");
        assert_ne!(link.digest, session.digest);
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
        let settings = Settings::default();
        let hour = 3_600_000;
        let ages = Ages { by: OpenedBy::Link, opened_at: 0, used_at: 0 };
        assert!(ages.live(29 * 60_000, &settings));
        assert!(!ages.live(30 * 60_000, &settings));
        let busy = Ages { used_at: 12 * hour - 60_000, ..ages };
        assert!(busy.live(12 * hour - 1, &settings));
        assert!(!busy.live(12 * hour, &settings), "use does not make it older than the limit");
        let vouched = Ages { by: OpenedBy::Provider, opened_at: 0, used_at: 4 * hour - 60_000 };
        assert!(
            vouched.live(4 * hour - 1, &settings) && !vouched.live(4 * hour, &settings),
            "the provider is asked again"
        );
        let short = Settings { session_hours: 1, ..settings };
        assert_eq!(vouched.ends_at(&short), hour, "never longer than any session");
    }
}
