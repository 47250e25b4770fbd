//! `tollbooth verify`: whether the files of a folder are what was published, without a server.

use std::path::PathBuf;

use clap::Args;
use tollbooth_client::ClientError;
use tollbooth_client::verification::Verification;
use tollbooth_signature::PublicKey;

use crate::output::say;
use crate::server::exit_code;

/// Check the files of a folder against their manifests, chain and signatures; needs no server
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth verify /srv/billing --key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
  tollbooth verify /srv/billing

DIR is a folder that `tollbooth export --into` wrote, with DIR/manifests. The public keys are what GET /v1/signing-keys
answers; ask for them once, by a way you trust. Finds missing, changed and foreign files, gaps and forks of the chain,
manifests that were changed or signed by another key, passages that are on two lines, and corrections of a line that
does not exist, is another one or was corrected before. Without a key, whoever wrote
the whole folder may have made it up. docs/verify_exports.py does the same in a few lines of Python.

Memory does not grow with the files: lines are sorted in temporary files, which take twice the size of the files for the time
of the check. They lie in the system's temporary folder, or in the one that TMPDIR names. Of a file with many wrong
lines the first twenty are told, and how many more there are.
Exit codes: 0 all is as published, 1 something is not or could not be read, 2 wrong command line.")]
pub(crate) struct Verify {
    /// The folder with the files
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A public key to trust, 64 hexadecimal digits; may be given several times
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<PublicKey>,
}

impl Verify {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.make())
    }

    fn make(&self) -> Result<u8, ClientError> {
        let found = Verification::make(&self.folder, &self.keys)?;
        for finding in &found.findings {
            say(finding);
        }
        let signed = if found.signed { "signed by a trusted key" } else { "signatures not checked: no --key" };
        say(format_args!(
            "{} exports, {} bill lines, {} corrections, {signed}",
            found.exports, found.lines, found.corrections
        ));
        if let Some(copy) = &found.copy {
            say(format_args!("these are copies for `{copy}`: nothing is billed from them"));
        }
        say(if found.findings.is_empty() { "all is as published" } else { "NOT ALL IS AS PUBLISHED" });
        Ok(u8::from(!found.findings.is_empty()))
    }
}
