//! Who may do what, route by route: deny by default.

use serde_json::json;
use tollbooth_tests::Host;

/// Method, path, and the roles that may use it. Everybody else gets 403, and nobody at all 401.
const TABLE: &[(&str, &str, &[&str])] = &[
    ("GET", "/v1/reviews", &["reviewer", "supervisor"]),
    ("POST", "/v1/reviews/claim", &["reviewer", "supervisor"]),
    ("GET", "/v1/passages", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/psg_none", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/psg_none/history", &["reviewer", "supervisor", "operator", "billing"]),
    ("GET", "/v1/passages/psg_none/photo", &["reviewer", "supervisor", "billing"]),
    ("GET", "/v1/photos/psg_none.jpg", &["reviewer", "supervisor", "billing"]),
    ("GET", "/v1/exports", &["operator", "billing"]),
    ("POST", "/v1/exports", &["operator"]),
    ("POST", "/v1/ticks/export", &["operator"]),
    ("POST", "/v1/ticks/reading?wait=true", &["operator"]),
    ("GET", "/v1/booths", &["operator"]),
    ("GET", "/v1/tokens", &["operator"]),
    ("GET", "/v1/settings", &["operator"]),
    ("PATCH", "/v1/settings", &["operator"]),
    ("GET", "/v1/balance", &["operator", "supervisor"]),
    ("GET", "/v1/status", &["operator", "supervisor"]),
    ("GET", "/v1/failed-readings", &["operator", "supervisor"]),
    ("POST", "/v1/failed-readings/reprocess", &["operator", "supervisor"]),
    ("GET", "/v1/audit/passages", &["operator"]),
    ("GET", "/v1/audit/photos", &["operator"]),
];

#[test]
fn every_route_admits_its_roles_and_nobody_else() {
    let host = Host::start();
    let camera = host.camera("north");
    let mut callers = vec![("camera", camera), ("operator", host.operator.clone())];
    for role in ["reviewer", "supervisor", "billing"] {
        callers.push((role, host.token(role, None)));
    }
    for (method, path, roles) in TABLE {
        let call = |api: &tollbooth_tests::Api| match *method {
            "GET" => api.get(path),
            "PATCH" => api.patch(path, &json!({})),
            _ => api.post(path, &json!({})),
        };
        let nobody = call(&host.anonymous());
        assert_eq!((nobody.status, nobody.problem()), (401, "unauthorized".into()), "{method} {path}: {nobody:?}");
        for (role, api) in &callers {
            let reply = call(api);
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
    for path in ["/", "/v1/nothing", "/v1/passages/x/y/z", "/v1/booths/a/passages/b/c"] {
        let reply = host.operator.get(path);
        assert_eq!((reply.status, reply.problem()), (404, "not-found".into()), "{path}: {reply:?}");
    }
}
