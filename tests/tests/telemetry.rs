//! Telemetry over HTTP: what is watched is what the balance counts, and Prometheus gets in with its own secret only.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tollbooth_tests::{Host, Options, Script, repository, scripted};

const SCRAPER: &str = "a-secret-of-prometheus-alone";

fn tick(host: &Host) -> Value {
    let ticked = host.operator.post("/v1/ticks/telemetry", &json!({}));
    assert_eq!(ticked.status, 200, "{ticked:?}");
    ticked.json()
}

/// Three photos that are accepted, one for a person, one that is refused and one by a stranger.
fn traffic(host: &Host) {
    let camera = host.camera("north");
    for n in 0..4 {
        let script = if n == 3 { Script::empty() } else { Script::plate(&format!("BKD{n}{n}{n}{n}")) };
        let at = format!("2026-11-20T10:0{n}:00Z");
        let sent = camera.send_photo("north", &format!("key-{n}"), &at, "1", &scripted(n, &script));
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    let refused = camera.send_photo("north", "key-9", "2026-11-20T10:09:00Z", "1", b"no photo");
    assert_eq!(refused.status, 415, "{refused:?}");
    // As a camera with another's token, and one that can only POST.
    let path = "/v1/booths/north/passages/key-8?captured_at=2026-11-20T10:08:00Z&lane=1&camera=c";
    assert_eq!(host.with_token("nobody-knows-this-token").put(path, b"photo").status, 401);
    assert_eq!(camera.post(path, &json!({})).status, 405);
    host.drain();
}

#[test]
fn the_present_and_the_series_are_what_the_balance_counts() {
    let host = Host::start();
    host.operator.patch("/v1/settings", &json!({ "intake.captured_at_max_age_hours": 87_600 }));
    traffic(&host);
    assert_eq!(host.operator.get("/v1/telemetry/present").json()["at"], Value::Null, "nothing was added up so far");
    assert!(tick(&host)["events"].as_u64() > Some(8));
    let present = host.operator.get("/v1/telemetry/present").json();
    let balance = host.operator.get("/v1/balance").json();
    let counted = &balance["totals"]["from_state"];
    for (name, count) in present["counts"].as_object().unwrap() {
        assert_eq!(count, &counted[name], "{name}");
    }
    assert_eq!((&present["counts"]["received"], &present["counts"]["accepted"]), (&json!(4), &json!(3)));
    assert_eq!(present["booths"][0]["counts"], present["counts"], "there is one booth");
    let series = host.operator.get("/v1/telemetry/series?subject=booth:north&step=hour").json();
    let sum = |name: &str| -> i64 {
        let points = series["items"][0]["points"].as_array().unwrap().iter();
        points.filter_map(|point| point["facts"][name].as_i64()).sum()
    };
    assert_eq!((sum("received"), sum("leased"), sum("refused.not-a-photo")), (4, 4, 1), "{series}");
    // Who is recognised is no stranger, whatever they did wrong.
    assert_eq!((sum("refused_strangers.unauthorized"), sum("refused.method-not-allowed")), (1, 1), "{series}");
    // Each count as one number, and how things stand as before.
    let asked = "/v1/telemetry/series?subject=booth:north&step=hour&metrics=refused,depth&summed=true";
    let summed = host.operator.get(asked).json();
    let facts =
        summed["items"][0]["points"].as_array().unwrap().iter().map(|point| point["facts"].as_object().unwrap());
    let names: Vec<&str> = facts.clone().flat_map(|facts| facts.keys()).map(String::as_str).collect();
    assert!(names.iter().all(|name| *name == "refused" || name.starts_with("depth.")), "{summed}");
    assert_eq!(facts.filter_map(|facts| facts.get("refused")?.as_i64()).sum::<i64>(), 2, "{summed}");
    // By the quarter of an hour, the day and the week: the same photos, with the span in the answer.
    for step in ["5-minutes", "15-minutes", "6-hours", "day", "week"] {
        let found = host.operator.get(&format!("/v1/telemetry/series?metrics=received&step={step}")).json();
        assert_eq!(found["step"], step);
        let points = found["items"][0]["points"].as_array().unwrap();
        assert!(points.iter().all(|point| point["facts"].as_object().unwrap().keys().all(|name| name == "received")));
        assert_eq!(points.iter().filter_map(|point| point["facts"]["received"].as_i64()).sum::<i64>(), 4, "{found}");
    }
    let booths = host.operator.get("/v1/telemetry/series?of=booth&metrics=received&step=hour").json();
    assert_eq!(booths["items"][0]["subject"], "booth:north");
    let cameras = host.operator.get("/v1/telemetry/series?of=camera&step=day").json();
    assert_eq!(cameras["items"].as_array().map(Vec::len), Some(1));
    let of = |booth: &str| {
        host.operator.get(&format!("/v1/telemetry/series?of=camera&booth={booth}&step=day")).json()["items"].clone()
    };
    assert_eq!((of("north"), of("nort")), (cameras["items"].clone(), json!([])));
}

#[test]
fn whoever_has_the_present_version_is_told_so_until_something_happens() {
    let host = Host::start();
    tick(&host);
    let first = host.operator.get("/v1/telemetry/present");
    let etag = first.header("etag").unwrap().to_owned();
    let header = host.operator.authorization();
    let authorization = header.trim().trim_start_matches("authorization: ").to_owned();
    let knowing = host.operator.with_headers(&[("authorization", &authorization), ("if-none-match", &etag)]);
    // The standing is written anew when a minute begins: then the tag is another, which is not what this is about.
    let again = knowing.get("/v1/telemetry/present");
    assert_eq!(again.status, 304, "{again:?}");
    assert!(again.body.is_empty());
    let photo = scripted(1, &Script::plate("NEW1234"));
    host.operator.patch("/v1/settings", &json!({ "intake.captured_at_max_age_hours": 87_600 }));
    assert_eq!(host.camera("north").send_photo("north", "k", "2026-11-20T10:00:00Z", "1", &photo).status, 202);
    tick(&host);
    assert_eq!(knowing.get("/v1/telemetry/present").status, 200);
}

#[test]
fn while_telemetry_is_off_whoever_has_the_present_version_still_hears_of_messages_that_do_not_leave() {
    let host = Host::start();
    let settings = json!({ "telemetry.enabled": false, "alerts.mail_to": "it@example.org" });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    tick(&host);
    let first = host.operator.get("/v1/telemetry/present");
    assert_eq!((&first.json()["enabled"], &first.json()["undelivered_messages"]), (&json!(false), &json!(0)));
    let header = host.operator.authorization();
    let authorization = header.trim().trim_start_matches("authorization: ").to_owned();
    let etag = first.header("etag").unwrap().to_owned();
    let knowing = host.operator.with_headers(&[("authorization", &authorization), ("if-none-match", &etag)]);
    assert_eq!(knowing.get("/v1/telemetry/present").status, 304, "nothing is added up, and nothing happened");
    // No mail server is set up, so what is for it waits.
    assert_eq!(host.operator.post("/v1/alerts/rules/export-empty/test", &json!({})).status, 202);
    let told = knowing.get("/v1/telemetry/present");
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.json()["undelivered_messages"].as_u64() > Some(0), "{told:?}");
}

#[test]
fn prometheus_reads_the_metrics_with_its_own_secret_which_opens_nothing_else() {
    let host =
        Host::start_with(Options { variables: vec![("metrics_token", SCRAPER.to_owned())], ..Options::default() });
    host.operator.patch("/v1/settings", &json!({ "intake.captured_at_max_age_hours": 87_600 }));
    traffic(&host);
    tick(&host);
    let scraper = host.with_token(SCRAPER);
    let answer = scraper.get("/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = String::from_utf8(answer.body.clone()).unwrap();
    for line in [
        r#"tollbooth_passages_received_total{booth="north"} 4"#,
        r#"tollbooth_recognizer_calls_total{recognizer="in-process",class="read"} 4"#,
        r#"tollbooth_stage_items{booth="north",stage="in-review"} "#,
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}\n{text}");
    }
    assert_eq!(scraper.get("/v1/telemetry/present").status, 401);
    assert_eq!(host.with_token("a-secret-of-prometheus-alonf").get("/metrics").status, 401);
    assert_eq!(host.anonymous().get("/metrics").status, 401);
}

#[test]
fn while_telemetry_is_off_prometheus_gets_no_figure_of_before() {
    let host = Host::start();
    host.operator.patch("/v1/settings", &json!({ "intake.captured_at_max_age_hours": 87_600 }));
    traffic(&host);
    tick(&host);
    let told = || -> BTreeSet<String> {
        let text = String::from_utf8(host.operator.get("/metrics").body).unwrap();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect()
    };
    assert!(told().contains("tollbooth_stage_items") && told().contains("tollbooth_passages_received_total"));
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "telemetry.enabled": false })).status, 200);
    assert_eq!(tick(&host)["events"], 0);
    let left = told();
    let of_now = ["tollbooth_alerts_firing", "tollbooth_messages_undelivered", "tollbooth_telemetry_enabled"];
    assert!(of_now.iter().all(|name| left.contains(*name)), "{left:?}");
    let others: Vec<_> = left.iter().filter(|name| !of_now.contains(&name.as_str())).collect();
    assert!(others.iter().all(|name| *name == "tollbooth_alerts_looked_timestamp_seconds"), "{others:?}");
    assert_eq!(host.operator.get("/v1/telemetry/present").json()["enabled"], false);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "telemetry.enabled": true })).status, 200);
    tick(&host);
    assert!(told().contains("tollbooth_stage_items"));
}

#[test]
fn a_query_that_would_be_answered_with_nothing_by_mistake_is_refused() {
    let host = Host::start();
    for query in [
        "subject=north",
        "of=booths",
        "subject=all&of=booth",
        "of=booth&booth=north",
        "of=camera&booth=north/front",
        "metrics=recieved",
        "step=month",
        "step=total",
        "from=yesterday",
        "from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z",
        "step=minute&from=2026-01-01T00:00:00Z",
        "range=1h",
    ] {
        let answer = host.operator.get(&format!("/v1/telemetry/series?{query}"));
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
}

/// Debian's promtool; loud where it is missing, and no skipping where `TOLLBOOTH_NEED_PROMTOOL` is set.
fn promtool_or_skip(arguments: &[&str], input: &str) -> Option<String> {
    let child = Command::new("promtool")
        .args(arguments)
        .current_dir(repository().join("deploy/prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let text = "there is no promtool. Install it with scripts/prometheus";
        assert!(std::env::var_os("TOLLBOOTH_NEED_PROMTOOL").is_none(), "{text}");
        eprintln!("\n*** SKIPPED *** {text}\n");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
    Some(said)
}

/// Names of metrics in a text, without what histograms and counters add.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    let metric = |word: &str| {
        let ends = ["_bucket", "_count", "_sum"];
        let stem = ends.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        stem.to_owned()
    };
    words.filter(|word| word.starts_with("tollbooth_")).map(metric).collect()
}

fn expressions(panel: &Value, found: &mut Vec<String>) {
    match panel {
        Value::Object(members) => {
            found.extend(members.get("expr").and_then(Value::as_str).map(ToOwned::to_owned));
            members.values().for_each(|member| expressions(member, found));
        }
        Value::Array(members) => members.iter().for_each(|member| expressions(member, found)),
        _ => {}
    }
}

#[test]
fn prometheus_understands_the_metrics_the_rules_and_the_dashboard_and_each_names_only_metrics_there_are() {
    let host = Host::start_with(Options { arguments: vec!["--metrics-listen", "127.0.0.1:0"], ..Options::default() });
    host.operator.patch("/v1/settings", &json!({ "intake.captured_at_max_age_hours": 87_600 }));
    traffic(&host);
    // The first one sets the schedule off, so that it is known when the next is due.
    assert!(host.operator.post("/v1/ticks/export", &json!({})).status < 300);
    // And that the rules of alerts were looked at: without waiting for it that happens after the answer.
    assert!(host.operator.post("/v1/ticks/messages?wait=true", &json!({})).status < 300);
    tick(&host);
    let text = String::from_utf8(host.operator.get("/metrics").body).unwrap();
    if promtool_or_skip(&["check", "metrics"], &text).is_none() {
        return;
    }
    // What components cost, the host tells on a listener of its own.
    let Some(own) = host.own_metrics() else { return };
    let own = String::from_utf8(own.get("/metrics").body).unwrap();
    promtool_or_skip(&["check", "metrics"], &own);
    let text = text + &own;
    promtool_or_skip(&["check", "rules", "rules.yml"], "");
    promtool_or_skip(&["test", "rules", "rules_test.yml"], "");
    let read = |path: &str| fs::read_to_string(repository().join("deploy").join(path)).unwrap();
    let dashboard = read("grafana/tollbooth.json");
    let mut found = Vec::new();
    expressions(&serde_json::from_str(&dashboard).unwrap(), &mut found);
    assert!(found.len() > 20, "{found:?}");
    let rules: String = found
        .iter()
        .map(|expression| expression.replace("$__rate_interval", "1m"))
        .enumerate()
        .map(|(n, expression)| format!("  - record: panel:{n}\n    expr: {}\n", json!(expression)))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    fs::write(&file, format!("groups:\n- name: panels\n  rules:\n{rules}")).unwrap();
    promtool_or_skip(&["check", "rules", &file.display().to_string()], "");
    let exposed: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(ToOwned::to_owned)
        .collect();
    for (what, used) in [("a rule", names(&read("prometheus/rules.yml"))), ("the dashboard", names(&found.join(" ")))] {
        let unknown: Vec<_> = used.difference(&exposed).collect();
        assert!(unknown.is_empty(), "{what} names metrics that there are not: {unknown:?}\n{exposed:?}");
    }
}
