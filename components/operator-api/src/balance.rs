//! The balance: by hour of receipt and booth, what came in against what is somewhere, from two sources that are
//! compared here by the rules in `tollbooth-pipeline`.

use serde::Serialize;
use tollbooth_pipeline::balance::{Counts, violations};
use tollbooth_pipeline::capture::is_hour;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::audit::{self, BalanceRow};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

#[derive(Serialize)]
struct Balance {
    /// True when every row closes and both sides agree.
    closes: bool,
    violations: Vec<String>,
    totals: Sides,
    /// The newest hours, newest last.
    rows: Vec<Row>,
    /// Older rows that are counted in the totals and not listed.
    rows_left_out: usize,
    /// Uploads of known cameras that were refused; outside the balance.
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    booth: String,
    reason: String,
    uploads: u64,
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

/// Rows listed when nothing else is asked for: three weeks of five booths.
const DEFAULT_ROWS: u64 = 2_500;
/// Most rows listed: a year of one booth, a month of twelve.
const MAX_ROWS: u64 = 10_000;
/// Violations listed; a ledger that has more needs a person, not a longer list.
const MAX_VIOLATIONS: usize = 1_000;

/// `GET /v1/balance`
pub fn balance(request: &Request) -> Answer {
    authorize(request, Action::ReadBalance)?;
    let query = &request.query;
    query.only(&["from", "to", "booth", "limit"])?;
    let (from, to) = (hour(request, "from")?, hour(request, "to")?);
    let booth = query.get("booth");
    if let Some(booth) = booth {
        ident::check_booth(booth)?;
    }
    let limit = usize::try_from(query.number("limit", DEFAULT_ROWS, 1, MAX_ROWS)?).unwrap_or(usize::MAX);
    let of_booth = |candidate: &str| booth.is_none_or(|wanted| wanted == candidate);
    let mut rows = audit::balance(from, to)?;
    rows.retain(|row| of_booth(&row.booth));
    let mut balance = compare(rows, limit);
    let refused = audit::refused(from, to)?.into_iter().filter(|refusals| of_booth(&refusals.booth));
    balance.refused = refused.map(|r| Refused { booth: r.booth, reason: r.reason, uploads: r.uploads }).collect();
    Response::json(200, &balance)
}

fn compare(rows: Vec<BalanceRow>, limit: usize) -> Balance {
    let mut totals = Sides::default();
    let mut all = Vec::new();
    let rows_left_out = rows.len().saturating_sub(limit);
    let mut rows: Vec<Row> = rows
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
    let closes = all.is_empty();
    all.truncate(MAX_VIOLATIONS);
    rows.drain(..rows_left_out);
    Balance { closes, violations: all, totals, rows, rows_left_out, refused: Vec::new() }
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
        awaiting_correction: counts.awaiting_correction,
        awaiting_withdrawal: counts.awaiting_withdrawal,
        withdrawn: counts.withdrawn,
        in_question: counts.in_question,
        bill_lines: counts.bill_lines,
        acknowledged: counts.acknowledged,
        owner_not_found: counts.owner_not_found,
        refused_by_billing: counts.refused_by_billing,
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
            awaiting_correction: 0,
            awaiting_withdrawal: 0,
            withdrawn: 0,
            in_question: 0,
            bill_lines: 0,
            acknowledged: 0,
            owner_not_found: 0,
            refused_by_billing: 0,
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
        let balance = compare(vec![row(2, 2), row(3, 3)], 10);
        assert!(balance.closes);
        assert_eq!(balance.totals.from_events.received, 5);
        // The totals agree here; the rows do not.
        let crossed = compare(vec![row(2, 3), row(3, 2)], 10);
        assert!(!crossed.closes);
        assert!(crossed.violations.iter().all(|v| v.starts_with("2026-11-20T10 north: ")), "{:?}", crossed.violations);
    }

    #[test]
    fn rows_that_are_not_listed_are_still_counted_and_compared() {
        let balance = compare(vec![row(1, 2), row(2, 2), row(3, 3)], 1);
        assert_eq!((balance.rows.len(), balance.rows_left_out), (1, 2));
        assert_eq!(balance.totals.from_events.received, 6);
        assert_eq!(balance.rows[0].sides.from_state.received, 3, "the newest is listed");
        assert!(!balance.closes);
    }
}
