//! People at the console: who they are, and the one-time links with which they sign in.

use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::exchange::{Call, to_json};
use crate::ClientError;

/// Somebody who can sign in: a token that is not a camera's and not revoked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// `tok_…`, which the history names.
    pub id: String,
    /// `reviewer`, `supervisor`, `operator` or `billing`.
    pub role: String,
    /// For people.
    pub name: String,
    /// The booths that the role is limited to, in order; none: it is not.
    pub booths: Option<Vec<String>>,
}

/// A link that signs somebody in, once.
#[derive(Debug, Clone, Deserialize)]
pub struct SignInLink {
    /// Whom it signs in, `tok_…`
    pub token: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Path and fragment on the installation.
    path: String,
}

impl SignInLink {
    /// The whole address for a browser.
    #[must_use]
    pub fn url(&self, api: &Api) -> String {
        format!("{}{}", api.base(), self.path)
    }
}

#[derive(Deserialize)]
struct TokenView {
    revoked_at: Option<String>,
    created_by: String,
    #[serde(flatten)]
    person: Person,
}

#[derive(Deserialize)]
struct Tokens {
    items: Vec<TokenView>,
    /// Where the next page begins; none at the end.
    next: Option<String>,
}

impl Api {
    /// Everybody who can sign in by a link, by age: not whom a provider of identities vouches for. An operator's token is needed.
    ///
    /// # Errors
    /// As every route.
    pub fn people(&self) -> Result<Vec<Person>, ClientError> {
        let (mut people, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut call = Call::new("GET", &["v1", "tokens"]).query("limit", "200");
            if let Some(last) = &after {
                call = call.query("after", last);
            }
            let page: Tokens = self.exchange(&call)?.json()?;
            let usable = page.items.into_iter().filter(|token| {
                token.revoked_at.is_none() && token.person.role != "camera" && token.created_by != "sign-in"
            });
            people.extend(usable.map(|token| token.person));
            after = page.next;
            if after.is_none() {
                return Ok(people);
            }
        }
    }

    /// Registers somebody, at these booths or, without any, at all of them. The text of their token is dropped: they sign in by
    /// links only. An operator's token is needed.
    ///
    /// # Errors
    /// As every route.
    pub fn create_person(&self, role: &str, name: &str, booths: &[String]) -> Result<Person, ClientError> {
        let booths = (!booths.is_empty()).then_some(booths);
        let body = to_json(&json!({ "role": role, "name": name, "booths": booths }))?;
        let call = Call::new("POST", &["v1", "tokens"]).body("application/json", &body).not_repeatable();
        self.exchange(&call)?.json()
    }

    /// Makes a link for somebody, or, without a token, for the caller.
    ///
    /// # Errors
    /// As every route.
    pub fn sign_in_link(&self, token: Option<&str>) -> Result<SignInLink, ClientError> {
        let body = to_json(&token.map_or_else(|| json!({}), |token| json!({ "token": token })))?;
        let call = Call::new("POST", &["v1", "sign-in-links"]).body("application/json", &body).not_repeatable();
        self.exchange(&call)?.json()
    }

    /// Ends every session of somebody; returns how many. An operator's token is needed.
    ///
    /// # Errors
    /// As every route.
    pub fn end_sessions(&self, token: &str) -> Result<u32, ClientError> {
        #[derive(Deserialize)]
        struct Ended {
            ended: u32,
        }
        let ended: Ended = self.exchange(&Call::new("DELETE", &["v1", "sessions"]).query("token", token))?.json()?;
        Ok(ended.ended)
    }
}
