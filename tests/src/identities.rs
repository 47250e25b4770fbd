//! A provider of identities that answers as OpenID Connect Core 1.0 and Discovery 1.0 say, or in one of the ways in which
//! somebody may try to be signed in as somebody else. Its tokens are signed with real keys, made anew in every run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tiny_http::{Method, Request, Response, Server};

/// The client that it knows, and its secret.
pub const CLIENT: (&str, &str) = ("tollbooth", "secret of the tests' client");

/// A key that signs.
pub struct Key {
    id: &'static str,
    secret: SigningKey,
}

impl Key {
    /// A new one of this name.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn new(id: &'static str) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("random bytes");
        Self { id, secret: SigningKey::from_bytes(&seed) }
    }

    /// A token with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let signed = format!("{}.{}", part(&json!({ "alg": "EdDSA", "kid": self.id })), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.secret.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }

    /// As it is published.
    #[must_use]
    pub fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.secret.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.id, "use": "sig", "alg": "EdDSA", "x": x })
    }
}

/// A part of a token.
#[must_use]
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The time in seconds, as tokens write it.
#[must_use]
pub fn seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| i64::try_from(t.as_secs()).unwrap_or(i64::MAX))
}

/// Makes a token of what a good one would say.
pub type Forge = Box<dyn Fn(&Key, Value) -> String + Send>;

/// How an address is answered instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// With a failure of the server's own.
    Broken,
    /// Not within any time that somebody waits.
    Silent,
    /// With more than anybody reads.
    Huge,
    /// With a page.
    Page,
    /// Elsewhere.
    Elsewhere,
}

struct Grant {
    nonce: String,
    challenge: String,
    person: Value,
}

struct State {
    issuer: String,
    keys: Vec<Key>,
    grants: HashMap<String, Grant>,
    /// Codes that were ever given: none is given again.
    codes: usize,
    forge: Option<Forge>,
    trouble: HashMap<&'static str, Trouble>,
    /// Claims that are in `userinfo` only.
    elsewhere: Vec<&'static str>,
    asked: Vec<String>,
}

/// A running provider.
pub struct Identities {
    server: Arc<Server>,
    state: Arc<Mutex<State>>,
}

impl Identities {
    /// Starts one on a port of its own.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let issuer = format!("http://{}", server.server_addr().to_ip().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            issuer,
            keys: vec![Key::new("first")],
            grants: HashMap::new(),
            codes: 0,
            forge: None,
            trouble: HashMap::new(),
            elsewhere: Vec::new(),
            asked: Vec::new(),
        }));
        for _ in 0..4 {
            let (server, state) = (Arc::clone(&server), Arc::clone(&state));
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &state);
                }
            });
        }
        Self { server, state }
    }

    /// As it calls itself.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.state().issuer.clone()
    }

    /// The variables of an application that is connected to it.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let issuer = self.issuer();
        vec![
            ("openid_host", issuer.clone()),
            ("openid_issuer", issuer),
            ("openid_client_id", CLIENT.0.to_owned()),
            ("openid_client_secret", CLIENT.1.to_owned()),
            ("openid_redirect_url", "http://127.0.0.1:{port}/v1/sign-in/callback".to_owned()),
            ("openid_roles", "lead=supervisor; staff=reviewer; it=operator".to_owned()),
            ("openid_name", "Staff".to_owned()),
        ]
    }

    /// Somebody signs in at the address that their browser was sent to: the code that it takes back.
    #[must_use]
    pub fn sign_in(&self, address: &str, person: &Value) -> String {
        let mut state = self.state();
        let code = format!("code-{}", state.codes);
        state.codes += 1;
        let of = |name: &str| parameter(address, name);
        state.grants.insert(
            code.clone(),
            Grant { nonce: of("nonce"), challenge: of("code_challenge"), person: person.clone() },
        );
        code
    }

    /// From now on tokens are made like this.
    pub fn forge(&self, forge: impl Fn(&Key, Value) -> String + Send + 'static) {
        self.state().forge = Some(Box::new(forge));
    }

    /// From now on an address (`/token`, `/keys`, …) has this trouble, or none.
    pub fn trouble(&self, path: &'static str, trouble: Option<Trouble>) {
        let mut state = self.state();
        match trouble {
            Some(trouble) => state.trouble.insert(path, trouble),
            None => state.trouble.remove(path),
        };
    }

    /// From now on the claim is in `userinfo` and not in the token.
    pub fn only_in_userinfo(&self, claim: &'static str) {
        self.state().elsewhere.push(claim);
    }

    /// Signs with another key; only that is published.
    pub fn rotate(&self, id: &'static str) {
        self.state().keys = vec![Key::new(id)];
    }

    /// A token that it signs, of whatever claims.
    #[must_use]
    pub fn signed(&self, claims: &Value) -> String {
        self.state().keys.first().map(|key| key.sign(claims)).unwrap_or_default()
    }

    /// The paths that were asked for.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Identities {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A parameter of an address or a form, decoded; empty when it is not there.
#[must_use]
pub fn parameter(text: &str, name: &str) -> String {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_default()
}

fn answer(mut request: Request, state: &Mutex<State>) {
    let path = request.url().split('?').next().unwrap_or_default().to_owned();
    let mut form = String::new();
    let complete = request.as_reader().read_to_string(&mut form).is_ok();
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|header| header.field.equiv(name));
        found.map(|header| header.value.to_string()).unwrap_or_default()
    };
    let authorization = header("authorization");
    let mut state = lock(state);
    state.asked.push(path.clone());
    let trouble = state.trouble.iter().find(|(at, _)| **at == path).map(|(_, trouble)| *trouble);
    let (status, body) = match (trouble, request.method(), path.as_str()) {
        (Some(Trouble::Silent), _, _) => {
            drop(state);
            // Held until the process ends: whoever waits gives up by itself.
            std::mem::forget(request);
            return;
        }
        (Some(Trouble::Broken), _, _) => (503, "{}".to_owned()),
        (Some(Trouble::Huge), _, _) => (200, format!("{{\"x\":\"{}\"}}", "x".repeat(400_000))),
        (Some(Trouble::Page), _, _) => (200, "<html>hello</html>".to_owned()),
        (Some(Trouble::Elsewhere), _, _) => (302, String::new()),
        (None, Method::Get, "/.well-known/openid-configuration") => (200, description(&state.issuer)),
        (None, Method::Get, "/keys") => {
            let keys: Vec<Value> = state.keys.iter().map(Key::public).collect();
            (200, json!({ "keys": keys }).to_string())
        }
        (None, Method::Post, "/token") if complete => token(&mut state, &form, &authorization),
        (None, Method::Get, "/userinfo") => userinfo(&state, &authorization),
        _ => (404, String::new()),
    };
    drop(state);
    // A caller that went away is its own business.
    let _ = request.respond(Response::from_string(body).with_status_code(status));
}

fn description(issuer: &str) -> String {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "end_session_endpoint": format!("{issuer}/session/end"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "authorization_response_iss_parameter_supported": true,
    })
    .to_string()
}

/// Client, code and verifier are checked as RFC 6749 and RFC 7636 say; a code is good once.
fn token(state: &mut State, form: &str, authorization: &str) -> (u16, String) {
    let refused = |status: u16, error: &str| (status, json!({ "error": error }).to_string());
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(CLIENT.0), encoded(CLIENT.1));
    if authorization != format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)) {
        return refused(401, "invalid_client");
    }
    let code = parameter(form, "code");
    let Some(grant) = state.grants.remove(&code) else { return refused(400, "invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(parameter(form, "code_verifier").as_bytes()));
    if challenge != grant.challenge || parameter(form, "grant_type") != "authorization_code" {
        return refused(400, "invalid_grant");
    }
    let mut claims = json!({
        "iss": state.issuer, "aud": CLIENT.0, "nonce": grant.nonce, "iat": seconds(), "exp": seconds() + 300,
    });
    if let (Some(claims), Some(person)) = (claims.as_object_mut(), grant.person.as_object()) {
        for (name, value) in person.iter().filter(|(name, _)| !state.elsewhere.contains(&name.as_str())) {
            claims.insert(name.clone(), value.clone());
        }
    }
    let Some(key) = state.keys.first() else { return refused(500, "server_error") };
    let id_token = state.forge.as_ref().map_or_else(|| key.sign(&claims), |forge| forge(key, claims.clone()));
    // What opens `userinfo` is the person themselves: a provider of tests has no secrets.
    let access_token = part(&grant.person);
    (200, json!({ "token_type": "Bearer", "access_token": access_token, "id_token": id_token }).to_string())
}

fn userinfo(state: &State, authorization: &str) -> (u16, String) {
    let person = authorization.strip_prefix("Bearer ").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let person: Option<Value> = person.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(mut person) = person else { return (401, String::new()) };
    if let Some(all) = person.as_object_mut() {
        all.retain(|name, _| name == "sub" || state.elsewhere.contains(&name.as_str()));
    }
    (200, person.to_string())
}
