//! The ways in which a message leaves the house, and how much each bears.

use std::fmt;
use std::str::FromStr;

/// What carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The log of the component that delivers: there is always one.
    Log,
    /// E-mail.
    Mail,
    /// A chat tool's incoming webhook.
    Chat,
}

impl Channel {
    /// Every channel.
    pub const ALL: &'static [Self] = &[Self::Log, Self::Mail, Self::Chat];

    /// The name in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Mail => "mail",
            Self::Chat => "chat",
        }
    }

    /// Deliveries at once, over all replicas. For e-mail what Microsoft Graph allows an application and a mailbox.
    #[must_use]
    pub const fn at_once(self) -> u32 {
        match self {
            Self::Log => 50,
            Self::Mail => 4,
            Self::Chat => 1,
        }
    }

    /// Deliveries begun in any minute, over all replicas. For e-mail what Exchange Online lets a mailbox send; chat tools
    /// bear about one a second.
    #[must_use]
    pub const fn a_minute(self) -> u32 {
        match self {
            Self::Log => 1_000,
            Self::Mail | Self::Chat => 30,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|channel| channel.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no channel; expected one of log, mail, chat"))
    }
}
