//! Operators' routes: booths, tokens, settings, ticks, balance and status.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Api;
use super::exchange::{Call, to_json};
use crate::{ClientError, Token};

/// A booth to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Booth {
    /// `[a-z0-9][a-z0-9-]{0,62}`
    #[serde(skip)]
    pub id: String,
    /// For people.
    pub name: String,
    /// `us-tx`
    pub jurisdiction: String,
    /// Empty: any lane.
    pub lanes: Vec<String>,
    /// IANA name.
    pub time_zone: String,
}

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// `tok_…`
    pub id: String,
    /// Shown once.
    pub token: Token,
}

#[derive(Deserialize)]
struct NewTokenView {
    id: String,
    token: String,
}

impl Api {
    /// Registers or changes a booth.
    ///
    /// # Errors
    /// As every route.
    pub fn put_booth(&self, booth: &Booth) -> Result<(), ClientError> {
        let body = to_json(booth)?;
        self.exchange(&Call::new("PUT", &["v1", "booths", &booth.id]).body("application/json", &body)).map(drop)
    }

    /// Makes a camera's token.
    ///
    /// # Errors
    /// As every route.
    pub fn create_camera_token(&self, booth: &str, name: &str) -> Result<NewToken, ClientError> {
        let body = to_json(&serde_json::json!({ "role": "camera", "booth": booth, "name": name }))?;
        let call = Call::new("POST", &["v1", "tokens"]).body("application/json", &body).not_repeatable();
        let view: NewTokenView = self.exchange(&call)?.json()?;
        Ok(NewToken { id: view.id, token: Token::new(&view.token)? })
    }

    /// Revokes a token. Safe to repeat.
    ///
    /// # Errors
    /// As every route.
    pub fn revoke_token(&self, id: &str) -> Result<(), ClientError> {
        self.exchange(&Call::new("DELETE", &["v1", "tokens", id])).map(drop)
    }

    /// Changes settings, all or none.
    ///
    /// # Errors
    /// As every route.
    pub fn change_settings(&self, changes: &Map<String, Value>) -> Result<(), ClientError> {
        let body = to_json(changes)?;
        self.exchange(&Call::new("PATCH", &["v1", "settings"]).body("application/json", &body)).map(drop)
    }

    /// Has the reading stage or the exporter look for work. Safe to repeat. What it did comes back as JSON.
    ///
    /// # Errors
    /// As every route.
    pub fn tick(&self, stage: &str) -> Result<Value, ClientError> {
        self.exchange(&Call::new("POST", &["v1", "ticks", stage]))?.json()
    }

    /// Health; needs no token.
    ///
    /// # Errors
    /// As every route; an unhealthy installation answers 503.
    pub fn health(&self) -> Result<Value, ClientError> {
        self.exchange(&Call::new("GET", &["v1", "health"]))?.json()
    }

    /// The balance of the hours from the one on, `2026-11-20T10` (UTC), and before the other, as JSON; without them of all there
    /// ever were. What is asked often names an hour: the server's work grows with the passages of the hours that are counted.
    ///
    /// # Errors
    /// As every route.
    pub fn balance(&self, from: Option<&str>, to: Option<&str>) -> Result<Value, ClientError> {
        let mut call = Call::new("GET", &["v1", "balance"]);
        for (name, hour) in [("from", from), ("to", to)] {
            if let Some(hour) = hour {
                call = call.query(name, hour);
            }
        }
        self.exchange(&call)?.json()
    }

    /// What an operator looks at first, as JSON.
    ///
    /// # Errors
    /// As every route.
    pub fn status(&self) -> Result<Value, ClientError> {
        self.exchange(&Call::new("GET", &["v1", "status"]))?.json()
    }
}
