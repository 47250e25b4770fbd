//! The API, one function for each route the commands need.

mod auditing;
mod destinations;
mod exchange;
mod exports;
mod operations;
mod passages;
mod people;

use std::time::Duration;

use tollbooth_pipeline::export::BILLING;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};
use url::Url;

use crate::{ClientError, RetryPolicy, Token};

pub use auditing::{
    FailedReadings, FailureCause, Finding, InspectedExports, InspectedPassages, InspectedPhotos, Reprocessed,
};
pub use destinations::{DestinationReport, ReportedDestination};
pub(crate) use exchange::STORED_DAMAGED;
pub use exports::{Export, ExportProfile};
pub use operations::{Booth, NewToken};
pub use passages::{Attempt, PassageView, PhotoParameters, ReadingView, Received};
pub use people::{Person, SignInLink};

/// How requests are made.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// When a request is repeated.
    pub retry: RetryPolicy,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time for one attempt, connection and bodies included.
    pub attempt_timeout: Duration,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(120),
        }
    }
}

/// A TollBooth installation. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Api {
    base: Url,
    agent: Agent,
    token: Option<Token>,
    retry: RetryPolicy,
    /// The copy whose exports are asked for; none: what is billed from.
    profile: Option<String>,
}

impl Api {
    /// An installation at a base URL, `http://127.0.0.1:3000`; a path in it is kept as prefix. Connects to nobody yet.
    ///
    /// # Errors
    /// [`ClientError::InvalidUrl`].
    pub fn new(base: &str, token: Option<Token>, options: ApiOptions) -> Result<Self, ClientError> {
        let base = base_url(base)?;
        // The machine's own certificates: an installation behind a company's gateway has one of the company's.
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would drop the token; the answer names the right address instead.
            .max_redirects(0)
            .timeout_connect(Some(options.connect_timeout))
            .timeout_global(Some(options.attempt_timeout))
            .max_idle_connections_per_host(64)
            .user_agent(concat!("tollbooth/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build()
            .into();
        Ok(Self { base, agent, token, retry: options.retry, profile: None })
    }

    /// The same installation and connections with another token.
    #[must_use]
    pub fn with_token(&self, token: Token) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// The same installation, for the exports of a profile: `billing`, or the name of a copy.
    #[must_use]
    pub fn of_profile(&self, profile: &str) -> Self {
        let profile = (profile != BILLING).then(|| profile.to_owned());
        Self { profile, ..self.clone() }
    }

    /// The base URL without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

fn base_url(text: &str) -> Result<Url, ClientError> {
    let refuse = |problem: &str| ClientError::InvalidUrl { url: text.to_owned(), problem: problem.to_owned() };
    let url = Url::parse(text).map_err(|e| refuse(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("the scheme must be http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::InvalidUrl {
            url: url.host_str().unwrap_or_default().to_owned(),
            problem: "credentials do not belong into it".to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("query and fragment do not belong into it"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_may_have_a_prefix_and_nothing_else() {
        let api = |url| Api::new(url, None, ApiOptions::default());
        assert_eq!(api("http://127.0.0.1:3000").unwrap_or_else(|e| panic!("{e}")).base(), "http://127.0.0.1:3000");
        assert_eq!(
            api("https://tolls.example/north/").unwrap_or_else(|e| panic!("{e}")).base(),
            "https://tolls.example/north"
        );
        for bad in ["127.0.0.1:3000", "ftp://x", "http://x/?a=1", "http://user:pass@x/", ""] {
            let Err(error) = api(bad) else { panic!("{bad} was taken") };
            assert_eq!(error.exit_code(), 2);
            assert!(!error.to_string().contains("pass"), "{error}");
        }
    }
}
