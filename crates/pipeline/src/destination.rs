//! Destinations of published files as the ledger knows them: what `tollbooth deliver` reports of each, and what follows.
//!
//! Invariants: a report is a few words and numbers, never a text of a server's: no secret, user or address can be in it; it
//! says of the destination what is so now, so a report that is lost is made good by the next.

use crate::Instant;
use crate::reason::named;

/// Most destinations that are kept.
pub const MOST_DESTINATIONS: u32 = 50;
/// Longest name of one, of lower-case letters, digits and `-`.
pub const LONGEST_NAME: usize = 40;
/// A report is late for so long before nobody is taken to deliver any more, in milliseconds: one is made after each look,
/// and a look may take as long as what is pending takes to upload.
pub const SILENT_MS: i64 = 600_000;

named! {
    /// What a destination is.
    DestinationKind, "kind of destination" {
        /// A folder of the machine that delivers.
        Folder = "folder",
        /// An SFTP server.
        Sftp = "sftp",
        /// An FTP server behind TLS.
        Ftps = "ftps",
        /// S3, or what speaks like it.
        S3 = "s3",
        /// Azure Blob Storage.
        AzureBlob = "azure-blob",
    }
}

named! {
    /// What keeps a destination from getting its files.
    Trouble, "trouble of a destination" {
        /// TollBooth's own server did not answer, or refused.
        ServerUnreachable = "server-unreachable",
        /// No connection, or one that broke.
        Unreachable = "unreachable",
        /// No room.
        Full = "full",
        /// What arrived is not what was sent.
        Damaged = "damaged",
        /// An answer that makes no sense.
        OddAnswer = "odd-answer",
        /// User, password or key.
        LoginRefused = "login-refused",
        /// The server does not show that it is the one that was configured.
        Untrusted = "untrusted",
        /// Rights.
        Denied = "denied",
        /// The folder is not there.
        FolderMissing = "folder-missing",
        /// A name that is not taken there.
        NameRefused = "name-refused",
        /// Another file lies under the name of an export.
        OtherFile = "other-file",
        /// An export does not follow the one before.
        ChainBroken = "chain-broken",
        /// A secret cannot be read.
        SecretMissing = "secret-missing",
        /// The progress of the delivery cannot be written.
        ProgressUnwritable = "progress-unwritable",
        /// More was delivered than this ledger knows: a backup was restored.
        LedgerOlder = "ledger-older",
    }
}

impl Trouble {
    /// Whether it may pass by itself; the others need people.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        match self {
            Self::ServerUnreachable | Self::Unreachable | Self::Full | Self::Damaged | Self::OddAnswer => true,
            Self::LoginRefused
            | Self::Untrusted
            | Self::Denied
            | Self::FolderMissing
            | Self::NameRefused
            | Self::OtherFile
            | Self::ChainBroken
            | Self::SecretMissing
            | Self::ProgressUnwritable
            | Self::LedgerOlder => false,
        }
    }

    /// It in words, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ServerUnreachable => "TollBooth's own server does not answer it",
            Self::Unreachable => "it is out of reach",
            Self::Full => "it has no room left",
            Self::Damaged => "what arrives is not what was sent",
            Self::OddAnswer => "its answers make no sense",
            Self::LoginRefused => "it refuses the login",
            Self::Untrusted => "it does not show that it is the server that was configured",
            Self::Denied => "it does not permit what has to be done",
            Self::FolderMissing => "its folder is not there",
            Self::NameRefused => "it does not take the names of the files",
            Self::OtherFile => "another file lies under the name of an export",
            Self::ChainBroken => "an export does not follow the one before",
            Self::SecretMissing => "a password or key for it cannot be read",
            Self::ProgressUnwritable => "the progress of the delivery cannot be written",
            Self::LedgerOlder => "more was delivered there than this ledger knows: a backup was restored",
        }
    }
}

named! {
    /// How a destination stands.
    DestinationState, "state of a destination" {
        /// It has everything, or is getting it.
        Well = "well",
        /// It fails, and is tried again by itself.
        Retrying = "retrying",
        /// It refuses, and people must look.
        Refused = "refused",
        /// More was delivered there than this ledger knows.
        LedgerOlder = "ledger-older",
        /// Nobody has reported of it for too long: `tollbooth deliver` does not run.
        Silent = "silent",
    }
}

/// How a destination stands that was last reported with this trouble, when the next report is due by `next_report_at`.
#[must_use]
pub fn state(trouble: Option<Trouble>, next_report_at: Instant, now: Instant) -> DestinationState {
    if now > next_report_at.saturating_add(SILENT_MS) {
        return DestinationState::Silent;
    }
    match trouble {
        None => DestinationState::Well,
        Some(Trouble::LedgerOlder) => DestinationState::LedgerOlder,
        Some(passing) if passing.is_passing() => DestinationState::Retrying,
        Some(_) => DestinationState::Refused,
    }
}

/// Whether a destination may be called this.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reports_is_silent_and_the_rest_is_what_its_trouble_says() {
        let at = |trouble| state(trouble, 1_000, 1_000 + SILENT_MS);
        assert_eq!(at(None), DestinationState::Well);
        assert_eq!(at(Some(Trouble::Full)), DestinationState::Retrying);
        assert_eq!(at(Some(Trouble::Untrusted)), DestinationState::Refused);
        assert_eq!(at(Some(Trouble::LedgerOlder)), DestinationState::LedgerOlder);
        assert_eq!(state(None, 1_000, 1_001 + SILENT_MS), DestinationState::Silent);
    }

    #[test]
    fn names_are_those_that_the_configuration_takes() {
        assert!(is_name("billing-2") && is_name("7"));
        for bad in ["", "Billing", "a b", "a/b", "a".repeat(41).as_str()] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
