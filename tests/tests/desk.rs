//! The supervisor's desk, over HTTP: flags, assignments, groups, and roles that are limited to booths.

use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Reply, Script, scripted};

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

/// Sends photos of these plates, of which the machine is so sure, from a camera of a booth.
fn send(host: &Host, booth: &str, plates: &[(&str, f64)]) {
    let camera = host.camera(booth);
    for (n, (plate, confidence)) in plates.iter().enumerate() {
        let seed = plate.bytes().map(u64::from).sum::<u64>() * 31 + n as u64;
        let photo = scripted(seed, &Script::default().then_plate(plate, *confidence));
        let at = captured(1_000 + 200 * n as i64);
        let sent = camera.send_photo(booth, &format!("{booth}-{n}-{plate}"), &at, "1", &photo);
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    host.drain();
}

fn claim(who: &Api, passage: &str) -> Value {
    let claimed = who.post("/v1/reviews/claim", &json!({ "passage": passage }));
    assert_eq!(claimed.status, 200, "{claimed:?}");
    claimed.json()
}

fn flag(who: &Api, passage: &str, note: &str) -> Reply {
    let item = claim(who, passage);
    who.post(&format!("/v1/reviews/{passage}/flag"), &json!({ "version": item["version"], "note": note }))
}

fn ids(page: &Reply) -> Vec<String> {
    assert_eq!(page.status, 200, "{page:?}");
    let items = page.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["passage"].as_str().unwrap().to_owned()).collect()
}

fn id_of(who: &Api) -> String {
    who.get("/v1/me").text("token")
}

#[test]
fn a_reviewer_asks_and_a_supervisor_decides() {
    let host = Host::start();
    send(&host, "north", &[("ABC1234", 0.5), ("XYZ9876", 0.5)]);
    let (ann, sue) = (host.token("reviewer", None), host.token("supervisor", None));
    let all = ids(&ann.get("/v1/reviews"));
    let id = &all[0];
    let note = "<b>which one?</b>\nfront or rear";
    let flagged = flag(&ann, id, note);
    assert_eq!((flagged.status, flagged.json()["flag"]["note"].clone()), (200, json!(note)), "{flagged:?}");
    assert_eq!(ids(&ann.get("/v1/reviews")), all[1..], "it left the ordinary queue");
    let again = ann.post("/v1/reviews/claim", &json!({ "passage": id }));
    assert_eq!((again.status, again.problem()), (403, "forbidden".into()), "{again:?}");
    assert_eq!(ann.get("/v1/reviews?queue=supervisor").problem(), "forbidden");
    assert_eq!(ids(&sue.get("/v1/reviews?queue=supervisor")), std::slice::from_ref(id));
    assert_eq!(ids(&sue.get("/v1/reviews?queue=ordinary")), all[1..]);
    assert_eq!(sue.get("/v1/reviews?queue=else").status, 400);
    let item = sue.post("/v1/reviews/claim", &json!({ "queue": "supervisor" })).json();
    assert_eq!((&item["supervisor"], &item["flag"]["by"]), (&json!("flagged"), &json!(id_of(&ann))), "{item:#}");
    let verdict = json!({ "version": item["version"], "plate": "ABC1235", "jurisdiction": "us-tx" });
    let decided = sue.post(&format!("/v1/reviews/{id}/verdict"), &verdict);
    assert_eq!((decided.status, decided.text("state")), (200, "accepted".into()), "{decided:?}");
    let history = sue.get(&format!("/v1/passages/{id}/history")).json();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["detail"]["adjudicates"]), (&json!("accepted"), &json!("flagged")), "{history:#}");
    // Taken back, it is hers again, and the note with it; taken back by its author, it is anybody's.
    let version = decided.json()["version"].clone();
    let undone = sue.post(&format!("/v1/reviews/{id}/undo"), &json!({ "version": version })).json();
    assert_eq!(undone["flag"]["note"], json!(note), "{undone:#}");
    let version = undone["version"].clone();
    let unflag = |who: &Api| who.post(&format!("/v1/reviews/{id}/unflag"), &json!({ "version": version }));
    assert_eq!(unflag(&ann).status, 409, "she looks at it");
    assert_eq!(sue.post(&format!("/v1/reviews/{id}/release"), &json!({ "version": version })).status, 200);
    let taken_back = unflag(&ann);
    assert_eq!((taken_back.status, taken_back.json()["flag"].clone()), (200, Value::Null), "{taken_back:?}");
    assert_eq!(ids(&ann.get("/v1/reviews")).len(), 2);
    for bad in ["", " ", "\u{202e}", "a\u{0}"] {
        let refused = flag(&ann, id, bad);
        assert_eq!((refused.status, refused.problem()), (422, "invalid".into()), "{bad:?}: {refused:?}");
    }
}

#[test]
fn a_supervisor_gives_photos_to_a_person_and_takes_them_away() {
    let host = Host::start();
    send(&host, "north", &[("ABC1234", 0.5), ("XYZ9876", 0.5), ("KBR4651", 0.5)]);
    let (ann, bob) = (host.token("reviewer", None), host.token("reviewer", None));
    let sue = host.token("supervisor", None);
    let all = ids(&sue.get("/v1/reviews"));
    let people = sue.get("/v1/reviews/people").json();
    assert_eq!(people["items"].as_array().unwrap().len(), 3, "{people:#}");
    let assign = |body: &Value| sue.post("/v1/reviews/assign", body);
    let given = assign(&json!({ "to": id_of(&ann), "passages": [all[2]] }));
    assert_eq!((given.status, given.json()["passages"].clone()), (200, json!([all[2]])), "{given:?}");
    let mine = ann.post("/v1/reviews/claim", &json!({})).json();
    assert_eq!((&mine["passage"], &mine["assigned_to"]), (&json!(all[2]), &json!(id_of(&ann))), "offered first");
    assert_eq!(ids(&bob.get("/v1/reviews")), all[..2], "kept from others");
    let taken = bob.post("/v1/reviews/claim", &json!({ "passage": all[2] }));
    assert_eq!((taken.status, taken.json()["claimed_until"].is_string()), (409, true), "{taken:?}");
    let listed = sue.get("/v1/reviews").json();
    assert_eq!(listed["items"][2]["assigned_to"], json!(id_of(&ann)), "{listed:#}");
    assert_eq!(bob.delete(&format!("/v1/reviews/{}/assignment", all[2])).status, 409, "not his");
    let released = json!({ "version": mine["version"] });
    assert_eq!(ann.post(&format!("/v1/reviews/{}/release", all[2]), &released).status, 200);
    let back = ann.delete(&format!("/v1/reviews/{}/assignment", all[2]));
    assert_eq!((back.status, back.json()["assigned_to"].clone()), (200, Value::Null), "{back:?}");
    assert_eq!(ids(&bob.get("/v1/reviews")), all);
    let oldest = assign(&json!({ "to": id_of(&bob), "count": 2.0, "booth": "north", "reason": "low-confidence" }));
    assert_eq!(oldest.json()["passages"], json!(all[..2]), "{oldest:?}");
    for (bad, status) in [
        (json!({ "to": id_of(&ann) }), 422),
        (json!({ "to": id_of(&ann), "count": 0 }), 422),
        (json!({ "to": id_of(&ann), "count": 101 }), 422),
        (json!({ "to": id_of(&ann), "count": 1.5 }), 422),
        (json!({ "to": id_of(&ann), "count": 1, "passages": [all[0]] }), 422),
        (json!({ "to": id_of(&ann), "passages": [all[0]], "booth": "north" }), 422),
        (json!({ "to": id_of(&ann), "passages": [] }), 422),
        (json!({ "to": id_of(&ann), "passages": vec![all[0].clone(); 101] }), 422),
        (json!({ "to": "tok_first", "count": 1 }), 422),
        (json!({ "to": id_of(&ann), "passages": ["psg_none"] }), 404),
        (json!({ "to": id_of(&ann), "count": 1, "reason": "else" }), 400),
    ] {
        assert_eq!(assign(&bad).status, status, "{bad}");
    }
}

#[test]
fn open_photos_of_one_plate_are_listed_together_and_what_is_read_blind_is_in_no_group() {
    let host = Host::start();
    send(&host, "north", &[("KBR4651", 0.5), ("KBR4651", 0.6), ("XYZ9876", 0.5)]);
    let ann = host.token("reviewer", None);
    let group = ids(&ann.get("/v1/reviews?candidate=kbr-4651"));
    assert_eq!(group.len(), 2);
    let settings = json!({ "judge.quality_sample_percent": 100, "review.unprompted_percent": 100 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    send(&host, "south", &[("KBR4651", 0.999), ("KBR4651", 0.5)]);
    for who in [&ann, &host.token("supervisor", None)] {
        assert_eq!(ids(&who.get("/v1/reviews?candidate=KBR4651")), group, "neither the sample nor what looks like one");
        assert_eq!(ids(&who.get("/v1/reviews?candidate=KBR4651&booth=south")), [""; 0]);
        assert_eq!(ids(&who.get("/v1/reviews?booth=south")).len(), 2);
    }
    assert_eq!(ann.get("/v1/reviews?candidate=K%2AR").status, 400);
}

/// Every route of the document that names a passage or a photo, as a method and a path.
fn routes_of(document: &Value, passage: &str) -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            if ["parameters", "summary", "description"].contains(&method.as_str()) {
                continue;
            }
            let mut path = path.replace("{passage}", passage).replace("{name}", &format!("{passage}.jpg"));
            if path.ends_with("/earlier") {
                path.push_str("?plate=ABC1234");
            }
            routes.push((method.to_uppercase(), path));
        }
    }
    routes
}

#[test]
fn what_happened_at_another_booth_is_not_there_on_any_route_for_whoever_is_limited() {
    let host = Host::start();
    send(&host, "north", &[("GTX5512", 0.5), ("BKD0101", 0.999)]);
    send(&host, "south", &[("PLW8834", 0.5), ("MHR7305", 0.999)]);
    let all = host.token("supervisor", None);
    let there: Vec<String> = ["in-review", "accepted"]
        .iter()
        .flat_map(|state| ids(&all.get(&format!("/v1/passages?booth=south&state={state}"))))
        .collect();
    assert_eq!(there.len(), 2);
    let limited = |role: &str, booths: Value| {
        let made = host.operator.post("/v1/tokens", &json!({ "role": role, "name": "Limited", "booths": booths }));
        (made.status, host.with_token(&made.text("token")))
    };
    for (role, booths) in [
        ("reviewer", json!([])),
        ("reviewer", json!(["nowhere"])),
        ("operator", json!(["north"])),
        ("billing", json!(["north"])),
    ] {
        assert_eq!(limited(role, booths.clone()).0, 422, "{role} {booths}");
    }
    let document = host.anonymous().get("/v1/openapi.json").json();
    for role in ["reviewer", "supervisor"] {
        let (status, who) = limited(role, json!(["north"]));
        assert_eq!((status, who.get("/v1/me").json()["booths"].clone()), (201, json!(["north"])));
        let mut asked = 0;
        for id in &there {
            for (method, path) in routes_of(&document, id) {
                let named = path.contains(id.as_str());
                if path.contains('{') || path.contains("/sign-in") || (method != "GET" && !named) {
                    continue;
                }
                let reply = match method.as_str() {
                    "GET" => who.get(&path),
                    "DELETE" => who.delete(&path),
                    // A body that each of these routes would take.
                    _ => who.post(&path, &body_for(&path)),
                };
                let (status, text) = (reply.status, String::from_utf8_lossy(&reply.body).into_owned());
                if named {
                    assert!([403, 404].contains(&status), "{role}: {method} {path} answers {reply:?}");
                }
                for foreign in there.iter().map(String::as_str).chain(["PLW8834", "MHR7305"]) {
                    assert!(named || !text.contains(foreign), "{role}: {method} {path} tells of {foreign}");
                }
                asked += 1;
            }
        }
        assert!(asked > 40, "only {asked} requests were made");
        let claimed = who.post("/v1/reviews/claim", &json!({})).json();
        assert_eq!(claimed["booth"], "north", "{claimed:#}");
        assert_eq!(who.post("/v1/reviews/claim", &json!({})).status, 204, "nothing else is theirs");
        assert_eq!(who.post("/v1/reviews/claim", &json!({ "passage": there[0] })).status, 404);
        assert_eq!(ids(&who.get("/v1/passages")).len(), 2);
        assert_eq!(ids(&who.get("/v1/passages?booth=south")), [""; 0]);
        assert_eq!(who.get(claimed["photo_url"].as_str().unwrap()).status, 200, "their own booth's they see");
        let released = json!({ "version": claimed["version"] });
        let id = claimed["passage"].as_str().unwrap();
        assert_eq!(who.post(&format!("/v1/reviews/{id}/release"), &released).status, 200);
        for route in ["/v1/balance", "/v1/log", "/v1/quality", "/v1/failed-readings", "/v1/alerts"] {
            assert_eq!(who.get(route).status, 403, "{route} shows the whole installation");
        }
    }
}

fn body_for(path: &str) -> Value {
    let last = path.rsplit('/').next().unwrap_or_default();
    match last {
        "verdict" | "seed" => json!({ "version": 3, "plate": "ABC1234", "jurisdiction": "us-tx" }),
        "flag" => json!({ "version": 3, "note": "x" }),
        "reopen" => json!({ "version": 3, "remark": "x" }),
        _ => json!({ "version": 3 }),
    }
}
