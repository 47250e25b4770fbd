//! Signatures of manifests and the public keys that check them. The keys are variables of the application; without one
//! nothing is signed.
//!
//! Ed25519 signatures follow from key and text alone, so they are made when they are asked for and kept nowhere.

use serde::Serialize;
use tollbooth_signature::{Signatures, SigningKeys};
use tollbooth_web::{Answer, Problem, Request, Response, required_variable};

#[derive(Serialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    algorithm: &'static str,
    public_key: String,
}

/// `GET /v1/signing-keys`: the one in force first. Needs no token: the keys are public.
pub fn list(request: &Request) -> Answer {
    request.query.only(&[])?;
    let keys = keys()?.public();
    let keys = keys.iter().map(|key| Key { algorithm: "Ed25519", public_key: key.to_string() }).collect();
    Response::json(200, &Keys { keys })
}

/// Signs a manifest; none when there is no key.
pub fn sign(manifest: &str) -> Result<Option<Signatures>, Problem> {
    let keys = keys()?;
    Ok((!keys.is_empty()).then(|| keys.sign(manifest.as_bytes())))
}

fn keys() -> Result<SigningKeys, Problem> {
    let read = |name| required_variable(name).map_err(Problem::unavailable);
    SigningKeys::parse(&read("signing_key")?, &read("signing_key_previous")?)
        .map_err(|error| Problem::internal(format!("{error}; `tollbooth signing-key` makes one")))
}
