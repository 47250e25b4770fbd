//! Bearer tokens: made here, shown once, stored as a digest, revoked for good.

use serde::Deserialize;
use tollbooth_pipeline::desk::MAX_BOOTHS;
use tollbooth_pipeline::role::{Action, Role};
use tollbooth_pipeline::token::{self, NewToken};
use tollbooth_ports::ledger::admin::{self, AdminFailure, Token};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::booths::check_name;
use crate::views::{self, NewTokenView, TokenView};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    role: String,
    booth: Option<String>,
    booths: Option<Vec<String>>,
    name: String,
}

/// `POST /v1/tokens`: 201 with the text of the token, which is never shown again.
pub async fn create(request: Request) -> Answer {
    let operator = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let body: TokenBody = request.body.json().await?;
    check(&body).map_err(Problem::invalid)?;
    if let Some(booth) = &body.booth
        && admin::get_booth(booth)?.is_none()
    {
        return Err(Problem::invalid(vec![format!(
            "booth: `{booth}` is not registered; PUT /v1/booths/{{booth}} first"
        )]));
    }
    let NewToken { id, text, digest } = random_token()?;
    let token = Token {
        id,
        role: body.role,
        booth: body.booth,
        booths: body.booths.map(sorted),
        name: body.name.trim().to_owned(),
        created_at: now(),
        created_by: operator.token.clone(),
        revoked_at: None,
    };
    admin::create_token(token.created_at, &operator.actor(), &token, &digest).map_err(views::refused)?;
    Response::json(201, &NewTokenView { token: text, about: token.into() })
}

/// `GET /v1/tokens`: by age, revoked ones included, in pages.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&["after", "limit"])?;
    let limit = request.query.limit()?;
    let found = admin::list_tokens(request.query.get("after"), limit.saturating_add(1))?;
    Response::json(200, &views::page::<_, TokenView>(found, limit, |token| &token.id))
}

/// `DELETE /v1/tokens/{token}`: revokes it; it stays on the list.
pub fn revoke(request: &Request, id: &str) -> Answer {
    let operator = authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    let token = admin::revoke_token(now(), &operator.actor(), id).map_err(|failure| match failure {
        AdminFailure::Conflict => Problem::new(
            Kind::Conflict,
            "This is the last operator's token. Make another one with POST /v1/tokens first.",
        ),
        other => views::refused(other),
    })?;
    Response::json(200, &TokenView::from(token))
}

/// Each booth once, in one order: the same limit is the same list.
fn sorted(mut booths: Vec<String>) -> Vec<String> {
    booths.sort_unstable();
    booths.dedup();
    booths
}

fn random_token() -> Result<NewToken, Problem> {
    let (mut id, mut secret) = ([0; 16], [0; 32]);
    getrandom::fill(&mut id)
        .and_then(|()| getrandom::fill(&mut secret))
        .map_err(|e| Problem::internal(format!("the host gives no random bytes: {e}")))?;
    Ok(token::new(&id, &secret))
}

fn check(body: &TokenBody) -> Result<(), Vec<String>> {
    let mut violations = Vec::new();
    violations.extend(check_name(&body.name).err());
    match (body.role.parse::<Role>(), &body.booth) {
        (Ok(Role::Camera), None) => {
            violations.push("booth: a camera's token needs the one booth it sends for".to_owned())
        }
        (Ok(Role::Camera), Some(_)) | (Ok(_), None) => {}
        (Ok(role), Some(_)) => violations.push(format!("booth: only a camera's token has one, not a {role}'s")),
        (Err(unknown), _) => violations.push(format!("role: {unknown}")),
    }
    if let Some(booths) = &body.booths {
        violations.extend(limit_problem(&body.role, booths));
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// Whether the booths exist is the ledger's to say.
fn limit_problem(role: &str, booths: &[String]) -> Option<String> {
    let can_be = role.parse::<Role>().is_ok_and(Role::can_be_limited);
    if !can_be {
        return Some(format!("booths: only a reviewer's or supervisor's role is limited to booths, not a {role}'s"));
    }
    (booths.is_empty() || booths.len() > MAX_BOOTHS)
        .then(|| format!("booths: must be 1 to {MAX_BOOTHS} booths; leave it out for all of them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(role: &str, booth: Option<&str>) -> TokenBody {
        TokenBody { role: role.into(), booth: booth.map(ToOwned::to_owned), booths: None, name: "n".into() }
    }

    #[test]
    fn people_who_review_are_limited_to_booths_and_nobody_else_is() {
        let limited = |role: &str, booths: &[&str]| {
            let booths = Some(booths.iter().map(|booth| (*booth).to_owned()).collect());
            check(&TokenBody { booths, ..body(role, None) })
        };
        for role in ["reviewer", "supervisor"] {
            assert_eq!(limited(role, &["north"]), Ok(()));
            assert!(limited(role, &[]).is_err(), "nowhere is no limit");
        }
        assert!(limited("operator", &["north"]).is_err() && limited("billing", &["north"]).is_err());
    }

    #[test]
    fn a_camera_has_a_booth_and_nobody_else_has() {
        assert_eq!(check(&body("camera", Some("north"))), Ok(()));
        assert!(check(&body("camera", None)).is_err());
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Camera) {
            assert_eq!(check(&body(role.as_str(), None)), Ok(()));
            assert!(check(&body(role.as_str(), Some("north"))).is_err(), "{role}");
        }
        assert!(check(&body("admin", None)).is_err());
    }

    #[test]
    fn two_tokens_never_look_alike() {
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert_ne!(one.id, other.id);
        assert_ne!(one.text, other.text);
    }
}
