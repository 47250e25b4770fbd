//! Waking another stage, or one's own other face: by service chaining, or over HTTP with a token.

use spin_sdk::http::{Method, Request, Response, send};

use crate::variable::required_variable;

/// Path of a wake route that needs no token because nobody else reaches it.
const PRIVATE_PATH: &str = "/wake";

/// Where a stage is woken.
pub struct WakeRoute {
    url: String,
    token: String,
}

impl WakeRoute {
    /// The route that the manifest names in these two variables, with the token in `wake_token`. None: nobody listens for
    /// wake-ups in this installation.
    ///
    /// # Errors
    /// A variable that cannot be read, or that the manifest does not give the component.
    pub fn of(origin: &str, path: &str) -> Result<Option<Self>, String> {
        let (origin, path) = (required_variable(origin)?, required_variable(path)?);
        let token = required_variable("wake_token")?;
        let listens = !token.is_empty() || path == PRIVATE_PATH;
        Ok(listens.then(|| Self { url: format!("{origin}{path}"), token }))
    }

    /// Wakes it.
    ///
    /// # Errors
    /// What it answered, or why it is out of reach.
    pub async fn wake(&self) -> Result<(), String> {
        let mut request = Request::builder();
        request.method(Method::Post).uri(self.url.as_str());
        if !self.token.is_empty() {
            request.header("authorization", format!("Bearer {}", self.token));
        }
        let answer: Result<Response, _> = send(request.build()).await;
        match answer {
            Ok(response) if *response.status() < 300 => Ok(()),
            Ok(response) => Err(format!("the wake route answered status {}", response.status())),
            Err(e) => Err(format!("the wake route is out of reach: {e}")),
        }
    }
}
