//! What each person's answers were worth: for supervisors, in the order of names, never of merit.

use serde::Serialize;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::quality::{self, Person};
use tollbooth_quality::CONFIDENCE;
use tollbooth_quality::bound::{lower, upper};
use tollbooth_web::{Answer, Request, Response, authorize};

use crate::period::Period;

#[derive(Serialize)]
struct PeopleView {
    days: u64,
    since: String,
    until: String,
    items: Vec<PersonView>,
}

#[derive(Serialize)]
struct PersonView {
    token: String,
    name: Option<String>,
    answers: u64,
    taken_back: u64,
    /// Answers of which is known what is right; the others say nothing.
    checked: u64,
    right: u64,
    /// Null without any; the true share lies between the bounds in nine of ten such samples.
    right_percent: Option<f64>,
    right_at_least_percent: f64,
    right_at_most_percent: f64,
    read_by_another: u64,
    alike_percent: Option<f64>,
    /// While at work: answers at most five minutes apart; null without any.
    answers_per_hour: Option<f64>,
}

/// `GET /v1/quality/people`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadPeople)?;
    request.query.only(&["days"])?;
    let period = Period::of(&request.query)?;
    let mut items: Vec<PersonView> =
        quality::people(period.since, period.until)?.into_iter().map(PersonView::from).collect();
    items.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.token.cmp(&b.token)));
    let (days, since, until) = (period.days, period.since_text(), period.until_text());
    Response::json(200, &PeopleView { days, since, until, items })
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "answers are fewer than 2^52")]
        let percent = |part: u64, of: u64| (of > 0).then(|| 100.0 * part as f64 / of as f64);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds are fewer than 2^52")]
        let pace = (person.paced_ms > 0).then(|| person.paced as f64 * 3_600_000.0 / person.paced_ms as f64);
        Self {
            right_percent: percent(person.right, person.checked),
            right_at_least_percent: 100.0 * lower(person.right, person.checked, CONFIDENCE),
            right_at_most_percent: 100.0 * upper(person.right, person.checked, CONFIDENCE),
            alike_percent: percent(person.alike, person.read_by_another),
            answers_per_hour: pace,
            token: person.token,
            name: person.name,
            answers: person.answers,
            taken_back: person.taken_back,
            checked: person.checked,
            right: person.right,
            read_by_another: person.read_by_another,
        }
    }
}
