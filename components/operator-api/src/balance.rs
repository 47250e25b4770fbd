//! The balance: by hour of receipt and booth, what came in against what is somewhere, from two sources that are
//! compared here by the rules in `tollbooth-pipeline`.

use serde::Serialize;
use tollbooth_pipeline::balance::{Counts, violations};
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::audit::{self, BalanceRow};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

#[derive(Serialize)]
struct Balance {
    /// True when every row closes and both sides agree.
    closes: bool,
    violations: Vec<String>,
    totals: Sides,
    rows: Vec<Row>,
}

#[derive(Default, Clone, Copy, Serialize)]
struct Sides {
    from_events: Counts,
    from_state: Counts,
}

#[derive(Serialize)]
struct Row {
    hour: String,
    booth: String,
    #[serde(flatten)]
    sides: Sides,
    violations: Vec<String>,
}

/// `GET /v1/balance`
pub fn balance(request: &Request) -> Answer {
    authorize(request, Action::ReadBalance)?;
    let query = &request.query;
    query.only(&["from", "to"])?;
    let (from, to) = (hour(request, "from")?, hour(request, "to")?);
    Response::json(200, &compare(audit::balance(from, to)?))
}

fn compare(rows: Vec<BalanceRow>) -> Balance {
    let mut totals = Sides::default();
    let mut all = Vec::new();
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|row| {
            let sides = Sides { from_events: counts(row.from_events), from_state: counts(row.from_state) };
            totals.from_events.add(&sides.from_events);
            totals.from_state.add(&sides.from_state);
            let violations = violations(&sides.from_events, &sides.from_state);
            all.extend(violations.iter().map(|what| format!("{} {}: {what}", row.hour, row.booth)));
            Row { hour: row.hour, booth: row.booth, sides, violations }
        })
        .collect();
    Balance { closes: all.is_empty(), violations: all, totals, rows }
}

fn counts(counts: audit::Counts) -> Counts {
    Counts {
        received: counts.received,
        waiting: counts.waiting,
        reading: counts.reading,
        in_review: counts.in_review,
        accepted: counts.accepted,
        rejected: counts.rejected,
        duplicate: counts.duplicate,
        billed: counts.billed,
        awaiting_export: counts.awaiting_export,
    }
}

fn hour<'a>(request: &'a Request, name: &str) -> Result<Option<&'a str>, Problem> {
    match request.query.get(name) {
        Some(text) if !is_hour(text) => Err(Problem::new(
            Kind::InvalidRequest,
            format!("The query parameter `{name}` must be an hour in UTC, like 2026-11-20T10."),
        )),
        given => Ok(given),
    }
}

/// Hours are compared as text, so the form decides, and nothing but the form.
fn is_hour(text: &str) -> bool {
    let two = |range: std::ops::Range<usize>, low: u8, high: u8| {
        text.get(range).and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|n| (low..=high).contains(&n))
    };
    let bytes = text.as_bytes();
    let shape = bytes.len() == 13
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            _ => byte.is_ascii_digit(),
        });
    shape && two(5..7, 1, 12) && two(8..10, 1, 31) && two(11..13, 0, 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(from_events: u64, from_state: u64) -> BalanceRow {
        let counts = |received| audit::Counts {
            received,
            waiting: received,
            reading: 0,
            in_review: 0,
            accepted: 0,
            rejected: 0,
            duplicate: 0,
            billed: 0,
            awaiting_export: 0,
        };
        BalanceRow {
            hour: "2026-11-20T10".into(),
            booth: "north".into(),
            from_events: counts(from_events),
            from_state: counts(from_state),
        }
    }

    #[test]
    fn a_balance_closes_only_when_every_row_does() {
        let balance = compare(vec![row(2, 2), row(3, 3)]);
        assert!(balance.closes);
        assert_eq!(balance.totals.from_events.received, 5);
        // The totals agree here; the rows do not.
        let crossed = compare(vec![row(2, 3), row(3, 2)]);
        assert!(!crossed.closes);
        assert!(crossed.violations.iter().all(|v| v.starts_with("2026-11-20T10 north: ")), "{:?}", crossed.violations);
    }

    #[test]
    fn hours_have_one_form() {
        for good in ["2026-11-20T10", "2026-01-01T00", "2026-12-31T23"] {
            assert!(is_hour(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T24",
            "2026-13-20T10",
            "2026-11-20T1",
            "2026-11-20t10",
            "+026-11-20T10",
            "2026-11-20T10:00",
        ] {
            assert!(!is_hour(bad), "{bad}");
        }
    }
}
