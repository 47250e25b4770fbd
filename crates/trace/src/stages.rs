//! From what happened to the spans of each stage.

use tollbooth_pipeline::Instant;

use crate::{Bound, Moment, Span, SpanId, Stage, Way};

/// The spans of a passage's way: the whole first, then its stages in the order in which they began.
#[must_use]
pub fn spans(way: &Way) -> Vec<Span> {
    let mut walk = Walk { way, spans: Vec::new(), open: None, ended: None };
    for moment in &way.moments {
        walk.step(moment);
    }
    walk.finish()
}

/// A stage that is not over.
struct Open {
    stage: Stage,
    number: u32,
    since: Instant,
    /// When somebody began to work on it.
    begun: Option<Instant>,
    by: String,
}

struct Walk<'a> {
    way: &'a Way,
    spans: Vec<Span>,
    open: Option<Open>,
    /// What made the way complete for the first time.
    ended: Option<(Instant, u64, String)>,
}

impl Walk<'_> {
    fn step(&mut self, moment: &Moment) {
        let (from, to) = (moment.from.as_deref(), moment.to.as_deref());
        match moment.kind.as_str() {
            "received" => self.received(moment),
            "leased" => self.begin(moment, self.asked()),
            "claimed" => self.begin(moment, moment.role.clone()),
            "released" => self.put_back(),
            "billed" | "corrected" | "correction-adopted" => self.published(moment),
            // Billing has it as it is now decided: there is nothing to send.
            "confirmed" => self.close(moment, "confirmed".to_owned()),
            "correction-due" => self.enter(Stage::Export, moment.at),
            "correction-dropped" => self.close(moment, "dropped".to_owned()),
            _ => {}
        }
        if from == to || moment.kind == "received" {
            return;
        }
        match from {
            Some("reading") => self.read(moment, to),
            // What is leased goes on waiting until here: its span is the reading's.
            Some("waiting") => {}
            Some("in-review") => self.close(moment, outcome(moment)),
            Some("accepted" | "rejected") => self.close(moment, moment.kind.clone()),
            _ => {}
        }
        match to {
            Some("waiting") => self.enter(Stage::Reading, moment.at),
            Some("in-review") => self.enter(Stage::Review, moment.at),
            Some("accepted") => self.enter(Stage::Export, moment.at),
            Some("rejected") => self.end(moment, "rejected"),
            _ => {}
        }
    }

    fn received(&mut self, moment: &Moment) {
        let run_ms = self.way.intake_ms;
        let to = moment.to.as_deref().unwrap_or_default();
        self.push(Span {
            started_at: moment.at.saturating_sub(run_ms.unwrap_or_default()),
            run_ms,
            outcome: moment.reason.clone().unwrap_or_else(|| to.to_owned()),
            ..self.moment(Stage::Intake, moment)
        });
        match to {
            "waiting" => self.enter(Stage::Reading, moment.at),
            "in-review" => self.enter(Stage::Review, moment.at),
            _ => self.end(moment, to),
        }
    }

    /// The reading is over, and what follows was decided with it.
    fn read(&mut self, moment: &Moment, to: Option<&str>) {
        let number = self.open.as_ref().map_or(0, |open| open.number);
        let found = self.way.attempts.iter().find(|attempt| attempt.number == number);
        let outcome = found.map_or_else(|| moment.kind.clone(), |attempt| attempt.outcome.clone());
        let judged = outcome == "read";
        self.close(moment, outcome);
        if judged || to != Some("waiting") {
            let decided = moment.reason.clone().or_else(|| to.map(ToOwned::to_owned)).unwrap_or_default();
            let decided = if to == Some("waiting") { moment.kind.clone() } else { decided };
            self.push(Span { outcome: decided, by: "judge".to_owned(), ..self.moment(Stage::Judging, moment) });
        }
    }

    fn published(&mut self, moment: &Moment) {
        let since = self.open.as_ref().map_or(moment.at, |open| open.since);
        // The first file that came out since it waits for one. It may have been begun before: lines are added until it is full.
        let came_out = |bound: &&Bound| bound.published_at.is_none_or(|at| at >= since);
        let file = self.way.bound.iter().filter(came_out).min_by_key(|bound| bound.export);
        if let (Some(file), Some(open)) = (file, self.open.as_mut().filter(|open| open.stage == Stage::Export)) {
            (open.begun, open.by) = (Some(file.bound_at.max(since)), file.export.to_string());
        }
        self.close(moment, "published".to_owned());
        self.end(moment, &moment.kind);
    }

    fn enter(&mut self, stage: Stage, since: Instant) {
        // Of a decision that was changed, what waited already goes on.
        if self.open.as_ref().is_some_and(|open| open.stage == stage && open.begun.is_none()) {
            return;
        }
        let number = self.next(stage);
        self.open = Some(Open { stage, number, since, begun: None, by: String::new() });
    }

    fn begin(&mut self, moment: &Moment, by: String) {
        if let Some(open) = &mut self.open {
            (open.begun, open.by) = (Some(moment.at), by);
        }
    }

    /// Whoever had it gave it back: it waits again, as if it had all the time.
    fn put_back(&mut self) {
        if let Some(open) = &mut self.open {
            (open.begun, open.by) = (None, String::new());
        }
    }

    fn close(&mut self, moment: &Moment, outcome: String) {
        let Some(open) = self.open.take() else { return };
        let begun = open.begun.unwrap_or(moment.at);
        self.push(Span {
            number: open.number,
            id: SpanId::of_stage(&self.way.passage, open.stage, open.number),
            started_at: open.since,
            wait_ms: Some((begun - open.since).max(0)),
            run_ms: Some((moment.at - begun).max(0)),
            outcome,
            by: if open.by.is_empty() { moment.role.clone() } else { open.by },
            ..self.moment(open.stage, moment)
        });
    }

    /// The way is complete; what happens later belongs to the trace, and comes after it.
    fn end(&mut self, moment: &Moment, outcome: &str) {
        self.ended.get_or_insert_with(|| (moment.at, moment.sequence, outcome.to_owned()));
    }

    fn finish(mut self) -> Vec<Span> {
        if let Some(open) = self.open.take() {
            let id = SpanId::of_stage(&self.way.passage, open.stage, open.number);
            self.spans.push(Span {
                id,
                parent: Some(self.root()),
                stage: open.stage,
                number: open.number,
                started_at: open.since,
                ended_at: None,
                wait_ms: open.begun.map(|begun| (begun - open.since).max(0)),
                run_ms: None,
                outcome: String::new(),
                by: open.by,
                ended_by: None,
            });
        }
        let Some(first) = self.spans.first() else { return Vec::new() };
        let until = self.ended.as_ref().map(|(at, ..)| *at);
        let within = |span: &&Span| until.is_none_or(|until| span.ended_at.is_some_and(|ended| ended <= until));
        let sum = |of: fn(&Span) -> Option<i64>| self.spans.iter().filter(within).filter_map(of).sum::<i64>();
        let whole = Span {
            id: self.root(),
            parent: self.way.parent,
            stage: Stage::Passage,
            number: 1,
            started_at: first.started_at,
            ended_at: until,
            wait_ms: Some(sum(|span| span.wait_ms)),
            run_ms: Some(sum(|span| span.run_ms)),
            outcome: self.ended.as_ref().map_or_else(String::new, |(.., outcome)| outcome.clone()),
            by: String::new(),
            ended_by: self.ended.as_ref().map(|(_, sequence, _)| *sequence),
        };
        self.spans.insert(0, whole);
        self.spans
    }

    /// A span of this moment alone.
    fn moment(&self, stage: Stage, moment: &Moment) -> Span {
        let number = self.next(stage);
        Span {
            id: SpanId::of_stage(&self.way.passage, stage, number),
            parent: Some(self.root()),
            stage,
            number,
            started_at: moment.at,
            ended_at: Some(moment.at),
            wait_ms: None,
            run_ms: None,
            outcome: String::new(),
            by: moment.role.clone(),
            ended_by: Some(moment.sequence),
        }
    }

    fn push(&mut self, span: Span) {
        self.spans.push(span);
    }

    /// The number of the next span of a stage.
    fn next(&self, stage: Stage) -> u32 {
        let before = self.spans.iter().filter(|span| span.stage == stage).map(|span| span.number).max();
        before.unwrap_or_default() + 1
    }

    fn asked(&self) -> String {
        let number = self.open.as_ref().map_or(0, |open| open.number);
        let found = self.way.attempts.iter().find(|attempt| attempt.number == number);
        found.map(|attempt| attempt.asked.clone()).unwrap_or_default()
    }

    fn root(&self) -> SpanId {
        SpanId::of_stage(&self.way.passage, Stage::Passage, 1)
    }
}

/// What a person decided, or had done.
fn outcome(moment: &Moment) -> String {
    match moment.kind.as_str() {
        kind @ ("accepted" | "rejected") => moment.reason.clone().unwrap_or_else(|| kind.to_owned()),
        kind => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Attempt;

    fn moment(sequence: u64, at: Instant, kind: &str, from: &str, to: &str) -> Moment {
        let state = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let role = if matches!(kind, "claimed" | "released") { "reviewer" } else { "system" };
        Moment { sequence, at, kind: kind.into(), role: role.into(), from: state(from), to: state(to), reason: None }
    }

    fn attempt(number: u32, outcome: &str) -> Attempt {
        Attempt { number, asked: "in-process".into(), outcome: outcome.into() }
    }

    /// Stage, number, start, wait, run, outcome.
    type Shown<'a> = (&'static str, u32, Instant, Option<i64>, Option<i64>, &'a str);

    fn shown(spans: &[Span]) -> Vec<Shown<'_>> {
        let view = |s: &Span| (s.stage.as_str(), s.number, s.started_at, s.wait_ms, s.run_ms, s.outcome.clone());
        spans.iter().map(view).map(|(a, b, c, d, e, f)| (a, b, c, d, e, &*f.leak())).collect()
    }

    /// A passage that was tried twice, looked at by two people, and billed.
    fn long_way() -> Way {
        let mut referred = moment(6, 9_000, "referred", "reading", "in-review");
        referred.reason = Some("low-confidence".into());
        Way {
            passage: "psg_a".into(),
            parent: SpanId::parse("b7ad6b7169203331"),
            intake_ms: Some(30),
            moments: vec![
                moment(1, 1_000, "received", "", "waiting"),
                moment(2, 2_000, "leased", "waiting", "reading"),
                moment(3, 2_500, "reading-failed", "reading", "waiting"),
                moment(4, 8_000, "leased", "waiting", "reading"),
                referred,
                moment(7, 20_000, "claimed", "in-review", "in-review"),
                moment(8, 25_000, "released", "in-review", "in-review"),
                moment(9, 60_000, "claimed", "in-review", "in-review"),
                moment(10, 64_000, "accepted", "in-review", "accepted"),
                moment(11, 100_000, "billed", "accepted", "accepted"),
            ],
            attempts: vec![attempt(1, "timed-out"), attempt(2, "read")],
            bound: vec![Bound { export: 7, bound_at: 99_000, published_at: Some(100_000) }],
        }
    }

    #[test]
    fn each_stage_says_when_it_began_how_long_it_waited_and_how_long_it_took() {
        let spans = spans(&long_way());
        assert_eq!(
            shown(&spans),
            [
                (
                    "passage",
                    1,
                    970,
                    Some(1_000 + 5_500 + 51_000 + 35_000),
                    Some(30 + 500 + 1_000 + 4_000 + 1_000),
                    "billed"
                ),
                ("intake", 1, 970, None, Some(30), "waiting"),
                ("reading", 1, 1_000, Some(1_000), Some(500), "timed-out"),
                ("reading", 2, 2_500, Some(5_500), Some(1_000), "read"),
                ("judging", 1, 9_000, None, None, "low-confidence"),
                ("review", 1, 9_000, Some(51_000), Some(4_000), "accepted"),
                ("export", 1, 64_000, Some(35_000), Some(1_000), "published"),
            ]
        );
        let whole = spans.first().unwrap();
        assert_eq!(whole.parent, SpanId::parse("b7ad6b7169203331"), "it is part of what the camera did");
        assert!(spans.iter().skip(1).all(|span| span.parent == Some(whole.id)));
        let by: Vec<&str> = spans.iter().map(|span| span.by.as_str()).collect();
        assert_eq!(by, ["", "system", "in-process", "in-process", "judge", "reviewer", "7"]);
        assert_eq!(spans.iter().map(|s| s.ended_by).collect::<Vec<_>>(), [11, 1, 3, 6, 6, 10, 11].map(Some));
        assert_eq!(spans.get(3).unwrap().id, SpanId::of_stage("psg_a", Stage::Reading, 2), "known when it was leased");
    }

    #[test]
    fn the_parts_of_the_way_leave_no_gap() {
        // What is not waited for and not worked on is nobody's: there must be none of it.
        let spans = spans(&long_way());
        let whole = spans.first().unwrap();
        let took = whole.ended_at.unwrap() - whole.started_at;
        assert_eq!(whole.wait_ms.unwrap() + whole.run_ms.unwrap(), took);
    }

    #[test]
    fn a_line_that_was_added_to_a_file_already_begun_waited_for_nothing() {
        let mut way = long_way();
        way.bound = vec![Bound { export: 7, bound_at: 50_000, published_at: Some(100_000) }];
        let spans = spans(&way);
        assert_eq!(shown(&spans).last(), Some(&("export", 1, 64_000, Some(0), Some(36_000), "published")));
        assert_eq!(spans.last().unwrap().by, "7");
    }

    #[test]
    fn what_lasts_has_no_end_and_a_duplicate_ends_where_it_begins() {
        let mut way = long_way();
        way.moments.truncate(2);
        let reading = spans(&way);
        assert_eq!(shown(&reading).last(), Some(&("reading", 1, 1_000, Some(1_000), None, "")));
        assert_eq!((reading[0].ended_at, reading[0].ended_by), (None, None));
        way.moments.truncate(1);
        assert_eq!(shown(&spans(&way)).last(), Some(&("reading", 1, 1_000, None, None, "")));
        way.moments = vec![moment(1, 1_000, "received", "", "duplicate")];
        let duplicate = spans(&way);
        assert_eq!(shown(&duplicate).len(), 2);
        assert_eq!((duplicate[0].ended_at, duplicate[0].outcome.as_str()), (Some(1_000), "duplicate"));
        assert_eq!(spans(&Way::default()), []);
    }

    #[test]
    fn what_comes_after_billing_belongs_to_the_trace_and_not_to_the_whole() {
        let mut way = long_way();
        way.moments.extend([
            moment(12, 200_000, "recalled", "accepted", "in-review"),
            moment(13, 210_000, "claimed", "in-review", "in-review"),
            moment(14, 220_000, "rejected", "in-review", "rejected"),
            moment(15, 220_000, "correction-due", "rejected", "rejected"),
            moment(16, 300_000, "corrected", "rejected", "rejected"),
        ]);
        way.bound.push(Bound { export: 8, bound_at: 290_000, published_at: Some(300_000) });
        let spans = spans(&way);
        assert_eq!((spans[0].ended_at, spans[0].ended_by), (Some(100_000), Some(11)));
        assert_eq!(
            shown(&spans[7..]),
            [
                ("review", 2, 200_000, Some(10_000), Some(10_000), "rejected"),
                ("export", 2, 220_000, Some(70_000), Some(10_000), "published"),
            ]
        );
        assert_eq!(spans.last().unwrap().by, "8");
    }

    #[test]
    fn a_decision_that_is_confirmed_or_taken_back_waits_for_no_file() {
        let mut way = long_way();
        way.moments.truncate(9);
        way.moments.push(moment(11, 70_000, "reopened", "accepted", "in-review"));
        let opened = spans(&way);
        assert_eq!(shown(&opened)[6], ("export", 1, 64_000, Some(6_000), Some(0), "reopened"));
        assert_eq!(shown(&opened)[7].0, "review");
        let mut way = long_way();
        way.moments.extend([
            moment(12, 200_000, "recalled", "accepted", "in-review"),
            moment(13, 210_000, "accepted", "in-review", "accepted"),
            moment(14, 210_000, "confirmed", "accepted", "accepted"),
        ]);
        assert_eq!(shown(&spans(&way)).last(), Some(&("export", 2, 210_000, Some(0), Some(0), "confirmed")));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_time_negative() {
        let mut way = long_way();
        for moment in &mut way.moments {
            moment.at = 100_000 - moment.at;
        }
        for span in spans(&way) {
            assert!(span.wait_ms.unwrap_or(0) >= 0 && span.run_ms.unwrap_or(0) >= 0, "{span:?}");
        }
    }
}
