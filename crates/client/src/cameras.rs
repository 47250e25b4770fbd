//! Cameras for a run: booths that are registered, and a token for each that ends with the run.
//!
//! Operators may not send photos and cameras may not register booths, so whoever sends for several booths needs both.

use std::collections::BTreeMap;

use crate::{Api, Booth, ClientError};

/// A booth that is to have a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraPlan {
    /// The booth, registered or changed to be like this.
    pub booth: Booth,
    /// Name of the token.
    pub token_name: String,
}

/// Cameras with tokens of their own.
pub struct Cameras {
    operator: Api,
    tokens: Vec<String>,
    apis: BTreeMap<String, Api>,
}

impl Cameras {
    /// Registers the booths and makes a camera's token for each, with an operator's token.
    ///
    /// # Errors
    /// The first that failed; tokens made so far are revoked.
    pub fn register(operator: &Api, plans: &[CameraPlan]) -> Result<Self, ClientError> {
        let mut cameras = Self { operator: operator.clone(), tokens: Vec::new(), apis: BTreeMap::new() };
        for plan in plans {
            if let Err(error) = cameras.add(plan) {
                // What failed first is the news; a token that cannot be revoked now is listed by GET /v1/tokens.
                let _ = cameras.revoke();
                return Err(error);
            }
        }
        Ok(cameras)
    }

    fn add(&mut self, plan: &CameraPlan) -> Result<(), ClientError> {
        self.operator.put_booth(&plan.booth)?;
        let made = self.operator.create_camera_token(&plan.booth.id, &plan.token_name)?;
        self.apis.insert(plan.booth.id.clone(), self.operator.with_token(made.token));
        self.tokens.push(made.id);
        Ok(())
    }

    /// The API with the token of this booth's camera.
    #[must_use]
    pub fn api(&self, booth: &str) -> Option<&Api> {
        self.apis.get(booth)
    }

    /// Revokes the tokens.
    ///
    /// # Errors
    /// The first failure, after every token was tried.
    pub fn revoke(self) -> Result<(), ClientError> {
        let mut first = Ok(());
        for token in &self.tokens {
            let revoked = self.operator.revoke_token(token);
            if first.is_ok() {
                first = revoked;
            }
        }
        first
    }
}
