//! The provider that the application's variables name.

use tollbooth_openid::configuration::{Configuration, Variables};
use tollbooth_web::{Problem, verbatim_variable};

/// Why it is not known which provider people sign in with.
pub enum Unfit {
    /// Whatever keeps the variables is out of reach: nothing is wrong with what was set.
    Unreadable(String),
    /// Every violation.
    Misconfigured(Vec<String>),
}

impl Unfit {
    /// A code that the console has words for.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unavailable",
            Self::Misconfigured(_) => "misconfigured",
        }
    }

    /// For operators.
    pub fn cause(&self) -> String {
        match self {
            Self::Unreadable(cause) => cause.clone(),
            Self::Misconfigured(wrong) => wrong.join("; "),
        }
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        Self::unavailable(format!("the provider of identities is not known: {}", unfit.cause()))
    }
}

/// What is configured. None when nobody signs in with a provider.
///
/// # Errors
/// [`Unfit`]
pub fn configuration() -> Result<Option<Configuration>, Unfit> {
    let read = |name: &str| verbatim_variable(name).map_err(Unfit::Unreadable);
    let (issuer, client_id) = (read("openid_issuer")?, read("openid_client_id")?);
    let (client_secret, redirect_url) = (read("openid_client_secret")?, read("openid_redirect_url")?);
    let (scopes, roles_claim) = (read("openid_scopes")?, read("openid_roles_claim")?);
    let (roles, name) = (read("openid_roles")?, read("openid_name")?);
    Configuration::read(Variables {
        issuer: &issuer,
        client_id: &client_id,
        client_secret: &client_secret,
        redirect_url: &redirect_url,
        scopes: &scopes,
        roles_claim: &roles_claim,
        roles: &roles,
        name: &name,
    })
    .map_err(Unfit::Misconfigured)
}
