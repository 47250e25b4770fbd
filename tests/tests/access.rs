//! Who may do what, route by route: deny by default.

use serde_json::json;
use tollbooth_tests::{Api, Host, Reply};

/// Method, path as the API's document writes it, and the roles that may use it. Everybody else gets 403, and nobody 401.
const TABLE: &[(&str, &str, &[&str])] = &[
    ("PUT", "/v1/booths/{booth}/passages/{key}", &["camera"]),
    // Proven by other credentials than tokens: cameras.rs.
    ("POST", "/v1/push", &[]),
    ("GET", "/v1/reviews", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/claim", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/{passage}/verdict", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/{passage}/seed", &["supervisor"]),
    ("POST", "/v1/reviews/{passage}/release", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/{passage}/reprocess", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/{passage}/flag", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/{passage}/unflag", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/assign", &["supervisor"]),
    ("DELETE", "/v1/reviews/{passage}/assignment", &["reviewer", "supervisor"]),
    ("GET", "/v1/reviews/people", &["supervisor"]),
    ("POST", "/v1/reviews/{passage}/undo", &["reviewer", "supervisor"]),
    ("GET", "/v1/me", EVERYBODY),
    ("PUT", "/v1/me/preferences", &["reviewer", "supervisor", "operator", "billing"]),
    ("POST", "/v1/sign-in-links", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/sessions", EVERYBODY),
    ("DELETE", "/v1/sessions", EVERYBODY),
    ("DELETE", "/v1/sessions/{session}", EVERYBODY),
    ("DELETE", "/v1/sessions/current", EVERYBODY),
    ("GET", "/v1/passages", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/{passage}", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/{passage}/history", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/{passage}/trace", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/traces/{trace}", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/{passage}/photo", &["reviewer", "supervisor", "billing"]),
    ("GET", "/v1/passages/{passage}/earlier", &["reviewer", "supervisor"]),
    ("GET", "/v1/crops/{passage}", &["reviewer", "supervisor", "billing"]),
    ("POST", "/v1/passages/{passage}/reopen", &["supervisor"]),
    ("GET", "/v1/photos/{name}", &["reviewer", "supervisor", "billing"]),
    ("GET", "/v1/exports", &["operator", "billing"]),
    ("POST", "/v1/exports", &["operator"]),
    ("GET", "/v1/exports/{sequence}", &["operator", "billing"]),
    ("GET", "/v1/exports/{sequence}/file", &["operator", "billing"]),
    ("GET", "/v1/exports/{sequence}/manifest", &["operator", "billing"]),
    ("GET", "/v1/exports/{sequence}/signature", &["operator", "billing"]),
    ("GET", "/v1/exports/{sequence}/lines", &["operator", "billing"]),
    ("GET", "/v1/export-profiles", &["operator", "billing"]),
    ("GET", "/v1/destinations", &["operator", "billing"]),
    ("PUT", "/v1/destinations/{destination}", &["operator", "billing"]),
    ("DELETE", "/v1/destinations/{destination}", &["operator"]),
    ("POST", "/v1/ticks/export", &["operator"]),
    ("POST", "/v1/ticks/reading", &["operator"]),
    ("GET", "/v1/booths", &["operator"]),
    ("GET", "/v1/booths/{booth}", &["operator"]),
    ("PUT", "/v1/booths/{booth}", &["operator"]),
    ("GET", "/v1/booths/{booth}/traffic", &["operator", "supervisor"]),
    ("GET", "/v1/camera-findings", &["operator", "supervisor"]),
    ("DELETE", "/v1/camera-findings/texts/{text}", &["operator"]),
    ("POST", "/v1/camera-findings/turns", &["operator", "supervisor"]),
    ("DELETE", "/v1/camera-findings/turns/{turn}", &["operator", "supervisor"]),
    ("POST", "/v1/camera-findings/turns/{turn}/end", &["operator", "supervisor"]),
    ("POST", "/v1/camera-findings/turns/{turn}/read-again", &["operator", "supervisor"]),
    ("POST", "/v1/reprocess-previews", &["operator", "supervisor"]),
    ("GET", "/v1/tokens", &["operator"]),
    ("POST", "/v1/tokens", &["operator"]),
    ("DELETE", "/v1/tokens/{token}", &["operator"]),
    ("GET", "/v1/tokens/{token}/push", &["operator"]),
    ("PUT", "/v1/tokens/{token}/push", &["operator"]),
    ("GET", "/v1/settings", &["operator"]),
    ("PATCH", "/v1/settings", &["operator"]),
    ("GET", "/v1/changes", &["operator"]),
    ("GET", "/v1/balance", &["operator", "supervisor"]),
    ("GET", "/v1/status", &["operator", "supervisor"]),
    ("GET", "/v1/telemetry/present", &["operator", "supervisor"]),
    ("GET", "/v1/telemetry/series", &["operator", "supervisor"]),
    ("GET", "/v1/telemetry/catalogue", &["operator", "supervisor"]),
    ("GET", "/metrics", &["operator", "supervisor"]),
    ("POST", "/v1/ticks/telemetry", &["operator"]),
    ("GET", "/v1/recognizers", &["operator"]),
    ("GET", "/v1/failed-readings", &["operator", "supervisor"]),
    ("GET", "/v1/log", &["supervisor"]),
    ("GET", "/v1/log/photos", &["supervisor"]),
    ("GET", "/v1/log/downloads", &["supervisor"]),
    ("GET", "/v1/log/people", &["supervisor"]),
    ("POST", "/v1/failed-readings/reprocess", &["operator", "supervisor"]),
    ("GET", "/v1/alerts", &["operator", "supervisor"]),
    ("GET", "/v1/alerts/history", &["operator", "supervisor"]),
    ("GET", "/v1/alerts/rules", &["operator", "supervisor"]),
    ("POST", "/v1/alerts/rules", &["operator"]),
    ("POST", "/v1/alerts/rules/preview", &["operator"]),
    ("GET", "/v1/alerts/rules/{rule}", &["operator", "supervisor"]),
    ("PUT", "/v1/alerts/rules/{rule}", &["operator"]),
    ("DELETE", "/v1/alerts/rules/{rule}", &["operator"]),
    ("POST", "/v1/alerts/rules/{rule}/undo", &["operator"]),
    ("GET", "/v1/alerts/{alert}", &["operator", "supervisor"]),
    ("POST", "/v1/alerts/{alert}/acknowledge", &["operator", "supervisor"]),
    ("PUT", "/v1/alerts/rules/{rule}/snooze", &["operator", "supervisor"]),
    ("DELETE", "/v1/alerts/rules/{rule}/snooze", &["operator", "supervisor"]),
    ("POST", "/v1/alerts/rules/{rule}/test", &["operator", "supervisor"]),
    ("GET", "/v1/messages", &["operator"]),
    ("GET", "/v1/messages/{message}", &["operator"]),
    ("POST", "/v1/messages/{message}/retry", &["operator"]),
    ("POST", "/v1/messages/{message}/withdraw", &["operator"]),
    ("GET", "/v1/message-channels", &["operator"]),
    ("POST", "/v1/ticks/messages", &["operator"]),
    ("POST", "/v1/exports/{sequence}/dispositions", &["billing"]),
    ("POST", "/v1/exports/{sequence}/release", &["operator"]),
    ("GET", "/v1/quality", &["operator", "supervisor"]),
    ("GET", "/v1/quality/people", &["supervisor"]),
    ("GET", "/v1/quality/seeds", &["supervisor"]),
    ("POST", "/v1/quality/threshold", &["operator"]),
    ("GET", "/v1/audit/passages", &["operator"]),
    ("GET", "/v1/audit/photos", &["operator"]),
    ("GET", "/v1/audit/exports", &["operator"]),
];

const EVERYBODY: &[&str] = &["camera", "reviewer", "supervisor", "operator", "billing"];

/// Routes of components that these tests do not start.
const ELSEWHERE: &[(&str, &str)] = &[("POST", "/v1/ticks/services")];

fn call(api: &Api, method: &str, template: &str) -> Reply {
    let mut path = template.replace("{booth}", "north").replace("{key}", "key-1").replace("{passage}", "psg_none");
    path = path.replace("{alert}", "alr_none").replace("{rule}", "export-empty").replace("{message}", "msg_none");
    path = path.replace("{name}", "psg_none.jpg").replace("{sequence}", "1").replace("{token}", "tok_none");
    path = path
        .replace("{session}", "ses_none")
        .replace("{destination}", "none")
        .replace("{text}", "1")
        .replace("{turn}", "1");
    path = path.replace("{trace}", "0af7651916cd43dd8448eb211c80319c");
    assert!(!path.contains('{'), "{path}: a parameter that this test does not know");
    match method {
        "GET" => api.get(&path),
        "PATCH" => api.patch(&path, &json!({})),
        "PUT" => api.put_json(&path, &json!({})),
        "DELETE" => api.delete(&path),
        "POST" => api.post(&path, &json!({})),
        other => panic!("{other} {path}: a method that this test does not know"),
    }
}

#[test]
fn every_route_of_the_document_admits_its_roles_and_nobody_else_by_token_and_by_session() {
    let host = Host::start();
    let mut callers = vec![("camera", host.camera("north")), ("operator", host.operator.clone())];
    for role in ["reviewer", "supervisor", "billing"] {
        let token = host.token(role, None);
        let code = token.post("/v1/sign-in-links", &json!({})).text("code");
        let ours = [("sec-fetch-site", "same-origin"), ("tollbooth-console", "1")];
        let opened = host.anonymous().with_headers(&ours).post("/v1/sessions", &json!({ "code": code }));
        let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let session = host.anonymous().with_headers(&[ours[0], ours[1], ("cookie", &cookie)]);
        callers.extend([(role, token), (role, session)]);
    }
    let document = host.anonymous().get("/v1/openapi.json").json();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let route = (method.to_uppercase(), path.clone());
            let is_open = operation["security"] == json!([]);
            if ["parameters", "summary", "description"].contains(&method.as_str()) || is_open {
                continue;
            }
            if !ELSEWHERE.iter().any(|(method, path)| (*method, *path) == (route.0.as_str(), route.1.as_str())) {
                routes.push(route);
            }
        }
    }
    // What ends sessions comes last: the callers have some.
    routes.sort_by_key(|(_, path)| path.starts_with("/v1/sessions"));
    assert_eq!(routes.len(), TABLE.len(), "the table and the document list the same routes");
    for (method, path) in &routes {
        let row = TABLE.iter().find(|(m, p, _)| (*m, *p) == (method.as_str(), path.as_str()));
        let Some((_, _, roles)) = row else { panic!("{method} {path} is in the document and not in this table") };
        let nobody = call(&host.anonymous(), method, path);
        assert_eq!((nobody.status, nobody.problem()), (401, "unauthorized".into()), "{method} {path}: {nobody:?}");
        if path.starts_with("/v1/sessions") {
            continue;
        }
        for (role, api) in &callers {
            let reply = call(api, method, path);
            let admitted = ![401, 403].contains(&reply.status);
            assert_eq!(admitted, roles.contains(role), "{method} {path} as {role}: {reply:?}");
        }
    }
}

#[test]
fn health_and_the_document_need_no_token() {
    let host = Host::start();
    assert_eq!(host.anonymous().get("/v1/health").status, 200);
    assert_eq!(host.anonymous().get("/v1/openapi.json").json()["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
}

#[test]
fn the_private_wake_route_cannot_be_reached_from_outside() {
    let host = Host::start();
    let reply = host.anonymous().post("/wake", &json!({}));
    assert_eq!(reply.status, 404, "{reply:?}");
}

#[test]
fn a_tokens_text_is_shown_once_and_appears_in_no_list_and_no_log() {
    let host = Host::start();
    let created = host.operator.post("/v1/tokens", &json!({ "role": "billing", "name": "acme" }));
    let text = created.text("token");
    assert!(text.len() > 60, "{created:?}");
    let listed = host.operator.get("/v1/tokens");
    assert!(!String::from_utf8_lossy(&listed.body).contains(&text));
    assert!(!host.log().contains(&text));
}

#[test]
fn an_unknown_route_is_a_problem_too() {
    let host = Host::start();
    for path in ["/nothing", "/v1/nothing", "/v1/passages/x/y/z", "/v1/booths/a/passages/b/c"] {
        let reply = host.operator.get(path);
        assert_eq!((reply.status, reply.problem()), (404, "not-found".into()), "{path}: {reply:?}");
    }
}
