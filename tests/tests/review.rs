//! What the staff does: claim, look, decide, reopen; and what keeps two people apart.

use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Script, frame, scripted};

fn captured(seconds_ago: i64) -> String {
    before(now(), seconds_ago)
}

/// Milliseconds since 1970. Photos that belong together by their times are taken before one moment: the first may be sent for
/// longer than lies between them.
fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn before(moment: i64, seconds: i64) -> String {
    tollbooth_pipeline::capture::rfc3339(moment - seconds * 1000)
}

/// A host with `count` passages in review, suggestion `ABC000n`.
fn with_reviews(count: u64) -> Host {
    let host = Host::start();
    let camera = host.camera("north");
    for n in 0..count {
        let photo = scripted(n, &Script::default().then_plate(&format!("ABC000{n}"), 0.5));
        let age = i64::try_from((count - n) * 200).unwrap();
        assert_eq!(camera.send_photo("north", &format!("k-{n}"), &captured(age), "1", &photo).status, 202);
    }
    host.drain();
    host
}

fn claim(reviewer: &Api) -> Value {
    let claimed = reviewer.post("/v1/reviews/claim", &json!({}));
    assert_eq!(claimed.status, 200, "{claimed:?}");
    claimed.json()
}

fn verdict(reviewer: &Api, item: &Value, plate: &str) -> tollbooth_tests::Reply {
    let path = format!("/v1/reviews/{}/verdict", item["passage"].as_str().unwrap());
    reviewer.post(&path, &json!({ "version": item["version"], "plate": plate, "jurisdiction": "us-tx" }))
}

#[test]
fn a_reviewer_sees_photo_and_candidates_and_the_verdict_is_billed() {
    let host = with_reviews(1);
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    assert_eq!(item["reason"], "low-confidence");
    assert_eq!(item["candidates"][0]["text"], "ABC0000", "{item}");
    assert_eq!(reviewer.get(item["photo_url"].as_str().unwrap()).header("content-type"), Some("image/jpeg"));
    let decided = verdict(&reviewer, &item, "abc 0-001");
    assert_eq!((decided.status, decided.text("state")), (200, "accepted".into()), "{decided:?}");
    let passage = reviewer.get(&format!("/v1/passages/{}", item["passage"].as_str().unwrap())).json();
    assert_eq!((&passage["plate"], &passage["jurisdiction_source"]), (&json!("ABC0001"), &json!("reviewer")));
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let file = host.token("billing", None).get("/v1/exports/1/file");
    assert!(String::from_utf8(file.body).unwrap().contains(",ABC0001,"));
}

#[test]
fn who_looked_at_a_photo_is_on_record_for_supervisors() {
    let host = with_reviews(1);
    let (ann, sue) = (host.token("reviewer", None), host.token("supervisor", None));
    let item = claim(&ann);
    let photo = item["photo_url"].as_str().unwrap();
    assert_eq!(
        host.token("billing", None).get(photo).status,
        403,
        "not accepted yet: nothing to see, nothing on record"
    );
    for _ in 0..2 {
        assert_eq!(ann.get(photo).status, 200);
    }
    let looks = sue.get("/v1/log/photos").json();
    let who = ann.get("/v1/me").text("token");
    assert_eq!(looks["items"].as_array().unwrap().len(), 1, "once a day: {looks}");
    assert_eq!(
        (&looks["items"][0]["token"], &looks["items"][0]["passage"]),
        (&json!(who), &item["passage"]),
        "{looks}"
    );
    assert_eq!(sue.get("/v1/log/photos?token=tok_first").json()["items"], json!([]));
    assert_eq!(verdict(&ann, &item, "ABC1234").status, 200);
    let deeds = sue.get(&format!("/v1/log?token={who}")).json();
    let kinds: Vec<_> = deeds["items"].as_array().unwrap().iter().map(|deed| deed["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["accepted", "claimed"], "{deeds}");
    let page = sue.get("/v1/log?limit=1").json();
    let next = sue.get(&format!("/v1/log?limit=1&before={}", page["next"])).json();
    assert_ne!(page["items"], next["items"]);
    for other in [&ann, &host.operator] {
        assert_eq!(other.get("/v1/log").problem(), "forbidden");
    }
}

#[test]
fn two_reviewers_never_get_the_same_review_and_cannot_decide_each_others() {
    let host = with_reviews(2);
    let (ann, bob) = (host.token("reviewer", None), host.token("reviewer", None));
    let (of_ann, of_bob) = (claim(&ann), claim(&bob));
    assert_ne!(of_ann["passage"], of_bob["passage"]);
    assert_eq!(host.token("reviewer", None).post("/v1/reviews/claim", &json!({})).status, 204);
    assert_eq!(verdict(&bob, &of_ann, "ABC1234").status, 409);
    assert_eq!(verdict(&ann, &of_ann, "ABC1234").status, 200);
    let again = verdict(&ann, &of_ann, "XYZ9876");
    assert_eq!(again.status, 409, "a second verdict needs a reopening: {again:?}");
}

#[test]
fn an_old_version_is_refused_with_the_present_one() {
    let host = with_reviews(1);
    let reviewer = host.token("reviewer", None);
    let mut item = claim(&reviewer);
    item["version"] = json!(item["version"].as_u64().unwrap() - 1);
    let refused = verdict(&reviewer, &item, "ABC1234");
    assert_eq!((refused.status, refused.problem()), (409, "version-conflict".into()), "{refused:?}");
    assert!(refused.json()["version"].is_u64());
}

#[test]
fn a_rejection_needs_a_code_from_the_list_and_is_not_billed() {
    let host = with_reviews(1);
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    let path = format!("/v1/reviews/{}/verdict", item["passage"].as_str().unwrap());
    let odd = reviewer.post(&path, &json!({ "version": item["version"], "reject": "ugly" }));
    assert_eq!((odd.status, odd.problem()), (422, "invalid".into()), "{odd:?}");
    let rejected = reviewer.post(&path, &json!({ "version": item["version"], "reject": "plate-obstructed" }));
    assert_eq!((rejected.status, rejected.text("state")), (200, "rejected".into()), "{rejected:?}");
    assert_eq!(host.operator.post("/v1/exports", &json!({})).text("outcome"), "nothing-to-export");
}

#[test]
fn a_supervisor_reopens_what_was_decided_and_also_what_billing_has() {
    let host = with_reviews(1);
    let (reviewer, supervisor) = (host.token("reviewer", None), host.token("supervisor", None));
    let item = claim(&reviewer);
    let decided = verdict(&reviewer, &item, "ABC1234").json();
    let path = format!("/v1/passages/{}/reopen", item["passage"].as_str().unwrap());
    let body = |version: &Value| json!({ "version": version, "remark": "looked wrong" });
    assert_eq!(reviewer.post(&path, &body(&decided["version"])).status, 403);
    let reopened = supervisor.post(&path, &body(&decided["version"]));
    assert_eq!((reopened.status, reopened.text("state")), (200, "in-review".into()), "{reopened:?}");
    let item = claim(&reviewer);
    let decided = verdict(&reviewer, &item, "ABC1235").json();
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let late = supervisor.post(&path, &body(&decided["version"]));
    assert_eq!((late.status, late.text("state")), (200, "in-review".into()), "{late:?}");
    let passage = supervisor.get(&format!("/v1/passages/{}", item["passage"].as_str().unwrap()));
    assert_eq!(passage.text("correction"), "open", "billing has another plate, or will be told that it is the same");
}

#[test]
fn the_history_tells_every_decision_with_actor_and_time() {
    let host = with_reviews(1);
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    assert_eq!(verdict(&reviewer, &item, "ABC1234").status, 200);
    let history = reviewer.get(&format!("/v1/passages/{}/history", item["passage"].as_str().unwrap())).json();
    let events = history["items"].as_array().unwrap();
    let moves: Vec<_> = events.iter().filter_map(|e| e["to_state"].as_str()).collect();
    for state in ["waiting", "reading", "in-review", "accepted"] {
        assert!(moves.contains(&state), "{history:#}");
    }
    assert!(events.iter().all(|e| e["actor"]["id"].is_string() && e["at"].is_string()), "{history:#}");
    assert_eq!(events.last().unwrap()["actor"]["role"], "reviewer", "{history:#}");
}

#[test]
fn a_released_review_is_free_again_and_reprocessing_reads_once_more() {
    let host = with_reviews(1);
    let (ann, bob) = (host.token("reviewer", None), host.token("reviewer", None));
    let item = claim(&ann);
    let path = |what: &str| format!("/v1/reviews/{}/{what}", item["passage"].as_str().unwrap());
    assert_eq!(ann.post(&path("release"), &json!({ "version": item["version"] })).status, 200);
    let item = claim(&bob);
    let sent_back = bob.post(&path("reprocess"), &json!({ "version": item["version"] }));
    assert_eq!((sent_back.status, sent_back.text("state")), (200, "waiting".into()), "{sent_back:?}");
    host.drain();
    let passage = bob.get(&format!("/v1/passages/{}", item["passage"].as_str().unwrap())).json();
    assert_eq!(passage["readings"].as_array().unwrap().len(), 2, "old readings stay: {passage:#}");
}

#[test]
fn a_reviewer_cannot_bill_a_crossing_twice_without_saying_so() {
    let host = Host::start();
    let camera = host.camera("north");
    let at = captured(60);
    let front = scripted(1, &Script::plate("SME4123"));
    let rear = scripted(2, &Script::default().then_plate("5ME4123", 0.4));
    assert_eq!(camera.send_photo("north", "front", &at, "1", &front).status, 202);
    assert_eq!(camera.send_photo("north", "rear", &at, "1", &rear).status, 202);
    host.drain();
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    let refused = verdict(&reviewer, &item, "SME4123");
    assert_eq!((refused.status, refused.problem()), (409, "possible-double".into()), "{refused:?}");
    assert!(refused.text("passage").starts_with("psg_"), "it names the other passage: {refused:?}");
    let path = format!("/v1/reviews/{}/verdict", item["passage"].as_str().unwrap());
    let body =
        json!({ "version": item["version"], "plate": "SME4123", "jurisdiction": "us-tx", "another_crossing": true });
    assert_eq!(reviewer.post(&path, &body).text("state"), "accepted");
}

/// Front and rear photo of one vehicle, the rear one read as another.
#[test]
fn one_crossing_read_one_character_apart_is_one_bill_and_shown_side_by_side() {
    let host = Host::start();
    let camera = host.camera("north");
    let front = camera.send_photo("north", "front", &captured(60), "1", &scripted(1, &Script::plate("KBR4651")));
    let rear = camera.send_photo("north", "rear", &captured(58), "1", &scripted(2, &Script::plate("KBR4657")));
    host.drain();
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    assert_eq!((&item["reason"], &item["suggestion"]), (&json!("possible-double"), &json!("KBR4657")), "{item:#}");
    assert_eq!(item["passage"], rear.json()["passage"], "the one that was decided later");
    let related = item["related"].as_array().unwrap();
    assert_eq!(related.len(), 1, "{item:#}");
    assert_eq!((&related[0]["passage"], &related[0]["plate"]), (&front.json()["passage"], &json!("KBR4651")));
    assert_eq!((&related[0]["relation"], &related[0]["state"]), (&json!("nearly-same-plate"), &json!("accepted")));
    assert_eq!(reviewer.get(related[0]["photo_url"].as_str().unwrap()).status, 200);
    assert_eq!(reviewer.get(related[0]["crop_url"].as_str().unwrap()).header("content-type"), Some("image/jpeg"));
    let shown = reviewer.get(&format!("/v1/passages/{}", front.text("passage"))).json();
    assert_eq!((&shown["crop_url"], shown["crop_url"].is_string()), (&related[0]["crop_url"], true), "{shown:#}");
    let refused = verdict(&reviewer, &item, "KBR4657");
    assert_eq!((refused.status, refused.problem()), (409, "possible-double".into()), "{refused:?}");
    assert_eq!(refused.json()["passages"], json!([front.text("passage")]));
    let exported = host.operator.post("/v1/exports", &json!({}));
    assert_eq!(exported.text("outcome"), "published", "{exported:?}");
    let manifest = host.token("billing", None).get("/v1/exports/1/manifest").json();
    assert_eq!(manifest["rows"], 1, "{manifest:#}");
}

/// A camera that started again, or a relay on the way, sends a frame once more: encoded anew, under another key and time.
#[test]
fn a_frame_that_is_encoded_anew_is_not_billed_again_and_the_same_vehicle_later_is() {
    let host = Host::start();
    let camera = host.camera("north");
    let plate = Script::plate("KBR4651");
    let first = camera.send_photo("north", "1", &captured(9_000), "1", &frame(120, 92, &plate));
    host.drain();
    let again = camera.send_photo("north", "2", &captured(6_000), "1", &frame(120, 60, &plate));
    let later = camera.send_photo("north", "3", &captured(3_000), "1", &frame(150, 92, &plate));
    assert_eq!((first.status, again.status, later.status), (202, 202, 202));
    host.drain();
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    assert_eq!((&item["passage"], &item["reason"]), (&again.json()["passage"], &json!("repeated-frame")), "{item:#}");
    let related = item["related"].as_array().unwrap();
    assert_eq!(related.len(), 1, "{item:#}");
    assert_eq!((&related[0]["relation"], &related[0]["passage"]), (&json!("same-picture"), &first.json()["passage"]));
    let seen = reviewer.get(&format!("/v1/passages/{}", later.text("passage"))).json();
    assert_eq!((&seen["state"], &seen["related"]), (&json!("accepted"), &json!([])), "{seen:#}");
}

#[test]
fn a_tractor_and_its_trailer_go_to_a_person_together() {
    let host = Host::start();
    let camera = host.camera("north");
    let moment = now();
    let send = |side, key, seconds, number, plate| {
        let photo = scripted(number, &Script::plate(plate));
        camera.send_photo_of(side, "north", key, &before(moment, seconds), "1", &photo)
    };
    let tractor = send("front", "tractor", 60, 1, "TRC4527");
    let trailer = send("rear", "trailer", 58, 2, "TLR9910");
    assert_eq!((tractor.status, trailer.status), (202, 202));
    host.drain();
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    assert_eq!(item["reason"], "possible-tow", "{item:#}");
    assert_eq!(item["related"][0]["relation"], "other-plate", "{item:#}");
    assert_eq!(item["related"][0]["passage"], tractor.json()["passage"]);
}

#[test]
fn what_people_type_when_there_is_no_plate_is_refused_unless_it_is_confirmed() {
    let host = with_reviews(1);
    let reviewer = host.token("reviewer", None);
    let item = claim(&reviewer);
    for plate in ["NO PLATE", "unknown", "XXXXXXX", "0000000"] {
        let refused = verdict(&reviewer, &item, plate);
        assert_eq!((refused.status, refused.problem()), (422, "placeholder-plate".into()), "{plate}: {refused:?}");
        assert!(refused.text("detail").contains("no-plate"), "it names the reject codes: {refused:?}");
    }
    let path = format!("/v1/reviews/{}/verdict", item["passage"].as_str().unwrap());
    let body = |plate: &str| json!({ "version": item["version"], "plate": plate, "jurisdiction": "us-tx", "confirm_placeholder": true });
    assert_eq!(reviewer.post(&path, &body("NO PLATE")).text("state"), "accepted");
}

/// A host that measures: everything the judge accepts is read by people, and everything they read is read unprompted.
fn measuring() -> Host {
    let host = Host::start();
    let settings = json!({ "judge.quality_sample_percent": 100, "review.unprompted_percent": 100 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    host
}

/// An answer without what must differ between two passages: their ids, keys, photos, times and places in an order.
fn nameless(mut value: Value) -> Value {
    fn clear(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let differs = ["passage", "key", "name", "url", "photo_url", "sha256", "bytes", "sequence", "next"];
                    let is_time = name.ends_with("_at") || name == "at" || name == "claimed_until";
                    if (differs.contains(&name.as_str()) || is_time) && !member.is_null() {
                        *member = json!("…");
                    } else {
                        clear(member);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(clear),
            _ => {}
        }
    }
    clear(&mut value);
    value
}

#[test]
fn nobody_who_reviews_can_tell_a_sample_of_what_the_judge_accepted_from_other_work() {
    let host = measuring();
    let camera = host.camera("north");
    for (n, (plate, confidence)) in [("SMP1234", 0.999), ("RDN5678", 0.6)].into_iter().enumerate() {
        let photo = scripted(n as u64, &Script::default().then_plate(plate, confidence));
        let age = 600 - 300 * i64::try_from(n).unwrap();
        assert_eq!(camera.send_photo("north", &format!("k-{n}"), &captured(age), "1", &photo).status, 202);
    }
    host.drain();
    let truth = host.operator.get("/v1/passages").json();
    let reasons: Vec<_> = truth["items"].as_array().unwrap().iter().map(|p| p["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["low-confidence", "quality-sample"], "newest first: {truth:#}");
    let ids: Vec<String> =
        truth["items"].as_array().unwrap().iter().map(|p| p["passage"].as_str().unwrap().into()).collect();
    for role in ["reviewer", "supervisor"] {
        let who = host.token(role, None);
        let look = |id: &str| {
            let listed = |query: &str| {
                let page = who.get(&format!("/v1/{query}")).json();
                let items = page["items"].as_array().unwrap().clone();
                items.into_iter().find(|item| item["passage"] == *id).map_or(Value::Null, nameless)
            };
            let mut seen = vec![
                nameless(who.get(&format!("/v1/passages/{id}")).json()),
                nameless(who.get(&format!("/v1/passages/{id}/history")).json()),
            ];
            for query in [
                "reviews",
                "reviews?reason=unprompted",
                "reviews?reason=quality-sample",
                "reviews?reason=low-confidence",
                "passages",
                "passages?state=in-review",
                "passages?state=accepted",
            ] {
                seen.push(listed(query));
            }
            let claimed = who.post("/v1/reviews/claim", &json!({ "passage": id }));
            assert_eq!(claimed.status, 200, "{claimed:?}");
            let version = claimed.json()["version"].clone();
            seen.push(nameless(claimed.json()));
            let wrong = json!({ "version": version, "plate": "NOPLATE", "jurisdiction": "us-tx" });
            seen.push(json!(who.post(&format!("/v1/reviews/{id}/verdict"), &wrong).problem()));
            seen.push(nameless(who.post(&format!("/v1/reviews/{id}/release"), &json!({ "version": version })).json()));
            Value::Array(seen)
        };
        let (ordinary, sample) = (look(&ids[0]), look(&ids[1]));
        assert_eq!(ordinary, sample, "{role}");
        let said = sample.to_string();
        for told in ["quality", "sample", "SMP1234", "0.99", "recognizer", "low-confidence"] {
            assert!(!said.contains(told), "{role} is told {told}: {sample:#}");
        }
        assert!(said.contains("unprompted"), "{sample:#}");
    }
}

#[test]
fn who_disagrees_with_the_judge_is_told_as_usual_and_a_supervisor_settles_it() {
    let host = measuring();
    let camera = host.camera("north");
    let photo = scripted(1, &Script::default().then_plate("ABD1234", 0.999));
    assert_eq!(camera.send_photo("north", "k", &captured(60), "1", &photo).status, 202);
    host.drain();
    let (ann, bob, sue) = (host.token("reviewer", None), host.token("reviewer", None), host.token("supervisor", None));
    let item = claim(&ann);
    assert_eq!((item["suggestion"].clone(), item["candidates"].clone()), (Value::Null, json!([])));
    let told = verdict(&ann, &item, "ABC1234");
    assert_eq!((told.status, told.text("state")), (200, "accepted".into()), "{told:?}");
    let id = item["passage"].as_str().unwrap();
    let path = format!("/v1/passages/{id}");
    assert_eq!((ann.get(&path).text("state"), ann.get(&path).text("plate")), ("accepted".into(), "ABC1234".into()));
    assert_eq!(host.operator.get(&path).text("state"), "in-review");
    assert_eq!(bob.post("/v1/reviews/claim", &json!({})).status, 204);
    let refused = bob.post("/v1/reviews/claim", &json!({ "passage": id }));
    assert_eq!((refused.status, refused.problem()), (403, "forbidden".into()), "{refused:?}");
    let dispute = claim(&sue);
    assert_eq!(dispute["reason"], "disputed");
    let answers: Vec<_> = dispute["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["by"].as_str().unwrap(), a["plate"].as_str().unwrap()))
        .collect();
    assert!(answers.contains(&("machine", "ABD1234")) && answers.contains(&("person", "ABC1234")), "{dispute:#}");
    assert_eq!(verdict(&sue, &dispute, "ABC1234").status, 200);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let file = host.token("billing", None).get("/v1/exports/1/file");
    assert!(String::from_utf8(file.body).unwrap().contains(",ABC1234,"));
}

#[test]
fn two_who_say_two_types_of_one_plate_are_settled_by_a_supervisor_who_sees_both() {
    let host = with_reviews(1);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "review.second_reading_percent": 100 })).status, 200);
    let (ann, bob, sue) = (host.token("reviewer", None), host.token("reviewer", None), host.token("supervisor", None));
    let decide = |who: &Api, item: &Value, of: &str| {
        let path = format!("/v1/reviews/{}/verdict", item["passage"].as_str().unwrap());
        let version = &item["version"];
        who.post(&path, &json!({ "version": version, "plate": "BKD0101", "jurisdiction": "us-tx", "plate_type": of }))
    };
    for (who, of) in [(&ann, "trailer"), (&bob, "dealer")] {
        let decided = decide(who, &claim(who), of);
        assert_eq!((decided.status, decided.text("state")), (200, "accepted".into()), "{decided:?}");
    }
    let dispute = claim(&sue);
    assert_eq!((&dispute["reason"], &dispute["plate_type"]), (&json!("disputed"), &Value::Null), "{dispute:#}");
    let mut said: Vec<_> =
        dispute["answers"].as_array().unwrap().iter().map(|a| (a["plate"].clone(), a["plate_type"].clone())).collect();
    said.sort_by_key(|(_, of)| of.to_string());
    let typed = |of: &str| (json!("BKD0101"), json!(of));
    assert_eq!(said, [typed("dealer"), typed("trailer")], "{dispute:#}");
    assert_eq!(decide(&sue, &dispute, "trailer").status, 200);
    let passage = sue.get(&format!("/v1/passages/{}", dispute["passage"].as_str().unwrap())).json();
    assert_eq!((&passage["state"], &passage["plate_type"]), (&json!("accepted"), &json!("trailer")), "{passage}");
}

#[test]
fn what_today_s_settings_would_decide_is_seen_before_anything_is_sent_through_again() {
    let host = with_reviews(3);
    let (sue, ann) = (host.token("supervisor", None), host.token("reviewer", None));
    let preview = |body: Value| sue.post("/v1/reprocess-previews", &body);
    let now = preview(json!({ "state": "in-review" })).json();
    assert_eq!(
        (&now["looked_at"], &now["changes"]["same"], &now["next"]),
        (&json!(3), &json!(3), &Value::Null),
        "{now}"
    );
    // By settings to be tried, which are not made.
    let lax = json!({ "booth": "north", "settings": { "judge.min_confidence": 0.1 } });
    let tried = preview(lax.clone()).json();
    assert_eq!(tried["changes"]["would-accept"], 3, "{tried}");
    let first = &tried["items"][0];
    assert_eq!((&first["change"], &first["after"]["state"]), (&json!("would-accept"), &json!("accepted")), "{first}");
    assert_eq!(preview(json!({ "state": "in-review" })).json()["changes"]["same"], 3, "nothing was changed");
    let one = preview(json!({ "passage": first["passage"], "settings": { "judge.min_confidence": 0.1 } })).json();
    assert_eq!((&one["looked_at"], &one["items"][0]), (&json!(1), first), "{one}");
    assert_eq!(preview(json!({ "passage": "psg_00000000000000000000000000" })).json()["looked_at"], 0);
    assert_eq!(preview(json!({ "passage": "psg_none" })).problem(), "invalid-request");
    // What a person decided is compared as well.
    let item = claim(&ann);
    assert_eq!(verdict(&ann, &item, "ABC0009").status, 200);
    assert_eq!(preview(lax).json()["changes"]["contradicts-person"], 1);
    let page = preview(json!({ "limit": 2 })).json();
    let rest = preview(json!({ "limit": 2, "after": page["next"] })).json();
    assert_eq!((&page["looked_at"], &rest["looked_at"], &rest["next"]), (&json!(2), &json!(1), &Value::Null));
    let refused = preview(json!({ "settings": { "judge.min_confidence": 7 } }));
    assert_eq!((refused.status, refused.problem()), (422, "invalid".into()), "{refused:?}");
    assert_eq!(ann.post("/v1/reprocess-previews", &json!({})).status, 403);
}

#[test]
fn what_passages_taught_can_be_looked_at() {
    let host = with_reviews(2);
    let traffic = host.operator.get("/v1/booths/north/traffic").json();
    assert_eq!((&traffic["jurisdiction"], &traffic["in_force"]), (&json!("us-tx"), &json!(false)), "{traffic}");
    assert_eq!(traffic["issuers"][0]["issuer"], "us-tx");
    assert_eq!(host.operator.get("/v1/booths/south/traffic").problem(), "unknown-booth");
    let findings = host.operator.get("/v1/camera-findings?booth=north").json();
    assert_eq!(findings, json!({ "texts": [], "next": null, "turned": [], "turns": [] }));
    assert_eq!(host.operator.delete("/v1/camera-findings/texts/1").status, 404);
    assert_eq!(host.operator.delete("/v1/camera-findings/texts/one").status, 404);
}

#[test]
fn a_camera_that_hangs_upside_down_is_one_decision_that_is_carried_out_ended_and_taken_back() {
    let host = with_reviews(1);
    let passage = host.operator.get("/v1/passages?limit=1").json()["items"][0].clone();
    let sue = host.token("supervisor", None);
    let path = "/v1/camera-findings/turns";
    let mut wanted = json!({
        "booth": passage["booth"], "lane": passage["lane"], "camera": passage["camera"], "turned": "sideways",
    });
    assert_eq!(sue.post(path, &wanted).problem(), "invalid");
    wanted["turned"] = json!("upside-down");
    let decided = sue.post(path, &wanted).json();
    assert_eq!(
        (&decided["turned"], &decided["until"], &decided["since"]),
        (&json!("upside-down"), &json!(null), &json!(null))
    );
    assert_eq!(sue.post(path, &wanted).json()["id"], decided["id"], "the same again");
    let one = format!("{path}/{}", decided["id"]);
    // A person is asked about the photo because of what was read of it; it is read again by the decision.
    assert_eq!(decided["to_read"], json!(1), "{decided}");
    let sent = sue.post(&format!("{one}/read-again"), &json!({})).json();
    assert_eq!((&sent["passages"], &sent["left"]), (&json!(1), &json!(0)), "{sent}");
    let ended = sue.post(&format!("{one}/end"), &json!({ "until": "2026-01-01T00:00:00Z" })).json();
    assert_eq!(ended["until"], json!("2026-01-01T00:00:00.000Z"));
    let withdrawn = sue.delete(&one).json();
    assert!(withdrawn["withdrawn_at"].is_string(), "{withdrawn}");
    let listed = sue.get("/v1/camera-findings?booth=north").json();
    assert_eq!((listed["turns"].as_array().map(Vec::len), &listed["turns"][0]["id"]), (Some(1), &decided["id"]));
    let ahead = sue.post(&format!("{one}/end"), &json!({ "until": "2999-01-01T00:00:00Z" }));
    assert_eq!(ahead.problem(), "invalid");
    assert_eq!(sue.post(&format!("{path}/77/end"), &json!({})).status, 404);
    wanted["booth"] = json!("south");
    assert_eq!(sue.post(path, &wanted).problem(), "unknown-booth");
}
