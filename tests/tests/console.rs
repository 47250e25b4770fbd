//! Signing in at the console over HTTP, the attacks on it that must fail, and the files it serves.

use serde_json::json;
use tollbooth_tests::{Api, Host, Reply, Script, scripted};

const COOKIE: &str = "__Host-tollbooth";

/// What a browser sends with a request that the console itself makes.
const OURS: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("tollbooth-console", "1")];

fn browser(host: &Host, cookie: &str) -> Api {
    host.anonymous().with_headers(&[OURS[0], OURS[1], ("cookie", cookie)])
}

fn link(api: &Api) -> String {
    let made = api.post("/v1/sign-in-links", &json!({}));
    assert_eq!(made.status, 201, "{made:?}");
    made.text("code")
}

fn open(host: &Host, code: &str) -> Reply {
    host.anonymous().with_headers(&OURS).post("/v1/sessions", &json!({ "code": code }))
}

/// The cookie, as a browser sends it back.
fn cookie(opened: &Reply) -> String {
    assert_eq!(opened.status, 201, "{opened:?}");
    opened.header("set-cookie").unwrap_or_default().split(';').next().unwrap_or_default().to_owned()
}

fn sign_in(host: &Host, role: &str) -> String {
    cookie(&open(host, &link(&host.token(role, None))))
}

#[test]
fn a_link_signs_in_once_with_a_cookie_that_no_script_and_no_other_site_gets() {
    let host = Host::start();
    let code = link(&host.token("reviewer", None));
    let opened = open(&host, &code);
    let set = opened.header("set-cookie").unwrap_or_default().to_owned();
    for attribute in ["__Host-", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(set.contains(attribute), "{attribute}: {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let me = browser(&host, &cookie(&opened)).get("/v1/me").json();
    assert_eq!((&me["role"], me["session"].is_object()), (&json!("reviewer"), true), "{me}");
    let again = open(&host, &code);
    assert_eq!((again.status, again.problem()), (410, "link-spent".into()), "{again:?}");
    assert!(!host.log().contains(&code), "the code is in the log");
}

#[test]
fn a_session_may_what_its_token_may_and_ends_with_it() {
    let host = Host::start();
    let created = host.operator.post("/v1/tokens", &json!({ "role": "reviewer", "name": "Ann" })).json();
    let token = host.with_token(created["token"].as_str().unwrap());
    let ann = browser(&host, &cookie(&open(&host, &link(&token))));
    assert_eq!(ann.get("/v1/reviews").status, 200);
    assert_eq!(ann.get("/v1/tokens").problem(), "forbidden");
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", created["id"].as_str().unwrap())).status, 200);
    assert_eq!(ann.get("/v1/reviews").problem(), "unauthorized");
}

#[test]
fn requests_that_another_site_makes_a_browser_send_are_refused_photos_included() {
    let host = Host::start();
    let camera = host.camera("north");
    let photo = scripted(1, &Script::default().then_plate("ABC1234", 0.5));
    let at = tollbooth_pipeline::capture::rfc3339(now_ms() - 60_000);
    let sent = camera.send_photo("north", "k-1", &at, "1", &photo);
    assert_eq!(sent.status, 202, "{sent:?}");
    let path = format!("/v1/passages/{}/photo", sent.text("passage"));
    let session = sign_in(&host, "supervisor");
    assert_eq!(browser(&host, &session).get(&path).status, 200);
    for site in [Some("cross-site"), Some("same-site"), None] {
        let mut headers = vec![("cookie", session.as_str()), ("tollbooth-console", "1")];
        headers.extend(site.map(|site| ("sec-fetch-site", site)));
        let attacker = host.anonymous().with_headers(&headers);
        for reply in
            [attacker.get(&path), attacker.post("/v1/reviews/claim", &json!({})), attacker.delete("/v1/sessions")]
        {
            assert_eq!((reply.status, reply.problem()), (403, "cross-site".into()), "{site:?}: {reply:?}");
        }
    }
    let form = host.anonymous().with_headers(&[("cookie", session.as_str()), OURS[0]]);
    assert_eq!(form.post("/v1/reviews/claim", &json!({})).problem(), "cross-site", "no header of ours");
    let login = host.anonymous().post("/v1/sessions", &json!({ "code": link(&host.operator) }));
    assert_eq!(login.problem(), "cross-site", "signing a victim in as somebody else");
}

#[test]
fn forged_fixed_doubled_and_ended_cookies_are_nobody() {
    let host = Host::start();
    let session = sign_in(&host, "reviewer");
    let secret = session.split_once('=').unwrap().1.to_owned();
    let forged = format!("{session}0");
    let chosen = format!("{COOKIE}=tbs_00000000000000000000000000_{}", "0".repeat(64));
    let doubled = format!("{session}; {session}");
    let other_name = format!("tollbooth={secret}");
    let code = format!("{COOKIE}={}", link(&host.operator));
    for cookie in [forged.as_str(), &chosen, &doubled, &other_name, &code, "__Host-tollbooth="] {
        let reply = browser(&host, cookie).get("/v1/me");
        assert_eq!((reply.status, reply.problem()), (401, "unauthorized".into()), "{cookie:.40}");
    }
    assert_eq!(host.with_token(&secret).get("/v1/me").status, 401, "a cookie's secret is no bearer token");
    // Whoever comes with a cookie that somebody chose for them gets a new one when they sign in.
    let fixed = host.anonymous().with_headers(&[OURS[0], OURS[1], ("cookie", &chosen)]);
    let opened = fixed.post("/v1/sessions", &json!({ "code": link(&host.operator) }));
    assert_ne!(cookie(&opened), chosen);
    let here = browser(&host, &session);
    assert_eq!(here.delete("/v1/sessions/current").json()["ended"], 1);
    assert_eq!(here.get("/v1/me").status, 401);
}

#[test]
fn signing_out_everywhere_ends_every_session_of_that_person() {
    let host = Host::start();
    let reviewer = host.token("reviewer", None);
    let [first, second] = [0, 1].map(|_| browser(&host, &cookie(&open(&host, &link(&reviewer)))));
    assert_eq!(first.delete("/v1/sessions").json()["ended"], 2);
    for ended in [first, second] {
        assert_eq!(ended.get("/v1/me").status, 401);
    }
    assert_eq!(reviewer.get("/v1/me").status, 200, "the token itself goes on");
}

#[test]
fn only_operators_make_links_for_others_and_cameras_make_none() {
    let host = Host::start();
    let created = host.operator.post("/v1/tokens", &json!({ "role": "supervisor", "name": "Sue" })).json();
    let body = json!({ "token": created["id"] });
    assert_eq!(host.token("reviewer", None).post("/v1/sign-in-links", &body).problem(), "forbidden");
    assert_eq!(host.camera("north").post("/v1/sign-in-links", &json!({})).problem(), "forbidden");
    let made = host.operator.post("/v1/sign-in-links", &body);
    assert!(made.text("path").starts_with("/console/sign-in#tbl_"), "{made:?}");
    assert_eq!(open(&host, &made.text("code")).text("name"), "Sue");
}

#[test]
fn the_command_prints_a_link_for_a_person_who_keeps_their_name_in_the_history() {
    let host = Host::start();
    let printed = |role: &str, name: &str| {
        let (code, out, err) = host.tool(&["console", "--as", role, "--name", name]);
        assert_eq!(code, 0, "{err}");
        let (address, code) = out.trim().split_once("/console/sign-in#").expect("a link");
        assert_eq!(address, format!("http://{}", host.address()));
        open(&host, code)
    };
    let (first, again, other) = (printed("reviewer", "Ann"), printed("reviewer", "Ann"), printed("supervisor", "Sue"));
    assert_eq!((first.text("role"), first.text("name")), ("reviewer".into(), "Ann".into()));
    assert_eq!(first.text("token"), again.text("token"), "the same person");
    assert_eq!((other.text("role"), other.text("name")), ("supervisor".into(), "Sue".into()));
    let (_, own, _) = host.tool(&["console"]);
    assert_eq!(open(&host, own.trim().split_once('#').unwrap().1).text("role"), "operator");
    assert!(!host.log().contains("tbl_"), "a code is in the log");
}

#[test]
fn the_console_is_served_with_its_policy_and_missing_files_are_missing() {
    let host = Host::start();
    let api = host.anonymous();
    assert_eq!(api.get("/").header("location"), Some("/console"));
    let page = api.get("/console/review");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-cache")), "{page:?}");
    let policy = page.header("content-security-policy").unwrap_or_default();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let html = String::from_utf8(page.body.clone()).unwrap();
    let script = html.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let packed = api.with_headers(&[("accept-encoding", "br")]).get(script);
    assert_eq!(packed.header("cache-control"), Some("public, max-age=31536000, immutable"), "{script}");
    let tag = page.header("etag").unwrap();
    assert_eq!(api.with_headers(&[("if-none-match", tag)]).get("/console").status, 304);
    for missing in ["/console/assets/nothing.js", "/console/wp-admin", "/console/assets/../index.html"] {
        assert_eq!(api.get(missing).status, 404, "{missing}");
    }
    assert_eq!(api.post("/console", &json!({})).status, 405);
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap()
}
