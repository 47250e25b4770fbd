//! Booths: where vehicles are photographed. An operator registers them under an id of his own, so `PUT` repeats safely.

use std::collections::BTreeSet;

use serde::Deserialize;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::text;
use tollbooth_ports::ledger::admin::{self, Booth};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::time_zone;
use crate::views::{self, BoothView};

/// Most lanes of a booth. The widest toll plazas have some thirty.
const MAX_LANES: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoothBody {
    name: String,
    jurisdiction: String,
    #[serde(default)]
    lanes: Vec<String>,
    time_zone: String,
}

/// `PUT /v1/booths/{booth}`: 201 when it is new, 200 when it was known.
pub async fn put(request: Request, id: &str) -> Answer {
    let operator = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    ident::check_booth(id)?;
    let body: BoothBody = request.body.json().await?;
    check(&body).map_err(Problem::invalid)?;
    let booth = Booth {
        id: id.to_owned(),
        name: body.name.trim().to_owned(),
        jurisdiction: body.jurisdiction,
        lanes: body.lanes,
        time_zone: body.time_zone,
        updated_at: now(),
    };
    let new = admin::put_booth(booth.updated_at, &operator.actor(), &booth).map_err(views::refused)?;
    // Read back: a booth that was put again as it was keeps the time of its last change.
    Ok(Response::json(if new { 201 } else { 200 }, &BoothView::from(find(id)?))?
        .with_header("location", format!("/v1/booths/{id}")))
}

/// `GET /v1/booths`: by id, in pages.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&["after", "limit"])?;
    let limit = request.query.limit()?;
    let found = admin::list_booths(request.query.get("after"), limit.saturating_add(1))?;
    Response::json(200, &views::page::<_, BoothView>(found, limit, |booth| &booth.id))
}

/// `GET /v1/booths/{booth}`
pub fn show(request: &Request, id: &str) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    Response::json(200, &BoothView::from(find(id)?))
}

fn find(id: &str) -> Result<Booth, Problem> {
    admin::get_booth(id)?.ok_or_else(|| Problem::new(Kind::UnknownBooth, "Register it with PUT on this path."))
}

/// Checks the name of a booth or token: for people, so nearly anything goes.
pub fn check_name(name: &str) -> Result<(), String> {
    text::title("name", name).map(drop).map_err(|problem| problem.to_string())
}

fn check(body: &BoothBody) -> Result<(), Vec<String>> {
    let mut violations = Vec::new();
    violations.extend(check_name(&body.name).err());
    violations.extend(ident::check_jurisdiction(&body.jurisdiction).err().map(|e| e.to_string()));
    violations.extend(time_zone::check(&body.time_zone).err());
    if body.lanes.len() > MAX_LANES {
        violations.push(format!("lanes: at most {MAX_LANES} are allowed"));
    }
    if body.lanes.iter().collect::<BTreeSet<_>>().len() < body.lanes.len() {
        violations.push("lanes: a lane is listed twice".to_owned());
    }
    violations.extend(body.lanes.iter().find_map(|lane| ident::check_name("lanes", lane).err()).map(|e| e.to_string()));
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> BoothBody {
        BoothBody {
            name: "North gate".into(),
            jurisdiction: "us-tx".into(),
            lanes: vec!["1".into(), "2".into()],
            time_zone: "America/Chicago".into(),
        }
    }

    #[test]
    fn a_sound_booth_passes_and_may_leave_its_lanes_open() {
        assert_eq!(check(&body()), Ok(()));
        assert_eq!(check(&BoothBody { lanes: Vec::new(), ..body() }), Ok(()));
    }

    #[test]
    fn every_violation_is_named() {
        let bad = BoothBody {
            name: " ".into(),
            jurisdiction: "Texas".into(),
            lanes: vec!["1,2".into(), "1,2".into()],
            time_zone: "Texas".into(),
        };
        let violations = check(&bad).unwrap_err();
        assert_eq!(violations.len(), 5, "{violations:?}");
    }

    #[test]
    fn a_name_is_text_for_people() {
        assert_eq!(check_name("Señor Übergang 3 – außen"), Ok(()));
        for bad in ["", "\t", "a\nb", "a\u{202e}b", "\u{200b}", "x".repeat(101).as_str()] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
