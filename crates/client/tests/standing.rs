//! The status of an installation: what closes, what does not, and what is out of reach.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure here is a failed test"
)]

mod server;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use server::{Reply, Server};
use tollbooth_client::standing::Standing;
use tollbooth_client::{Api, ApiOptions, RetryPolicy, Token};

/// From which hour on, and before which.
type Piece = (Option<String>, Option<String>);

fn counts(received: u64) -> Value {
    json!({"received": received, "waiting": 1, "reading": 2, "in_review": 3, "accepted": 4, "rejected": 5,
        "duplicate": 6, "billed": 3, "awaiting_export": 1})
}

fn server(violations: &'static [&'static str]) -> Server {
    Server::start(move |asked| match asked.path.as_str() {
        "/v1/health" => Reply::json(200, &json!({"status": "ok", "schema_version": 3})),
        "/v1/status" => Reply::json(
            200,
            &json!({"schema_version": 3, "open_reviews": 3, "oldest_open_review": "2026-11-20T09:00:00.000Z",
                "live_leases": 2, "overdue_leases": 0, "oldest_waiting": null, "last_export_run": null,
                "next_export_due": "2026-11-20T11:00:00.000Z", "undelivered_messages": 0,
                "doubtful_clocks": [{"booth": "north", "camera": "front", "passages": 9, "usual_lag_seconds": 21_602,
                    "detail": "It seems to write local time."}]}),
        ),
        "/v1/balance" => Reply::json(
            200,
            &json!({"closes": violations.is_empty(), "violations": violations, "rows": [],
                "totals": {"from_events": counts(21), "from_state": counts(21)}}),
        ),
        "/v1/export-profiles" if !violations.is_empty() => Reply::problem(403, "forbidden", ""),
        "/v1/export-profiles" => Reply::json(
            200,
            &json!({"items": [
                {"name": "billing", "published_through": 4, "waiting": 0, "due_at": "2026-11-20T11:00:00.000Z"},
                {"name": "auditor", "published_through": 4, "waiting": 0, "due_at": null, "waits_for": null},
                {"name": "midnight", "published_through": 3, "waiting": 1, "due_at": "2999-11-20T11:00:00.000Z",
                    "waits_for": null},
                {"name": "records", "published_through": 1, "waiting": 3, "due_at": "2026-11-20T11:00:00.000Z",
                    "waits_for": "Export 2 was taken over."}]}),
        ),
        "/v1/destinations" => Reply::json(
            200,
            &json!({"items": [
                {"name": "bills", "state": "well", "trouble": null, "failing_since": null, "pending": 0,
                    "reported_at": "2026-11-20T10:00:00.000Z"},
                {"name": "lake", "state": "refused", "trouble": "login", "failing_since": "2026-11-20T09:00:00.000Z",
                    "pending": 2, "reported_at": "2026-11-20T10:00:00.000Z"}]}),
        ),
        _ => Reply::problem(404, "not-found", ""),
    })
}

fn ask(server: &Server) -> Result<Standing, tollbooth_client::ClientError> {
    let options = ApiOptions { retry: RetryPolicy::once(), ..ApiOptions::default() };
    Standing::ask(&Api::new(&server.url, Some(Token::new("t").unwrap()), options).unwrap(), None)
}

#[test]
fn a_balance_that_closes_is_exit_code_zero() {
    let standing = ask(&server(&[])).unwrap();
    assert_eq!((standing.exit_code(), standing.passages.received, standing.open_reviews), (0, 21, 3));
    let text = standing.to_string();
    for expected in [
        "received         21",
        "in review      3, oldest since 2026-11-20T09",
        "balance          closes",
        "clock            north front: It seems to write local time.",
        "copy             records: 3 not copied, the first due at 2026-11-20T11:00:00.000Z. Export 2 was",
        "destination      lake: refused (login) since 2026-11-20T09:00:00.000Z, 2 not delivered",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("not told"), "{text}");
    assert_eq!(text.matches("copy  ").count() + text.matches("destination  ").count(), 2, "{text}");
    let json = serde_json::to_value(&standing).unwrap();
    assert_eq!(json["passages"]["awaiting_export"], 1);
    assert_eq!(json["next_export_due"], "2026-11-20T11:00:00.000Z");
}

#[test]
fn whoever_asks_often_counts_the_last_hours_and_sees_that_it_is_these() {
    let whole = server(&[]);
    let text = ask(&whole).unwrap().to_string();
    assert!(text.contains("received         21\n"), "all there ever were: {text}");
    let few = Server::start(|asked| match (asked.path.as_str(), asked.parameter("from").as_deref()) {
        ("/v1/health", _) => Reply::json(200, &json!({"status": "ok"})),
        ("/v1/status", _) => Reply::json(
            200,
            &json!({"open_reviews": 9, "oldest_open_review": null, "live_leases": 0, "overdue_leases": 0,
                "oldest_waiting": null, "last_export_run": null, "next_export_due": null, "undelivered_messages": 0}),
        ),
        ("/v1/balance", Some("2026-11-20T10")) => Reply::json(
            200,
            &json!({"closes": true, "violations": [], "totals": {"from_events": counts(21), "from_state": counts(21)}}),
        ),
        _ => Reply::problem(403, "forbidden", ""),
    });
    let options = ApiOptions { retry: RetryPolicy::once(), ..ApiOptions::default() };
    let api = Api::new(&few.url, Some(Token::new("t").unwrap()), options).unwrap();
    let text = Standing::ask(&api, Some("2026-11-20T10".to_owned())).unwrap().to_string();
    assert!(text.contains("received         21 since 2026-11-20T10:00Z"), "{text}");
    assert!(text.contains("in review      9"), "those of earlier hours, too: {text}");
    let hour = tollbooth_client::standing::hours_ago(24).unwrap();
    assert!(hour.len() == "2026-11-20T10".len() && hour.get(10..11) == Some("T"), "{hour}");
}

#[test]
fn all_there_ever_was_is_counted_day_by_day_from_the_first_hour_and_nothing_twice() {
    let first = tollbooth_client::standing::hours_ago(60).unwrap();
    let asked: Arc<Mutex<Vec<Piece>>> = Arc::default();
    let (told, pieces) = (first.clone(), Arc::clone(&asked));
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/v1/health" => Reply::json(200, &json!({"status": "ok"})),
        "/v1/status" => Reply::json(
            200,
            &json!({"open_reviews": 0, "oldest_open_review": null, "live_leases": 0, "overdue_leases": 0,
                "oldest_waiting": null, "last_export_run": null, "next_export_due": null, "undelivered_messages": 0,
                "first_hour": told}),
        ),
        "/v1/balance" => {
            let (from, to) = (asked.parameter("from"), asked.parameter("to"));
            // Nothing was received before the first hour, and one of the days does not close.
            let received = if from.is_none() { 0 } else { 7 };
            let mut pieces = pieces.lock().unwrap();
            pieces.push((from, to));
            let violations: &[&str] = if pieces.len() == 3 { &["2026-11-20T10 north: they disagree"] } else { &[] };
            Reply::json(
                200,
                &json!({"closes": violations.is_empty(), "violations": violations,
                    "totals": {"from_events": counts(received), "from_state": counts(received)}}),
            )
        }
        _ => Reply::problem(403, "forbidden", ""),
    });
    let standing = ask(&server).unwrap();
    let pieces = asked.lock().unwrap().clone();
    assert!((4..=5).contains(&pieces.len()), "sixty hours are three days, or four: {pieces:?}");
    assert_eq!(pieces.first().unwrap(), &(None, Some(first)));
    assert!(pieces.windows(2).all(|two| two[0].1.is_some() && two[0].1 == two[1].0), "without a gap: {pieces:?}");
    assert_eq!(pieces.last().unwrap().1, None, "to the end: {pieces:?}");
    assert_eq!(standing.passages.received, 7 * (pieces.len() as u64 - 1));
    assert_eq!((standing.closes, standing.violations.len()), (false, 1));
}

#[test]
fn a_balance_that_does_not_close_is_exit_code_one_and_says_where() {
    let standing = ask(&server(&["2026-11-20T10 north: events and present state disagree"])).unwrap();
    assert_eq!(standing.exit_code(), 1);
    let text = standing.to_string();
    assert!(text.contains("DOES NOT CLOSE") && text.contains("2026-11-20T10 north"), "{text}");
    assert_eq!(standing.copies_in_trouble, [""; 0], "what the token may not read is not known");
    assert!(text.contains("copies and destinations are not told to this token"), "{text}");
}

#[test]
fn an_unhealthy_installation_is_exit_code_three() {
    let server = Server::start(|_| Reply::problem(503, "unavailable", "Try again."));
    assert_eq!(ask(&server).unwrap_err().exit_code(), 3);
}
