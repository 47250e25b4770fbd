//! Microsoft Graph's `sendMail` and the token endpoint, as their documents describe them, on a port of this machine.
//!
//! It checks what it receives as strictly as the real ones: form, token, path, JSON, addresses, header names. It answers 202
//! with no body, throttles beyond four at once and thirty messages a minute, and can be down in the ways that Graph is: 503
//! with `Retry-After`, 504 after the message went out all the same, 500, a reset connection, and refused credentials.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

/// What the application is known by.
pub const TENANT: &str = "contoso.example";
/// Its id.
pub const CLIENT_ID: &str = "0f0e0d0c-0b0a-0908-0706-050403020100";
/// Its secret, with characters that a form must encode.
pub const CLIENT_SECRET: &str = "s3cret~of&the=tests%41";
/// The mailbox that may send.
pub const SENDER: &str = "tolls@contoso.example";
const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.tests";

/// How Graph feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As documented.
    Well,
    /// 503 `serviceNotAvailable`, asking to come again after so many seconds.
    Down(u32),
    /// 504, and the message goes out all the same.
    GivesUpAfterSending,
    /// 500 `generalException`, and the message does not go out.
    Broken,
    /// 429 `ApplicationThrottled` with `Retry-After`.
    Throttles(u32),
    /// 403 `ErrorAccessDenied`: the access policy does not name the mailbox.
    Denies,
}

struct State {
    mood: Mood,
    sent: Vec<Value>,
    calls: usize,
    secret_expired: bool,
}

/// A running service; ends with the process.
pub struct Graph {
    server: Arc<Server>,
    state: Arc<Mutex<State>>,
    most_at_once: Arc<AtomicU32>,
}

impl Graph {
    /// Starts one that is well.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let state = State { mood: Mood::Well, sent: Vec::new(), calls: 0, secret_expired: false };
        let state = Arc::new(Mutex::new(state));
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        for _ in 0..8 {
            let (server, state, now, most) =
                (Arc::clone(&server), Arc::clone(&state), Arc::clone(&now), Arc::clone(&most));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    let under_way = now.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(under_way, Ordering::SeqCst);
                    answer(request, &state, under_way);
                    now.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
        Self { server, state, most_at_once: most }
    }

    /// Variables of the application that name it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let origin = format!("http://{}", self.server.server_addr().to_ip().expect("an address"));
        vec![
            ("graph_login_origin", origin.clone()),
            ("graph_origin", origin),
            ("graph_tenant", TENANT.to_owned()),
            ("graph_client_id", CLIENT_ID.to_owned()),
            ("graph_client_secret", CLIENT_SECRET.to_owned()),
            ("graph_sender", SENDER.to_owned()),
        ]
    }

    /// Changes its mood.
    pub fn feel(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// Lets the application's secret expire, or be renewed.
    pub fn expire_secret(&self, expired: bool) {
        lock(&self.state).secret_expired = expired;
    }

    /// Every message that went out.
    #[must_use]
    pub fn sent(&self) -> Vec<Value> {
        lock(&self.state).sent.clone()
    }

    /// Calls of `sendMail`.
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.state).calls
    }

    /// The most calls that were under way at once.
    #[must_use]
    pub fn most_at_once(&self) -> u32 {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

/// A header of a message that went out.
#[must_use]
pub fn header<'a>(sent: &'a Value, name: &str) -> Option<&'a str> {
    let headers = sent.pointer("/message/internetMessageHeaders")?.as_array()?;
    headers.iter().find(|header| header.get("name").and_then(Value::as_str) == Some(name))?.get("value")?.as_str()
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(mut request: Request, state: &Mutex<State>, under_way: u32) {
    let mut body = String::new();
    if request.as_reader().read_to_string(&mut body).is_err() {
        return;
    }
    let path = request.url().to_owned();
    let send_mail = format!("/v1.0/users/{}/sendMail", SENDER.replace('@', "%40"));
    let (status, retry_after, reply) = if *request.method() != Method::Post {
        (405, None, json!({}))
    } else if path == format!("/{TENANT}/oauth2/v2.0/token") {
        token(&body, &lock(state))
    } else if path == send_mail {
        sent(&request, &body, state, under_way)
    } else if path.starts_with("/v1.0/users/") {
        (404, None, error("ErrorInvalidUser"))
    } else {
        (404, None, error("BadRequest"))
    };
    // 202 has no body.
    let text = if status == 202 { String::new() } else { reply.to_string() };
    let mut response = Response::from_string(text).with_status_code(status);
    let header = retry_after.and_then(|seconds| Header::from_bytes("Retry-After", seconds.to_string()).ok());
    if let Some(header) = header {
        response = response.with_header(header);
    }
    let _ = request.respond(response);
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "Words that change.", "innerError": { "request-id": "0" } } })
}

fn token(form: &str, state: &State) -> (u16, Option<u32>, Value) {
    let field = |name: &str| {
        let found = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.map(decoded).unwrap_or_default()
    };
    let refused = |code: u64, error: &str| {
        let body = json!({ "error": error, "error_description": format!("AADSTS{code}: …"), "error_codes": [code] });
        (if error == "invalid_client" { 401 } else { 400 }, None, body)
    };
    if field("grant_type") != "client_credentials" || field("scope") != "https://graph.microsoft.com/.default" {
        return refused(70_011, "invalid_scope");
    }
    if field("client_id") != CLIENT_ID {
        return refused(700_016, "unauthorized_client");
    }
    if field("client_secret") != CLIENT_SECRET {
        return refused(7_000_215, "invalid_client");
    }
    if state.secret_expired {
        return refused(7_000_222, "invalid_client");
    }
    (200, None, json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN }))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).unwrap_or_default();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn sent(request: &Request, body: &str, state: &Mutex<State>, under_way: u32) -> (u16, Option<u32>, Value) {
    let mut state = lock(state);
    state.calls += 1;
    let authorized = request
        .headers()
        .iter()
        .any(|header| header.field.equiv("authorization") && header.value.as_str() == format!("Bearer {TOKEN}"));
    if !authorized {
        return (401, None, error("InvalidAuthenticationToken"));
    }
    if under_way > 4 {
        return (429, Some(10), error("ApplicationThrottled"));
    }
    let mood = state.mood;
    match mood {
        Mood::Down(seconds) => return (503, Some(seconds), error("serviceNotAvailable")),
        Mood::Broken => return (500, None, error("generalException")),
        Mood::Throttles(seconds) => return (429, Some(seconds), error("ApplicationThrottled")),
        Mood::Denies => return (403, None, error("ErrorAccessDenied")),
        Mood::Well | Mood::GivesUpAfterSending => {}
    }
    let Ok(message) = serde_json::from_str::<Value>(body) else { return (400, None, error("BadRequest")) };
    if let Err(code) = checked(&message) {
        return (400, None, error(code));
    }
    state.sent.push(message);
    if mood == Mood::GivesUpAfterSending { (504, None, error("gatewayTimeout")) } else { (202, None, Value::Null) }
}

/// What Graph would refuse.
fn checked(message: &Value) -> Result<(), &'static str> {
    let text = |path: &str| message.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("/message/subject").ok_or("ErrorInvalidRequest")?;
    text("/message/body/content").ok_or("ErrorInvalidRequest")?;
    if !matches!(text("/message/body/contentType"), Some("Text" | "HTML")) {
        return Err("RequestBodyRead");
    }
    let address = text("/message/toRecipients/0/emailAddress/address").ok_or("ErrorInvalidRecipients")?;
    if !address.contains('@') {
        return Err("ErrorInvalidRecipients");
    }
    let headers = message.pointer("/message/internetMessageHeaders").and_then(Value::as_array);
    let headers = headers.map(Vec::as_slice).unwrap_or_default();
    let named = |header: &Value| header.get("name").and_then(Value::as_str).is_some_and(|name| name.starts_with("x-"));
    if headers.len() > 5 || !headers.iter().all(named) {
        return Err("InvalidInternetMessageHeader");
    }
    if message.get("saveToSentItems").is_some_and(|value| !value.is_boolean()) {
        return Err("RequestBodyRead");
    }
    Ok(())
}
