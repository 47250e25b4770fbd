//! The provider that the application's variables name.

use spin_sdk::variables;
use tollbooth_openid::configuration::{Configuration, Variables};

/// What is configured. None when nobody signs in with a provider.
///
/// # Errors
/// Every violation, for operators.
pub fn configuration() -> Result<Option<Configuration>, Vec<String>> {
    let mut unreadable = Vec::new();
    let mut read = |name: &str| {
        variables::get(name).unwrap_or_else(|error| {
            unreadable.push(format!("{name}: the manifest gives no such variable, or it cannot be read: {error}"));
            String::new()
        })
    };
    let (issuer, client_id) = (read("openid_issuer"), read("openid_client_id"));
    let (client_secret, redirect_url) = (read("openid_client_secret"), read("openid_redirect_url"));
    let (scopes, roles_claim) = (read("openid_scopes"), read("openid_roles_claim"));
    let (roles, name) = (read("openid_roles"), read("openid_name"));
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
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
}
