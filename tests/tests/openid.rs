//! Signing in with a provider of identities over HTTP, and the ways to be signed in as somebody else that must fail.

use serde_json::{Value, json};
use tollbooth_tests::identities::{Identities, Key, Trouble, parameter, part, seconds};
use tollbooth_tests::{Api, Host, Options, Reply, wait};

const SESSION: &str = "__Host-tollbooth";
const ATTEMPT: &str = "__Host-tollbooth-sign-in";

/// What a browser sends with a request that the console itself makes.
const OURS: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("tollbooth-console", "1")];
/// What it sends when the provider takes somebody back.
const BACK: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

fn connected() -> (Identities, Host) {
    let provider = Identities::start();
    let host = Host::start_with(Options { variables: provider.variables(), ..Options::default() });
    (provider, host)
}

fn ann() -> Value {
    json!({ "sub": "ann", "name": "Ann Lee", "roles": ["staff"] })
}

/// One browser on its way: its cookies, as browsers keep and send them.
struct Browser<'a> {
    host: &'a Host,
    attempt: String,
    session: String,
}

impl<'a> Browser<'a> {
    fn new(host: &'a Host) -> Self {
        Self { host, attempt: String::new(), session: String::new() }
    }

    fn keep(&mut self, reply: &Reply) {
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match name {
                SESSION => self.session = value.to_owned(),
                ATTEMPT => self.attempt = value.to_owned(),
                other => panic!("a cookie {other} that this test does not know"),
            }
        }
    }

    /// The address at the provider; the session's cookie goes along, for the click is on a page of ours.
    fn start(&mut self, query: &str) -> Reply {
        let cookie = format!("{SESSION}={}", self.session);
        let api = self.host.anonymous().with_headers(&[OURS[0], ("cookie", &cookie)]);
        let reply = api.get(&format!("/v1/sign-in/start{query}"));
        self.keep(&reply);
        reply
    }

    /// Back from another site: only the attempt's cookie goes along.
    fn back(&mut self, query: &str) -> Reply {
        let cookie = format!("{ATTEMPT}={}", self.attempt);
        let api = self.host.anonymous().with_headers(&[BACK[0], BACK[1], BACK[2], ("cookie", &cookie)]);
        let reply = api.get(&format!("/v1/sign-in/callback?{query}"));
        self.keep(&reply);
        reply
    }

    fn sign_in(&mut self, provider: &Identities, person: &Value) -> Reply {
        let away = self.start("");
        let address = location(&away);
        let code = provider.sign_in(&address, person);
        self.back(&answer(provider, &code, &parameter(&address, "state")))
    }

    fn api(&self) -> Api {
        let cookie = format!("{SESSION}={}", self.session);
        self.host.anonymous().with_headers(&[OURS[0], OURS[1], ("cookie", &cookie)])
    }
}

fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{reply:?}");
    reply.header("location").unwrap_or_default().to_owned()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn answer(provider: &Identities, code: &str, state: &str) -> String {
    format!("code={code}&state={state}&iss={}", encoded(&provider.issuer()))
}

/// Nobody was signed in, and the page says this.
fn assert_failed(reply: &Reply, code: &str, what: &str) {
    assert_eq!(location(reply), format!("/console/sign-in?failed={code}"), "{what}");
    let set = reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
    assert!(set.clone().all(|cookie| !cookie.starts_with("__Host-tollbooth=")), "{what}: {reply:?}");
    assert!(set.clone().any(|cookie| cookie.starts_with(ATTEMPT) && cookie.contains("Max-Age=0")), "{what}");
}

#[test]
fn somebody_signs_in_with_their_provider_and_is_who_it_says() {
    let (provider, host) = connected();
    assert_eq!(host.anonymous().get("/v1/sign-in").json()["provider"]["name"], "Staff");
    let mut browser = Browser::new(&host);
    let away = browser.start("?return=/console/search");
    let address = location(&away);
    assert!(address.starts_with(&format!("{}/authorize?", provider.issuer())), "{address}");
    let set = away.header("set-cookie").unwrap_or_default();
    for attribute in ["__Host-", "Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(set.contains(attribute), "{attribute}: {set}");
    }
    let code = provider.sign_in(&address, &ann());
    let back = browser.back(&answer(&provider, &code, &parameter(&address, "state")));
    assert_eq!(location(&back), "/console/sign-in?signed-in=1&to=%2Fconsole%2Fsearch");
    let cookies: Vec<_> = back.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
    assert!(
        cookies.iter().any(|(_, c)| c.starts_with("__Host-tollbooth=tbs_") && c.ends_with("SameSite=Strict")),
        "{cookies:?}"
    );
    let me = browser.api().get("/v1/me").json();
    assert_eq!(
        (&me["name"], &me["role"], &me["session"]["opened_by"]),
        (&json!("Ann Lee"), &json!("reviewer"), &json!("provider")),
        "{me}"
    );
    // A second browser of the same person: the same person, two sessions, which she sees and ends one by one.
    let mut other = Browser::new(&host);
    other.sign_in(&provider, &json!({ "sub": "ann", "name": "Ann L.", "roles": ["staff"] }));
    assert_eq!(other.api().get("/v1/me").json()["token"], me["token"]);
    let shown = other.api().get("/v1/sessions").json();
    assert_eq!(shown["sessions"].as_array().unwrap().len(), 2, "{shown}");
    let foreign = shown["sessions"].as_array().unwrap().iter().find(|s| s["current"] == json!(false)).unwrap();
    let path = format!("/v1/sessions/{}", foreign["id"].as_str().unwrap());
    assert_eq!(other.api().delete(&path).json()["ended"], 1);
    assert_eq!(browser.api().get("/v1/me").status, 401);
    assert_eq!(other.api().get("/v1/me").json()["name"], "Ann L.");
    // Nothing that is secret is in the log.
    for secret in [&code, &browser.session, &parameter(&address, "state"), &parameter(&address, "nonce")] {
        assert!(!host.log().contains(secret.as_str()), "{secret}");
    }
    assert!(!host.log().contains("secret of the tests"));
}

#[test]
fn roles_that_are_only_in_userinfo_count_and_those_of_somebody_else_do_not() {
    let (provider, host) = connected();
    provider.only_in_userinfo("roles");
    let mut browser = Browser::new(&host);
    browser.sign_in(&provider, &json!({ "sub": "sue", "name": "Sue", "roles": ["staff", "lead"] }));
    assert_eq!(browser.api().get("/v1/me").json()["role"], "supervisor");
    // The token is Sue's, what opens `userinfo` is Eve's.
    provider.forge(|key, mut claims| {
        claims["sub"] = json!("sue");
        key.sign(&claims)
    });
    let reply = Browser::new(&host).sign_in(&provider, &json!({ "sub": "eve", "roles": ["lead"] }));
    assert_failed(&reply, "provider-unreachable", "claims of somebody else");
}

#[test]
fn no_forged_token_signs_anybody_in() {
    let (provider, host) = connected();
    let mut browser = Browser::new(&host);
    browser.sign_in(&provider, &ann());
    assert_eq!(browser.api().get("/v1/me").status, 200, "a good one does");
    let but = |name: &'static str, value: Value| {
        move |key: &Key, mut claims: Value| {
            claims[name] = value.clone();
            key.sign(&claims)
        }
    };
    type Forge = Box<dyn Fn(&Key, Value) -> String + Send>;
    let forgeries: Vec<(&str, Forge)> = vec![
        ("signed by another key of the same name", Box::new(|_: &Key, claims: Value| Key::new("first").sign(&claims))),
        (
            "without a signature",
            Box::new(|_: &Key, claims: Value| format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims))),
        ),
        (
            "a signature of other claims",
            Box::new(|key: &Key, claims: Value| {
                let token = key.sign(&claims);
                let mut parts: Vec<&str> = token.split('.').collect();
                let changed =
                    part(&json!({ "sub": "boss", "roles": ["it"], "iss": claims["iss"], "aud": claims["aud"],
                "nonce": claims["nonce"], "iat": claims["iat"], "exp": claims["exp"] }));
                parts[1] = &changed;
                parts.join(".")
            }),
        ),
        (
            "HS256 with the public key",
            Box::new(|key: &Key, claims: Value| {
                let header = part(&json!({ "alg": "HS256", "kid": "first" }));
                format!("{header}.{}.{}", part(&claims), part(&key.public()))
            }),
        ),
        ("expired", Box::new(but("exp", json!(seconds() - 100)))),
        ("not yet valid", Box::new(but("nbf", json!(seconds() + 100)))),
        ("of another time", Box::new(but("iat", json!(seconds() - 3_600)))),
        ("for another audience", Box::new(but("aud", json!("other")))),
        ("for another party", Box::new(but("azp", json!("other")))),
        ("of another issuer", Box::new(but("iss", json!("https://evil.example")))),
        ("of another attempt", Box::new(but("nonce", json!("foreign")))),
        ("without an attempt", Box::new(but("nonce", json!(null)))),
        ("of nobody", Box::new(but("sub", json!("")))),
        ("no token", Box::new(|_: &Key, _: Value| "hello".to_owned())),
    ];
    for (what, forge) in forgeries {
        provider.forge(forge);
        let mut victim = Browser::new(&host);
        let reply = victim.sign_in(&provider, &ann());
        assert_failed(&reply, "refused", what);
        assert_eq!(victim.api().get("/v1/me").status, 401, "{what}");
    }
}

#[test]
fn an_answer_is_taken_once_by_the_browser_that_began_and_by_no_other() {
    let (provider, host) = connected();
    let mut browser = Browser::new(&host);
    let address = location(&browser.start(""));
    let code = provider.sign_in(&address, &ann());
    let state = parameter(&address, "state");
    let good = answer(&provider, &code, &state);
    // Another browser: one that began nothing, and one that began something else (who signs a victim in as themselves).
    assert_failed(&Browser::new(&host).back(&good), "expired", "a browser that began nothing");
    let mut other = Browser::new(&host);
    let _ = other.start("");
    assert_failed(&other.back(&good), "expired", "a browser that began something else");
    let foreign = answer(&provider, &code, "foreign");
    let cookie = browser.attempt.clone();
    for (what, query) in [("a foreign state", foreign.as_str()), ("no state", "code=x"), ("nothing", "")] {
        browser.attempt.clone_from(&cookie);
        assert_failed(&browser.back(query), "expired", what);
    }
    // None of this spent the code. Two answers at once open one session.
    browser.attempt.clone_from(&cookie);
    let done = browser.back(&good);
    assert!(location(&done).contains("signed-in=1"), "{done:?}");
    browser.attempt.clone_from(&cookie);
    assert_failed(&browser.back(&good), "expired", "the same answer again");
    // A provider that gives for a code twice does not make it count twice.
    let again = provider.sign_in(&address, &ann());
    browser.attempt.clone_from(&cookie);
    assert_failed(&browser.back(&answer(&provider, &again, &state)), "expired", "the same attempt again");
    assert_eq!(browser.api().get("/v1/sessions").json()["sessions"].as_array().unwrap().len(), 1);
    // And nothing but a person's browser, taken there as a page, is answered at all.
    for (name, value) in [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "cors")] {
        let framed = host.anonymous().with_headers(&[BACK[0], (name, value)]);
        assert_eq!(framed.get(&format!("/v1/sign-in/callback?{good}")).problem(), "cross-site", "{value}");
    }
}

#[test]
fn another_site_starts_nothing_and_nobody_is_sent_elsewhere() {
    let (provider, host) = connected();
    for site in [Some("cross-site"), Some("same-site"), None] {
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let reply = host.anonymous().with_headers(&headers).get("/v1/sign-in/start");
        assert_eq!(reply.problem(), "cross-site", "{site:?}");
    }
    for to in
        ["https://evil.example", "//evil.example", "/\\evil.example", "/console/../../evil", "javascript:alert(1)"]
    {
        let mut browser = Browser::new(&host);
        let address = location(&browser.start(&format!("?return={}", encoded(to))));
        let code = provider.sign_in(&address, &ann());
        let back = browser.back(&answer(&provider, &code, &parameter(&address, "state")));
        assert_eq!(location(&back), "/console/sign-in?signed-in=1&to=%2Fconsole", "{to}");
    }
}

#[test]
fn the_answer_of_another_issuer_is_not_exchanged() {
    let (provider, host) = connected();
    for iss in ["&iss=https%3A%2F%2Fevil.example", ""] {
        let mut browser = Browser::new(&host);
        let address = location(&browser.start(""));
        let code = provider.sign_in(&address, &ann());
        let query = format!("code={code}&state={}{iss}", parameter(&address, "state"));
        assert_failed(&browser.back(&query), "refused", iss);
    }
    assert!(!provider.asked().contains(&"/token".to_owned()), "a code of another issuer was sent to this one");
}

#[test]
fn a_session_that_somebody_chose_or_that_was_there_before_is_not_the_one_that_signing_in_opens() {
    let (provider, host) = connected();
    let mut browser = Browser::new(&host);
    let chosen = format!("tbs_00000000000000000000000000_{}", "0".repeat(64));
    browser.session.clone_from(&chosen);
    browser.sign_in(&provider, &ann());
    let first = browser.session.clone();
    assert_ne!(first, chosen);
    // Signing in again, as somebody else, takes the place of who was there.
    let before = browser.api();
    browser.sign_in(&provider, &json!({ "sub": "bob", "name": "Bob", "roles": ["staff"] }));
    assert_ne!(browser.session, first);
    assert_eq!(before.get("/v1/me").status, 401, "the old session ended in the same step");
    assert_eq!(browser.api().get("/v1/me").json()["name"], "Bob");
}

#[test]
fn new_keys_are_fetched_when_a_token_is_signed_with_one_and_not_at_every_sign_in() {
    let (provider, host) = connected();
    let fetched = || provider.asked().iter().filter(|path| *path == "/keys").count();
    for _ in 0..3 {
        assert!(location(&Browser::new(&host).sign_in(&provider, &ann())).contains("signed-in"));
    }
    assert_eq!(fetched(), 1);
    provider.rotate("second");
    // Within seconds of the last try nobody has them fetched again.
    wait::until("the new key", 60, || {
        let reply = Browser::new(&host).sign_in(&provider, &ann());
        if location(&reply).contains("signed-in") {
            return Some(());
        }
        assert_failed(&reply, "refused", "a key that is not known yet");
        None
    });
    assert_eq!(fetched(), 2);
}

#[test]
fn a_provider_that_is_down_slow_or_endless_is_an_outage_and_ends_no_session() {
    let (provider, host) = connected();
    let mut signed_in = Browser::new(&host);
    signed_in.sign_in(&provider, &ann());
    for trouble in [Trouble::Broken, Trouble::Huge, Trouble::Silent] {
        provider.trouble("/token", Some(trouble));
        let reply = Browser::new(&host).sign_in(&provider, &ann());
        assert_failed(&reply, "provider-unreachable", &format!("{trouble:?}"));
    }
    for trouble in [Trouble::Page, Trouble::Elsewhere] {
        provider.trouble("/token", Some(trouble));
        assert_failed(&Browser::new(&host).sign_in(&provider, &ann()), "misconfigured", &format!("{trouble:?}"));
    }
    provider.trouble("/token", None);
    assert_eq!(signed_in.api().get("/v1/me").status, 200, "who is signed in stays");
    // One that was never there.
    let mut variables = Identities::start().variables();
    for (name, value) in &mut variables {
        if ["openid_host", "openid_issuer"].contains(name) {
            *value = "http://127.0.0.1:9".to_owned();
        }
    }
    let host = Host::start_with(Options { variables, ..Options::default() });
    assert_failed(&Browser::new(&host).start(""), "provider-unreachable", "nobody listens");
    let link = host.operator.post("/v1/sign-in-links", &json!({}));
    assert_eq!(link.status, 201, "links go on");
}

#[test]
fn who_loses_the_role_at_the_provider_or_here_is_out_at_once() {
    let (provider, host) = connected();
    let mut desk = Browser::new(&host);
    desk.sign_in(&provider, &ann());
    let token = desk.api().get("/v1/me").text("token");
    // The provider gives another role: what was opened under the old one ends.
    let mut phone = Browser::new(&host);
    phone.sign_in(&provider, &json!({ "sub": "ann", "name": "Ann Lee", "roles": ["lead"] }));
    assert_eq!(desk.api().get("/v1/me").status, 401);
    assert_eq!(phone.api().get("/v1/me").json()["role"], "supervisor");
    // It gives none.
    let reply = Browser::new(&host).sign_in(&provider, &json!({ "sub": "ann", "roles": ["guest"] }));
    assert_failed(&reply, "no-role", "a role that means nothing here");
    assert_eq!(phone.api().get("/v1/me").status, 401);
    let stranger = Browser::new(&host).sign_in(&provider, &json!({ "sub": "tom", "name": "Tom" }));
    assert_failed(&stranger, "no-role", "a stranger without any");
    // An operator ends all sessions of a person, who may sign in again; nobody else can.
    desk.sign_in(&provider, &ann());
    assert_eq!(desk.api().delete("/v1/sessions?token=tok_first").problem(), "forbidden");
    let (code, out, err) = host.tool(&["console", "--sign-out", &token]);
    assert_eq!((code, out.contains("1 session")), (0, true), "{out}{err}");
    assert_eq!(desk.api().get("/v1/me").status, 401);
    assert_eq!(host.operator.delete("/v1/sessions?token=tok_nobody").problem(), "not-found");
    // No link gets around the provider, and a revoked person stays out.
    let link = host.operator.post("/v1/sign-in-links", &json!({ "token": token }));
    assert_eq!(link.problem(), "not-found");
    desk.sign_in(&provider, &ann());
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{token}")).status, 200);
    assert_eq!(desk.api().get("/v1/me").status, 401);
    assert_failed(&desk.sign_in(&provider, &ann()), "revoked", "revoked here");
}

/// What a provider says of somebody who signed out there.
fn signed_out(provider: &Identities, of: &Value) -> Value {
    let mut claims = json!({
        "iss": provider.issuer(), "aud": "tollbooth", "jti": "1", "iat": seconds(), "exp": seconds() + 120,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    claims.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    claims
}

fn tell(host: &Host, token: &str) -> Reply {
    let body = format!("logout_token={token}");
    host.anonymous().post_bytes("/v1/sign-in/logout", "application/x-www-form-urlencoded", body.as_bytes())
}

#[test]
fn who_signs_out_here_is_taken_to_the_provider_and_who_came_by_a_link_is_not() {
    let (provider, host) = connected();
    let mut browser = Browser::new(&host);
    let way = |browser: &Browser<'_>, path: &str| browser.api().delete(path).json();
    for path in ["/v1/sessions/current", "/v1/sessions"] {
        browser.sign_in(&provider, &ann());
        let out = way(&browser, path);
        assert_eq!(out["provider"]["name"], "Staff", "{path}: {out}");
        let url = out["provider"]["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("{}/session/end?client_id=tollbooth&", provider.issuer())), "{url}");
        let back = format!("http://{}/console/sign-in", host.address());
        assert_eq!(parameter(url, "post_logout_redirect_uri"), back, "registered there once, to the letter");
        assert_eq!(browser.api().get("/v1/me").status, 401, "{path}");
    }
    // Another session of hers leads nowhere, nor does one that an operator ends.
    browser.sign_in(&provider, &ann());
    let mut other = Browser::new(&host);
    other.sign_in(&provider, &ann());
    let sessions = browser.api().get("/v1/sessions").json();
    let foreign = sessions["sessions"].as_array().unwrap().iter().find(|s| s["current"] == json!(false)).unwrap();
    let ended = way(&browser, &format!("/v1/sessions/{}", foreign["id"].as_str().unwrap()));
    assert_eq!(ended, json!({ "ended": 1, "provider": null }));
    let code = host.token("reviewer", None).post("/v1/sign-in-links", &json!({})).text("code");
    let opened = host.anonymous().with_headers(&OURS).post("/v1/sessions", &json!({ "code": code }));
    other.keep(&opened);
    assert_eq!(way(&other, "/v1/sessions/current"), json!({ "ended": 1, "provider": null }));
}

#[test]
fn somebody_whom_the_provider_signed_out_is_out_here_at_once() {
    let (provider, host) = connected();
    let person = |sub: &str, sid: &str| json!({ "sub": sub, "name": sub, "roles": ["staff"], "sid": sid });
    let signed_in = |sub: &str, sid: &str| {
        let mut browser = Browser::new(&host);
        browser.sign_in(&provider, &person(sub, sid));
        browser
    };
    let (desk, phone, bob) = (signed_in("ann", "s-1"), signed_in("ann", "s-2"), signed_in("bob", "s-3"));
    let alive = |browser: &Browser<'_>| browser.api().get("/v1/me").status == 200;
    // What does not prove it ends nothing.
    let forged = Key::new("first").sign(&signed_out(&provider, &json!({ "sub": "ann" })));
    for (what, token) in [
        ("another key", forged),
        (
            "an ID token",
            provider.signed(&json!({ "iss": provider.issuer(), "aud": "tollbooth", "sub": "ann",
            "nonce": "n", "iat": seconds(), "exp": seconds() + 300 })),
        ),
        ("for somebody else", provider.signed(&signed_out(&provider, &json!({ "sub": "ann", "aud": "other" })))),
        (
            "of another issuer",
            provider.signed(&signed_out(&provider, &json!({ "sub": "ann", "iss": "https://evil.example" }))),
        ),
        ("old", provider.signed(&signed_out(&provider, &json!({ "sub": "ann", "iat": seconds() - 3_600 })))),
        ("nobody", provider.signed(&signed_out(&provider, &json!({})))),
        ("nothing", String::new()),
    ] {
        let refused = tell(&host, &token);
        assert_eq!((refused.status, refused.problem()), (400, "invalid-request".into()), "{what}: {refused:?}");
        assert!(token.is_empty() || !host.log().contains(&token), "{what}");
    }
    let body = host.anonymous().post("/v1/sign-in/logout", &json!({ "logout_token": "x" }));
    assert_eq!(body.status, 415, "{body:?}");
    assert!(alive(&desk) && alive(&phone) && alive(&bob));
    // One session, then all of the person's; again, it changes nothing.
    let one = provider.signed(&signed_out(&provider, &json!({ "sub": "ann", "sid": "s-1" })));
    for expected in [1, 0] {
        assert_eq!(tell(&host, &one).json(), json!({ "ended": expected }));
    }
    assert!(!alive(&desk) && alive(&phone) && alive(&bob));
    let all = provider.signed(&signed_out(&provider, &json!({ "sub": "ann" })));
    assert_eq!(tell(&host, &all).json(), json!({ "ended": 1 }));
    assert!(!alive(&phone) && alive(&bob));
    // Without a provider there is nobody to hear from; without its keys nothing is believed.
    assert_eq!(tell(&Host::start(), &all).status, 404);
}

#[test]
fn what_is_set_wrongly_is_said_to_operators_and_what_is_not_set_offers_links_only() {
    let host = Host::start();
    assert_eq!(host.anonymous().get("/v1/sign-in").json(), json!({ "provider": null }));
    assert_failed(&Browser::new(&host).start(""), "not-configured", "no provider");
    assert_failed(&Browser::new(&host).back("code=x&state=y"), "not-configured", "no provider");
    let provider = Identities::start();
    let mut variables = provider.variables();
    variables.retain(|(name, _)| *name != "openid_redirect_url" && *name != "openid_roles");
    variables.push(("openid_roles", "staff=boss".to_owned()));
    let host = Host::start_with(Options { variables, ..Options::default() });
    assert_failed(&Browser::new(&host).start(""), "misconfigured", "wrong variables");
    for word in ["openid_redirect_url", "openid_roles", "`staff=boss`"] {
        assert!(host.log().contains(word), "{word}: {}", host.log());
    }
}

#[test]
fn a_group_may_give_a_role_at_some_booths_only_and_a_change_of_them_ends_what_was_opened() {
    let provider = Identities::start();
    let mut variables = provider.variables();
    variables.retain(|(name, _)| *name != "openid_roles");
    variables.push(("openid_roles", "toll-north=reviewer@north; toll-south=reviewer@south; staff=reviewer".to_owned()));
    let host = Host::start_with(Options { variables, ..Options::default() });
    let of = |groups: &[&str]| json!({ "sub": "ann", "name": "Ann Lee", "roles": groups });
    let mut here = Browser::new(&host);
    here.sign_in(&provider, &of(&["toll-north"]));
    assert_eq!(here.api().get("/v1/me").json()["booths"], json!(["north"]));
    let mut there = Browser::new(&host);
    there.sign_in(&provider, &of(&["toll-south", "toll-north"]));
    assert_eq!(there.api().get("/v1/me").json()["booths"], json!(["north", "south"]), "they add up");
    assert_eq!(here.api().get("/v1/me").status, 401, "opened under another limit");
    let mut again = Browser::new(&host);
    again.sign_in(&provider, &of(&["staff", "toll-north"]));
    assert_eq!(again.api().get("/v1/me").json()["booths"], Value::Null, "not limited");
}
