//! One passage followed from the camera's own span to the file that bills it; what the host exports and counts beside.

use serde_json::{Value, json};
use tollbooth_tests::{Api, Behaviour, Collector, Host, Options, Script, Service, scripted, wait};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CAMERAS_SPAN: &str = "b7ad6b7169203331";
const PLATE: &str = "BKD0101";
const METRICS: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

fn traceparent() -> String {
    format!("00-{TRACE}-{CAMERAS_SPAN}-01")
}

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

/// The camera with another header.
fn tracing(camera: &Api, traceparent: &str) -> Api {
    let header = camera.authorization();
    let authorization = header.trim().trim_start_matches("authorization: ").to_owned();
    camera.with_headers(&[("authorization", &authorization), ("traceparent", traceparent)])
}

fn send(camera: &Api, n: u64, script: &Script) -> String {
    let at = captured(i64::try_from(n).unwrap() * 200 + 10);
    let sent = camera.send_photo("north", &format!("k-{n}"), &at, "1", &scripted(n, script));
    assert_eq!(sent.status, 202, "{sent:?}");
    sent.text("passage")
}

fn trace(api: &Api, passage: &str) -> Value {
    let found = api.get(&format!("/v1/passages/{passage}/trace"));
    assert_eq!(found.status, 200, "{found:?}");
    found.json()
}

fn stages(trace: &Value) -> Vec<(&str, &str, bool)> {
    let spans = trace["spans"].as_array().unwrap().iter();
    spans
        .map(|span| {
            let over = span["ended_at"].is_string();
            (span["stage"].as_str().unwrap(), span["outcome"].as_str().unwrap_or("-"), over)
        })
        .collect()
}

fn tick(host: &Host) {
    let ticked = host.operator.post("/v1/ticks/telemetry", &json!({}));
    assert_eq!(ticked.status, 200, "{ticked:?}");
}

/// A passage that a service failed to read first, that a person decided, and that was billed.
fn long_way(host: &Host, service: &Service, camera: &Api) -> String {
    let quick = json!({
        "reading.recognizer": "plate-recognizer", "reading.second_recognizer": "in-process",
        "plate-recognizer.calls_per_second": 1000.0, "reading.backoff_seconds": 1, "services.circuit_failures": 1000,
    });
    assert_eq!(host.operator.patch("/v1/settings", &quick).status, 200);
    service.then([Behaviour::Fail("outage", None), Behaviour::Plate(PLATE.to_owned(), 0.5)]);
    let passage = send(camera, 1, &Script::empty());
    let reviewer = host.token("reviewer", None);
    wait::until("the review", 60, || {
        host.operator.post("/v1/ticks/services?wait=true", &json!({}));
        (reviewer.get(&format!("/v1/passages/{passage}")).json()["state"] == "in-review").then_some(())
    });
    let item = reviewer.post("/v1/reviews/claim", &json!({})).json();
    let verdict = json!({ "version": item["version"], "plate": PLATE, "jurisdiction": "us-tx" });
    assert_eq!(reviewer.post(&format!("/v1/reviews/{passage}/verdict"), &verdict).status, 200);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    passage
}

#[test]
fn one_passage_is_followed_from_the_cameras_own_span_to_the_file_that_bills_it() {
    let collector = Collector::start(1);
    let service = Service::start("plate-recognizer", 1_500, Behaviour::Empty);
    let host = Host::start_with(Options {
        services: vec![service.address()],
        variables: vec![("otlp_origin", collector.origin()), ("otlp_headers", "api-key=of%20the%20test".to_owned())],
        ..Options::default()
    });
    let camera = tracing(&host.camera("north"), &traceparent());
    // A collector gets what happens from the first tick on.
    tick(&host);
    let passage = long_way(&host, &service, &camera);

    let found = trace(&host.operator, &passage);
    assert_eq!((found["trace"].as_str(), found["traceparent"].as_str()), (Some(TRACE), Some(&*traceparent())));
    assert_eq!(
        stages(&found),
        [
            ("passage", "billed", true),
            ("intake", "waiting", true),
            ("reading", "outage", true),
            ("reading", "read", true),
            ("judging", "low-confidence", true),
            ("review", "accepted", true),
            ("export", "published", true),
        ],
        "{found:#}"
    );
    let spans = found["spans"].as_array().unwrap();
    assert_eq!(spans[0]["parent"], CAMERAS_SPAN);
    for span in &spans[2..] {
        let times = (span["wait_ms"].is_u64(), span["run_ms"].is_u64());
        assert_eq!(times, (span["stage"] != "judging", span["stage"] != "judging"), "{span}");
        assert_eq!(span["parent"], spans[0]["id"]);
    }
    assert_eq!((&spans[5]["by"], &spans[6]["by"]), (&json!("reviewer"), &json!("1")));

    // The calls of the service were part of the attempts.
    let calls: Vec<String> = service.calls().into_iter().map(|call| call.traceparent).collect();
    let attempts: Vec<String> =
        spans[2..4].iter().map(|span| format!("00-{TRACE}-{}-01", span["id"].as_str().unwrap())).collect();
    assert_eq!(calls, attempts);

    // The operator finds it by the trace.
    let list = host.operator.get(&format!("/v1/traces/{TRACE}")).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["passage"], passage);

    // The collector was overloaded once; nothing is lost for it.
    tick(&host);
    assert_eq!(collector.spans().len(), 0, "{}", host.log());
    tick(&host);
    tick(&host);
    let exported = collector.spans();
    assert_eq!(exported.len(), spans.len(), "each once: {exported:#?}");
    for span in spans {
        let id = span["id"].as_str().unwrap();
        let got = exported.iter().find(|got| got["id"] == id).unwrap_or_else(|| panic!("{id}: {exported:#?}"));
        assert_eq!((&got["trace"], got["parent"].as_str()), (&json!(TRACE), span["parent"].as_str()));
        assert_eq!(got["name"], format!("tollbooth.{}", span["stage"].as_str().unwrap()));
        assert_eq!((&got["key"], &got["resource"]["service.name"]), (&json!("of the test"), &json!("tollbooth")));
        assert_eq!(got["attributes"]["tollbooth.wait_ms"], span["wait_ms"]);
        assert_eq!(got["attributes"]["tollbooth.passage"], passage.as_str());
    }
    let text = format!("{found}{exported:?}");
    assert!(!text.contains(PLATE), "a plate is in a trace: {text}");
}

#[test]
fn a_passage_whose_camera_sends_no_trace_or_none_that_is_valid_has_its_own_and_is_found_by_it() {
    let host = Host::start();
    let camera = host.camera("north");
    let invalid = tracing(&camera, &format!("00-{}-{CAMERAS_SPAN}-01", "0".repeat(32)));
    let mut traces = Vec::new();
    for (n, camera) in [(1, &camera), (2, &invalid)] {
        let passage = send(camera, n, &Script::plate(&format!("BKD{n}1{n}1")));
        let found = trace(&host.operator, &passage);
        assert_eq!(found["traceparent"], Value::Null);
        let id = found["trace"].as_str().unwrap().to_owned();
        assert_eq!(host.operator.get(&format!("/v1/traces/{id}")).json()["items"][0]["passage"], passage.as_str());
        traces.push(id);
    }
    assert_ne!(traces[0], traces[1]);
    // It waits, and the trace says so.
    let waiting = trace(&host.operator, &send(&camera, 3, &Script::empty()));
    assert_eq!(stages(&waiting).last(), Some(&("reading", "-", false)), "{waiting:#}");
    assert_eq!(host.operator.get(&format!("/v1/traces/{TRACE}")).json()["items"], json!([]));
    for wrong in ["x", &TRACE.to_uppercase(), &format!("{TRACE}?booth=north")] {
        assert_eq!(host.operator.get(&format!("/v1/traces/{wrong}")).status, 400, "{wrong}");
    }
    assert_eq!(host.operator.get("/v1/passages/psg_nobody/trace").status, 404);
    assert_eq!(host.camera("south").get(&format!("/v1/traces/{TRACE}")).status, 403);
}

#[test]
fn with_opentelemetrys_variables_requests_and_runs_are_exported_as_part_of_the_callers_trace() {
    let collector = Collector::start(0);
    let environment =
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT", collector.origin()), ("OTEL_SERVICE_NAME", "toll-plaza".to_owned())];
    let host = Host::start_with(Options { environment, ..Options::default() });
    if std::env::var_os("TOLLBOOTH_TEST_SPIN").is_some() {
        eprintln!("\n*** SKIPPED *** Spin names and exports its spans itself\n");
        return;
    }
    let camera = tracing(&host.camera("north"), &traceparent());
    tick(&host);
    let passage = send(&camera, 1, &Script::plate(PLATE));
    host.drain();
    assert_eq!(host.operator.get(&format!("/v1/reviews/{PLATE}/nothing")).status, 404);
    let server = collector.span("the request", |span| span["trace"] == TRACE && span["kind"] == "server");
    assert_eq!(server["name"], "PUT /v1/booths/:booth/passages/:key", "{server}");
    assert_eq!((&server["parent"], &server["resource"]["service.name"]), (&json!(CAMERAS_SPAN), &json!("toll-plaza")));
    assert_eq!(server["attributes"]["http.response.status_code"], 202);
    let run = collector.span("the run", |span| span["parent"] == server["id"]);
    assert_eq!(run["name"], "execute_wasm_component image-intake");
    // The passage is part of the run that took it in; its stages go to the same collector without another word.
    let found = trace(&host.operator, &passage);
    assert_eq!((&found["trace"], &found["spans"][0]["parent"]), (&json!(TRACE), &run["id"]), "{found:#}");
    tick(&host);
    let _ = collector.span("the reading", |span| span["name"] == "tollbooth.reading" && span["trace"] == TRACE);
    let text = format!("{:?}", collector.spans());
    for secret in [PLATE, "captured_at", "operator-token"] {
        assert!(!text.contains(secret), "{secret} is in a trace: {text}");
    }
}

#[test]
fn the_host_tells_prometheus_what_each_component_costs() {
    let host = Host::start_with(Options { arguments: METRICS.to_vec(), ..Options::default() });
    let camera = host.camera("north");
    for n in 1..4 {
        send(&camera, n, &Script::plate(&format!("BKD{n}2{n}2")));
    }
    host.drain();
    let Some(own) = host.own_metrics() else { return };
    let answer = own.get("/metrics");
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    let value = |start: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value(r#"tollbooth_component_runs_total{component="image-intake",outcome="ok"}"#) >= 3.0, "{text}");
    assert!(value(r#"tollbooth_component_busy_seconds_total{component="image-intake"}"#) > 0.0, "{text}");
    let (runs, memory) = (
        value(r#"tollbooth_component_memory_bytes_count{component="ocr-call-ticks"}"#),
        value(r#"tollbooth_component_memory_bytes_sum{component="ocr-call-ticks"}"#),
    );
    assert!(runs >= 1.0 && memory / runs > 1_000_000.0, "an instance has a megabyte at least: {text}");
    for elsewhere in ["/", "/nothing", "/metrics/"] {
        assert_eq!(own.try_get(elsewhere).map(|reply| reply.status), Some(404), "nothing else is there: {elsewhere}");
    }
}
