//! Who somebody is here, by what the provider says of them. Every text of it is foreign.

use serde_json::Value;
use tollbooth_pipeline::text::{MAX_TITLE_CHARS, title};

use crate::configuration::Configuration;
use crate::roles::Grant;

/// Most values of a roles claim that are looked at.
const MAX_VALUES: usize = 2_000;

/// What people are called who have no name that can be shown.
const NAMELESS: &str = "Somebody";

/// Whether the claim that holds roles is there at all; where it is not, the provider may give it elsewhere.
#[must_use]
pub fn has_roles(claims: &Value, configuration: &Configuration) -> bool {
    found(claims, &configuration.roles_claim).is_some()
}

/// What they may; none is nobody here.
#[must_use]
pub fn grant(claims: &Value, configuration: &Configuration) -> Option<Grant> {
    let values: Vec<&str> = match found(claims, &configuration.roles_claim)? {
        // One value, or several as scopes are written.
        Value::String(text) => std::iter::once(text.as_str()).chain(text.split_ascii_whitespace()).collect(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).take(MAX_VALUES).collect(),
        _ => Vec::new(),
    };
    configuration.roles.grant_of(&values)
}

/// What to call them: `name`, else `preferred_username`, else `email`, without what text may not hold here.
#[must_use]
pub fn name(claims: &Value) -> String {
    let given = ["name", "preferred_username", "email"].into_iter().filter_map(|claim| claims.get(claim)?.as_str());
    given.filter_map(shown).next().unwrap_or_else(|| NAMELESS.to_owned())
}

/// The text, or what is left of it that may be shown.
fn shown(text: &str) -> Option<String> {
    let short: String = text.trim().chars().take(MAX_TITLE_CHARS).collect();
    title("name", &short).ok().or_else(|| {
        let plain: String = short.chars().filter(|c| title("name", &format!("x{c}x")).is_ok()).collect();
        title("name", &plain).ok()
    })
}

/// The member of that name, else the way through objects that its dots show: `realm_access.roles`.
fn found<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| name.split('.').try_fold(claims, |value, part| value.get(part)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use tollbooth_pipeline::role::Role;

    use super::*;
    use crate::configuration::tests::GOOD;
    use crate::configuration::{Configuration, Variables};

    fn by(claim: &'static str) -> Configuration {
        Configuration::read(Variables { roles_claim: claim, ..GOOD }).unwrap().unwrap()
    }

    fn role(claims: &Value, configuration: &Configuration) -> Option<Role> {
        grant(claims, configuration).map(|grant| grant.role)
    }

    #[test]
    fn roles_come_from_a_list_a_text_or_the_depth_of_an_object() {
        let list = json!({ "roles": ["x", "tollbooth-reviewer"] });
        assert_eq!(role(&list, &by("roles")), Some(Role::Reviewer));
        let text = json!({ "roles": "x tollbooth-supervisor" });
        assert_eq!(role(&text, &by("roles")), Some(Role::Supervisor));
        let deep = json!({ "resource_access": { "toll": { "roles": ["tollbooth-reviewer"] } } });
        assert_eq!(role(&deep, &by("resource_access.toll.roles")), Some(Role::Reviewer));
        let dotted = json!({ "https://toll.example/roles": ["tollbooth-reviewer"] });
        assert_eq!(role(&dotted, &by("https://toll.example/roles")), Some(Role::Reviewer));
    }

    #[test]
    fn a_claim_of_any_other_shape_gives_no_role() {
        for roles in [json!(null), json!({}), json!(1), json!([["tollbooth-reviewer"]]), json!([]), json!("reviewer")] {
            assert_eq!(role(&json!({ "roles": roles }), &by("roles")), None, "{roles}");
        }
        assert_eq!(role(&json!({}), &by("roles")), None);
        assert!(!has_roles(&json!({}), &by("roles")) && has_roles(&json!({ "roles": [] }), &by("roles")));
    }

    #[test]
    fn a_name_is_text_that_can_be_shown_whatever_the_provider_says() {
        assert_eq!(name(&json!({ "name": "Ann Lee", "email": "a@b.example" })), "Ann Lee");
        assert_eq!(name(&json!({ "name": "<img src=x onerror=alert(1)>" })), "<img src=x onerror=alert(1)>");
        assert_eq!(name(&json!({ "name": "A\u{202e}nn\u{0}\n" })), "Ann");
        assert_eq!(name(&json!({ "name": "\u{200b}", "email": "a@b.example" })), "a@b.example");
        assert_eq!(name(&json!({ "name": "x".repeat(5_000) })).len(), MAX_TITLE_CHARS);
        assert_eq!(name(&json!({ "name": 7 })), NAMELESS);
    }
}
