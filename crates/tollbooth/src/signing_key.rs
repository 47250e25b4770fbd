//! `tollbooth signing-key`: a new key for signing exports.

use clap::Args;
use tollbooth_signature::SigningKeys;

use crate::output::say;

/// Make a key that signs exports
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth signing-key
  SPIN_VARIABLE_SIGNING_KEY=$(tollbooth signing-key | head -1) tollbooth up

The first line is the secret: the value of the secret variable `signing_key`; keep it as you keep passwords. The second
line is the public key, which GET /v1/signing-keys serves as well. To change keys, put the old secret into
`signing_key_previous` for as long as somebody trusts only the old public key: both sign meanwhile.
Exit codes: 0 made, 1 no randomness.")]
pub(crate) struct SigningKey {}

impl SigningKey {
    pub(crate) fn run(self) -> u8 {
        let mut random = [0; 32];
        if let Err(error) = getrandom::fill(&mut random) {
            eprintln!("error: no randomness: {error}");
            return 1;
        }
        let (secret, public) = SigningKeys::generate(&random);
        say(secret);
        say(public);
        0
    }
}
