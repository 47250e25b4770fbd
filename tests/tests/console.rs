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
fn the_command_registers_somebody_for_some_booths_only_and_changes_nobody_s() {
    let host = Host::start();
    let (_north, _south) = (host.camera("north"), host.camera("south"));
    let run = |more: &[&str]| host.tool(&[&["console", "--as", "reviewer", "--name", "Ann"][..], more].concat());
    let whose = |(code, out, err): (i32, String, String)| {
        assert_eq!(code, 0, "{err}");
        let opened = open(&host, out.trim().split_once('#').expect("a link").1);
        let me = browser(&host, &cookie(&opened)).get("/v1/me").json();
        (me["token"].clone(), me["booths"].clone())
    };
    // More tokens than are listed at a time: she is found behind them.
    for n in 0..200 {
        let made = host.operator.post("/v1/tokens", &json!({ "role": "billing", "name": format!("Billing {n}") }));
        assert_eq!(made.status, 201, "{made:?}");
    }
    let (ann, booths) = whose(run(&["--booth", "south", "--booth", "north"]));
    assert_eq!(booths, json!(["north", "south"]));
    assert_eq!(whose(run(&["--booth", "north", "--booth", "south"])), (ann.clone(), booths.clone()), "the same person");
    assert_eq!(whose(run(&[])), (ann.clone(), booths), "as she is registered");
    let (code, out, err) = run(&["--booth", "north"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    for told in ["at north, south only", ann.as_str().unwrap(), "--name"] {
        assert!(err.contains(told), "{err}");
    }
    // What a token cannot be limited to, a person cannot either; nobody is registered by it.
    for (role, booth, told) in [("operator", "north", "booths"), ("reviewer", "nowhere", "nowhere")] {
        let (code, _, err) = host.tool(&["console", "--as", role, "--name", "Eve", "--booth", booth]);
        assert!(code == 1 && err.contains(told), "{role} at {booth}: {code} {err}");
    }
    assert_eq!(host.tool(&["console", "--booth", "north"]).0, 2, "whose?");
    let first = host.operator.get("/v1/tokens?limit=200").json();
    let rest = host.operator.get(&format!("/v1/tokens?limit=200&after={}", first["next"].as_str().unwrap())).json();
    for page in [first, rest] {
        assert!(page["items"].as_array().unwrap().iter().all(|token| token["name"] != "Eve"), "{page}");
    }
}

#[test]
fn the_console_is_served_with_its_policy_and_missing_files_are_missing() {
    let host = Host::start();
    let api = host.anonymous();
    assert_eq!(api.get("/").header("location"), Some("/console"));
    let typed = api.get("/console/search/?plate=A");
    assert_eq!((typed.status, typed.header("location")), (308, Some("/console/search?plate=A")), "{typed:?}");
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

#[test]
fn what_somebody_prefers_goes_with_them_and_nonsense_is_refused_by_name() {
    let host = Host::start();
    let (ann, bob) = (host.token("reviewer", None), host.token("reviewer", None));
    assert_eq!(ann.get("/v1/me").json()["preferences"], json!(null));
    let wanted = json!({ "keys": { "skip": "F4", "invert": "\\" }, "theme": "dark" });
    assert_eq!(ann.put_json("/v1/me/preferences", &wanted).json(), wanted);
    assert_eq!(ann.get("/v1/me").json()["preferences"], wanted);
    assert_eq!(bob.get("/v1/me").json()["preferences"], json!(null), "nobody else's");
    for (bad, what) in [
        (json!({ "keys": { "skip": "F9", "undo": "F9" } }), "keys.undo"),
        (json!({ "keys": { "<script>": "F9" } }), "keys"),
        (json!({ "theme": "pink" }), "theme"),
    ] {
        let refused = ann.put_json("/v1/me/preferences", &bad);
        assert_eq!((refused.status, refused.problem()), (422, "invalid".into()), "{bad}: {refused:?}");
        assert!(refused.text("detail").contains(what), "{refused:?}");
    }
    assert_eq!(ann.put_json("/v1/me/preferences", &json!({ "colour": "red" })).status, 400);
    assert_eq!(ann.get("/v1/me").json()["preferences"], wanted, "nothing of it was kept");
    assert_eq!(host.camera("north").get("/v1/me").json()["preferences"], json!(null));
}

#[test]
fn the_log_is_asked_by_person_kind_passage_and_time_and_names_everybody() {
    let host = Host::start();
    let sue = host.token("supervisor", None);
    let made = host.operator.post("/v1/tokens", &json!({ "role": "billing", "name": "Acme" })).json();
    let count = |query: &str| {
        let page = sue.get(&format!("/v1/log?{query}"));
        assert_eq!(page.status, 200, "{query}: {page:?}");
        page.json()["items"].as_array().unwrap().len()
    };
    let all = count("");
    assert!(all >= 2);
    assert_eq!(count("kind=token-created"), count("kind=token-created,signed-in"));
    assert_eq!(count("kind=signed-in"), 0);
    assert_eq!(count("since=2000-01-01T00:00:00Z"), all);
    assert_eq!(count("until=2000-01-01T00:00:00Z"), 0);
    assert_eq!(count("token=tok_first"), all, "all of it was the first operator");
    assert_eq!(count("passage=psg_00000000000000000000000000"), 0);
    for bad in [
        "passage=psg_none",
        "since=yesterday",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "kind=",
        "kind=Signed-In",
        "kinds=signed-in",
    ] {
        assert_eq!(sue.get(&format!("/v1/log?{bad}")).problem(), "invalid-request", "{bad}");
    }
    assert_eq!(sue.get("/v1/log/photos?kind=signed-in").problem(), "invalid-request", "looks are of one kind");
    assert_eq!(sue.get("/v1/log/photos?since=2000-01-01T00:00:00Z").json()["items"], json!([]));
    let people = sue.get("/v1/log/people?limit=200").json();
    let named = people["items"].as_array().unwrap().iter().find(|person| person["token"] == made["id"]).unwrap();
    assert_eq!((&named["name"], &named["role"], &named["revoked"]), (&json!("Acme"), &json!("billing"), &json!(false)));
    let page = sue.get("/v1/log/people?limit=1").json();
    let next = sue.get(&format!("/v1/log/people?limit=1&after={}", page["next"].as_str().unwrap())).json();
    assert_ne!(next["items"], page["items"]);
}

#[test]
fn earlier_photos_of_a_plate_and_known_answers_are_told_to_whom_they_help() {
    let host = Host::start();
    let camera = host.camera("north");
    let at = |minutes: i64| tollbooth_pipeline::capture::rfc3339(now_ms() - minutes * 60_000);
    let mut ids = Vec::new();
    for (n, script) in [
        (1, Script::plate("BKD0101")),
        (2, Script::default().then_plate("BKD0101", 0.6)),
        (3, Script::default().then_plate("BKD0202", 0.6)),
    ] {
        let sent = camera.send_photo("north", &format!("k-{n}"), &at(200 - 50 * n), "1", &scripted(n as u64, &script));
        assert_eq!(sent.status, 202, "{sent:?}");
        ids.push(sent.text("passage"));
        host.drain();
    }
    let (ann, sue) = (host.token("reviewer", None), host.token("supervisor", None));
    let earlier = |who: &Api, id: &str, plate: &str| who.get(&format!("/v1/passages/{id}/earlier?plate={plate}"));
    let found = earlier(&ann, &ids[1], "BKD0101").json();
    assert_eq!(found["items"][0]["passage"], json!(ids[0]), "{found}");
    assert_eq!((&found["items"][0]["by"], &found["items"][0]["bounds"]["width"]), (&json!("machine"), &json!(100.0)));
    assert_eq!(found["items"][0]["crop_url"], json!(format!("/v1/crops/{}", ids[0])));
    assert_eq!(earlier(&ann, &ids[1], "BKD0202").json()["items"], json!([]));
    // Where a vehicle was is on record as told, with or without a look at the photo.
    let looks = sue.get("/v1/log/photos").json();
    let told = (&looks["items"][0]["token"], &looks["items"][0]["passage"], looks["items"].as_array().map(Vec::len));
    assert_eq!(told, (&json!(ann.get("/v1/me").text("token")), &json!(ids[0]), Some(1)), "{looks}");
    assert_eq!(earlier(&ann, &ids[1], "no%20plate").problem(), "invalid-request");
    assert_eq!(ann.get(&format!("/v1/passages/{}/earlier", ids[1])).problem(), "invalid-request");
    assert_eq!(earlier(&ann, "psg_none", "BKD0101").problem(), "not-found");
    // A known answer: listed for its author, taken back with what the list says.
    let claimed = sue.post("/v1/reviews/claim", &json!({ "passage": ids[2] })).json();
    let verdict =
        json!({ "version": claimed["version"], "plate": "BKD0202", "jurisdiction": "us-tx", "plate_type": "trailer" });
    assert_eq!(sue.post(&format!("/v1/reviews/{}/seed", ids[2]), &verdict).status, 200);
    let seeds = sue.get("/v1/quality/seeds").json();
    assert_eq!((&seeds["items"][0]["plate"], &seeds["items"][0]["standing"]), (&json!("BKD0202"), &json!("open")));
    assert_eq!(seeds["items"][0]["plate_type"], json!("trailer"));
    assert_eq!(earlier(&ann, &ids[2], "BKD0101").json()["items"], json!([]), "nothing beside what is read blind");
    assert_eq!(host.token("supervisor", None).get("/v1/quality/seeds").json()["items"], json!([]), "her own alone");
    let back = sue.post(&format!("/v1/reviews/{}/undo", ids[2]), &json!({ "version": seeds["items"][0]["version"] }));
    assert_eq!(back.status, 200, "{back:?}");
    assert_eq!(sue.get("/v1/quality/seeds").json()["items"], json!([]));
}

#[test]
fn passages_are_found_by_plate_and_by_key_and_who_asks_for_a_plate_is_on_record() {
    let host = Host::start();
    let camera = host.camera("north");
    let at = |minutes: i64| tollbooth_pipeline::capture::rfc3339(now_ms() - minutes * 60_000);
    let mut ids = Vec::new();
    for (n, script) in [(1, Script::plate("BKD0101")), (2, Script::default().then_plate("BKD0101", 0.6))] {
        let sent = camera.send_photo("north", &format!("k-{n}"), &at(200 - 50 * n), "1", &scripted(n as u64, &script));
        assert_eq!(sent.status, 202, "{sent:?}");
        ids.push(sent.text("passage"));
        host.drain();
    }
    let sue = host.token("supervisor", None);
    let found = |query: &str| {
        let page = sue.get(&format!("/v1/passages?{query}")).json();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{query}: {page}")).iter();
        items.map(|item| item["passage"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("key=k-1"), [ids[0].as_str()]);
    assert_eq!(sue.get("/v1/log/photos").json()["items"], json!([]), "a key is nobody's whereabouts");
    assert_eq!(found("plate=BKDOIOI"), [ids[1].as_str(), ids[0].as_str()], "in any spelling, the newest first");
    assert_eq!(found("plate=BKD0101&state=accepted&booth=north"), [ids[0].as_str()]);
    assert_eq!(sue.get("/v1/log/photos").json()["items"].as_array().map(Vec::len), Some(2));
    assert_eq!((found("plate=KTW0598").len(), found("key=k-9").len()), (0, 0));
    // By who decided it and when it came: everybody by the machine and by themselves, a supervisor by anybody.
    assert_eq!(found("decided_by=judge"), [ids[0].as_str()]);
    assert_eq!(found("plate=BKD0101&decided_by=judge"), [ids[0].as_str()]);
    assert_eq!(found("decided_by=tok_nobody"), [""; 0]);
    let (before, after) = (at(24 * 60), at(-24 * 60));
    assert_eq!(found(&format!("since={before}&until={after}")).len(), 2);
    assert_eq!((found(&format!("until={before}")).len(), found(&format!("since={after}")).len()), (0, 0));
    let ann = host.token("reviewer", None);
    let status = |query: &str| ann.get(&format!("/v1/passages?{query}")).status;
    let own = ann.get("/v1/me").text("token");
    assert_eq!((status("decided_by=judge"), status(&format!("decided_by={own}"))), (200, 200));
    assert_eq!(status("decided_by=tok_nobody"), 403, "how much a colleague does is for supervisors");
    for query in [
        "plate=bkd-0101",
        "plate=",
        "key=..",
        "plate=A1&key=k-1",
        "plate=A1&received_hour=2026-11-20T10",
        "decided_by=Bob",
        "since=yesterday",
        "since=2026-11-20T10:00:00Z&until=2026-11-20T10:00:00Z",
    ] {
        let refused = sue.get(&format!("/v1/passages?{query}"));
        assert_eq!((refused.status, refused.problem()), (400, "invalid-request".into()), "{query}");
    }
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap()
}
