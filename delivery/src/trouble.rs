//! Why a destination does not get on, by what has to be done about it.

use std::path::{Path, PathBuf};

use tollbooth_client::ClientError;
use tollbooth_client::delivery::ChainError;

/// What stops a delivery. Nothing half-written is visible after any of them.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// TollBooth's own server.
    #[error("TollBooth's server: {0}")]
    Server(#[from] ClientError),
    /// No connection, or one that broke.
    #[error("out of reach: {0}")]
    Unreachable(String),
    /// No room.
    #[error("no room is left: {0}")]
    Full(String),
    /// User, password or key.
    #[error("the login is refused: {0}")]
    LoginRefused(String),
    /// The server does not show that it is the one that was configured. Nothing was sent to it, no password either.
    #[error("the server is not trusted, and nothing was sent to it: {0}")]
    Untrusted(String),
    /// Rights.
    #[error("not permitted: {0}")]
    Denied(String),
    /// The place of delivery. It is never made: where a share is not mounted, files would land beside it.
    #[error("{0} does not exist there; make it, or mount what belongs there")]
    FolderMissing(String),
    /// A name that the destination does not take.
    #[error(
        "the name `{0}` is not taken there: FAT, NTFS and SMB allow no colon. With names = \"portable\" the same file is \
         called like 2026-11-21T194024Z-000012.csv"
    )]
    NameRefused(String),
    /// Something else lies under a name that an export needs.
    #[error(
        "export {sequence}: another file lies under the name `{name}`; it was left as it is. Find out whose it is, and move it away"
    )]
    OtherFile {
        /// The export.
        sequence: u64,
        /// The name.
        name: String,
    },
    /// The server's ledger is older than what was delivered.
    #[error(
        "the server's ledger is older than what was delivered here: it does not know {0}. Nothing was delivered, so that \
         nothing is billed twice. After a restore, stop the server and bring back what lies here (`tollbooth deliver --to NAME --fetch DIR`) and run `tollbooth restore --published DIR`; \
         if another installation delivers here, or another profile, give another path"
    )]
    LedgerOlder(String),
    /// An export that does not follow the one before, or is not what its manifest says.
    #[error("export {sequence}: {what}. Nothing was delivered; run `tollbooth audit`")]
    Chain {
        /// The export.
        sequence: u64,
        /// What is wrong.
        what: ChainError,
    },
    /// What arrived is not what was sent.
    #[error("`{0}` arrived changed; it was removed again")]
    Damaged(String),
    /// An answer that makes no sense.
    #[error("the destination answers oddly: {0}")]
    Odd(String),
    /// A secret that cannot be read.
    #[error("{0}")]
    Secret(String),
    /// Our own progress.
    #[error("could not {action} {}: {source}", path.display())]
    Progress {
        /// `read`, `write`, …
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Trouble {
    /// For `map_err`: a failure at a file of ours.
    pub(crate) fn progress(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Progress { action, path: path.clone(), source }
    }

    /// One word for reports, metrics and log lines.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Server(_) => "server-unreachable",
            Self::Unreachable(_) => "unreachable",
            Self::Full(_) => "full",
            Self::LoginRefused(_) => "login-refused",
            Self::Untrusted(_) => "untrusted",
            Self::Denied(_) => "denied",
            Self::FolderMissing(_) => "folder-missing",
            Self::NameRefused(_) => "name-refused",
            Self::OtherFile { .. } => "other-file",
            Self::LedgerOlder(_) => "ledger-older",
            Self::Chain { .. } => "chain-broken",
            Self::Damaged(_) => "damaged",
            Self::Odd(_) => "odd-answer",
            Self::Secret(_) => "secret-missing",
            Self::Progress { .. } => "progress-unwritable",
        }
    }

    /// Whether another process delivers with our progress: who only looks need not mind.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Progress { source, .. } if source.kind() == std::io::ErrorKind::ResourceBusy)
    }

    /// Whether it may pass by itself, so that trying again soon makes sense. The others are tried again, too, but
    /// rarely: a wrong password that is repeated locks the account.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Server(error) => error.exit_code() == 3,
            Self::Unreachable(_) | Self::Full(_) | Self::Damaged(_) | Self::Odd(_) => true,
            Self::LoginRefused(_)
            | Self::Untrusted(_)
            | Self::Denied(_)
            | Self::FolderMissing(_)
            | Self::NameRefused(_)
            | Self::OtherFile { .. }
            | Self::LedgerOlder(_)
            | Self::Chain { .. }
            | Self::Secret(_)
            | Self::Progress { .. } => false,
        }
    }

    /// 3 when something was out of reach or had no room, else 1: people must look.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.is_passing() { 3 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_a_word_that_the_server_takes_and_means_the_same_there() {
        let text = || "x".to_owned();
        let io = || std::io::Error::other("x");
        let all = [
            Trouble::Server(ClientError::Unreachable { request: text(), attempts: 1, cause: text() }),
            Trouble::Unreachable(text()),
            Trouble::Full(text()),
            Trouble::LoginRefused(text()),
            Trouble::Untrusted(text()),
            Trouble::Denied(text()),
            Trouble::FolderMissing(text()),
            Trouble::NameRefused(text()),
            Trouble::OtherFile { sequence: 1, name: text() },
            Trouble::LedgerOlder(text()),
            Trouble::Chain { sequence: 1, what: ChainError::Gap { expected: 1 } },
            Trouble::Damaged(text()),
            Trouble::Odd(text()),
            Trouble::Secret(text()),
            Trouble::Progress { action: "read", path: "x".into(), source: io() },
        ];
        let words: Vec<_> = all
            .iter()
            .map(|trouble| trouble.state().parse::<tollbooth_pipeline::destination::Trouble>().unwrap())
            .collect();
        for word in tollbooth_pipeline::destination::Trouble::ALL {
            assert!(words.contains(word), "{word}");
        }
        for (trouble, word) in all.iter().zip(&words) {
            assert_eq!(trouble.is_passing(), word.is_passing(), "{word}");
        }
    }

    #[test]
    fn an_outage_passes_and_a_refusal_needs_people() {
        assert_eq!(Trouble::Unreachable("x".into()).exit_code(), 3);
        assert_eq!(Trouble::Full("x".into()).exit_code(), 3);
        for trouble in
            [Trouble::LoginRefused("x".into()), Trouble::LedgerOlder("x".into()), Trouble::NameRefused("x".into())]
        {
            assert_eq!(trouble.exit_code(), 1, "{trouble}");
        }
    }
}
