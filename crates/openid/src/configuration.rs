//! What an operator says of the provider, and what is wrong with it.

use http::Uri;

use crate::roles::Mapping;

/// Path at which people are after they signed out at the provider.
pub const SIGNED_OUT_PATH: &str = "/console/sign-in";

/// Path of the redirect address: where a provider sends people back to.
pub const CALLBACK_PATH: &str = "/v1/sign-in/callback";

/// The variables of the application, as they are set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variables<'a> {
    /// `openid_issuer`; empty: nobody signs in with a provider.
    pub issuer: &'a str,
    /// `openid_client_id`
    pub client_id: &'a str,
    /// `openid_client_secret`; empty for a public client.
    pub client_secret: &'a str,
    /// `openid_redirect_url`
    pub redirect_url: &'a str,
    /// `openid_scopes`
    pub scopes: &'a str,
    /// `openid_roles_claim`
    pub roles_claim: &'a str,
    /// `openid_roles`
    pub roles: &'a str,
    /// `openid_name`
    pub name: &'a str,
}

/// A provider that people sign in with.
#[derive(Clone)]
pub struct Configuration {
    /// Exactly as the provider calls itself.
    pub issuer: String,
    /// What the provider calls this application.
    pub client_id: String,
    /// None for a public client, which PKCE alone protects.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect_url: String,
    /// Separated by spaces; `openid` is among them.
    pub scopes: String,
    /// Name of the claim, or the way to it through objects, with dots.
    pub roles_claim: String,
    /// What the claim's values mean here.
    pub roles: Mapping,
    /// What people call the provider.
    pub name: String,
}

impl Configuration {
    /// Reads the variables. None when no provider is set.
    ///
    /// # Errors
    /// Every violation, one sentence each, with the variable's name and never a secret.
    pub fn read(given: Variables<'_>) -> Result<Option<Self>, Vec<String>> {
        let issuer = given.issuer.trim();
        if issuer.is_empty() {
            return Ok(None);
        }
        let mut wrong = Vec::new();
        if let Err(problem) = issuer_problem(issuer) {
            wrong.push(format!("openid_issuer: {problem}"));
        }
        let client_id = given.client_id.trim();
        if client_id.is_empty() || client_id.len() > 255 || !client_id.bytes().all(|b| b.is_ascii_graphic()) {
            wrong.push("openid_client_id: must have 1 to 255 visible ASCII characters".to_owned());
        }
        let redirect_url = given.redirect_url.trim();
        if !is_redirect(redirect_url) {
            wrong.push(format!(
                "openid_redirect_url: must be the address people open, with {CALLBACK_PATH}: \
                 https://HOST{CALLBACK_PATH}, or http:// on this machine"
            ));
        }
        let scopes: Vec<&str> = given.scopes.split_ascii_whitespace().collect();
        if !scopes.contains(&"openid") {
            wrong.push("openid_scopes: must hold `openid`".to_owned());
        }
        let roles_claim = given.roles_claim.trim();
        if roles_claim.is_empty() {
            wrong.push("openid_roles_claim: must name the claim that holds roles or groups".to_owned());
        }
        let roles = match Mapping::parse(given.roles) {
            Ok(roles) => Some(roles),
            Err(problems) => {
                wrong.extend(problems.into_iter().map(|problem| format!("openid_roles: {problem}")));
                None
            }
        };
        let name = match given.name.trim() {
            "" => host_of(issuer),
            name => match tollbooth_pipeline::text::title("openid_name", name) {
                Ok(name) => name,
                Err(problem) => {
                    wrong.push(problem.to_string());
                    String::new()
                }
            },
        };
        match roles {
            Some(roles) if wrong.is_empty() => Ok(Some(Self {
                issuer: issuer.to_owned(),
                client_id: client_id.to_owned(),
                client_secret: Some(given.client_secret).filter(|secret| !secret.is_empty()).map(ToOwned::to_owned),
                redirect_url: redirect_url.to_owned(),
                scopes: scopes.join(" "),
                roles_claim: roles_claim.to_owned(),
                roles,
                name,
            })),
            _ => Err(wrong),
        }
    }
}

impl Configuration {
    /// Where the provider sends people back to who signed out there: on the host of the redirect address.
    #[must_use]
    pub fn signed_out_url(&self) -> String {
        let root = self.redirect_url.strip_suffix(CALLBACK_PATH).unwrap_or(&self.redirect_url);
        format!("{root}{SIGNED_OUT_PATH}")
    }
}

fn issuer_problem(issuer: &str) -> Result<(), &'static str> {
    if !is_safe(issuer) {
        return Err("must be an https:// address as the provider writes it (http:// only on this machine)");
    }
    if issuer.contains(['?', '#', '{']) {
        return Err("must have neither query nor fragment nor placeholder: name one tenant, not `common`");
    }
    Ok(())
}

fn is_redirect(url: &str) -> bool {
    let at_root = url.parse::<Uri>().is_ok_and(|uri| uri.path_and_query().is_some_and(|path| path == CALLBACK_PATH));
    is_safe(url) && at_root && !url.contains('#')
}

fn host_of(issuer: &str) -> String {
    issuer.parse::<Uri>().ok().and_then(|uri| uri.host().map(ToOwned::to_owned)).unwrap_or_default()
}

/// Whether secrets may be sent there: HTTPS, or HTTP that never leaves this machine. No user in the address.
#[must_use]
pub fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else { return false };
    let plain = authority.as_str().bytes().all(|b| b != b'@') && !host.is_empty();
    plain && (uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_loopback(host)))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const GOOD: Variables<'static> = Variables {
        issuer: "https://id.example/realms/toll",
        client_id: "tollbooth",
        client_secret: "s3cret",
        redirect_url: "https://toll.example/v1/sign-in/callback",
        scopes: "openid profile",
        roles_claim: "roles",
        roles: "tollbooth-reviewer=reviewer; tollbooth-supervisor=supervisor",
        name: "",
    };

    #[test]
    fn without_an_issuer_there_is_no_provider_whatever_else_is_set() {
        assert!(Configuration::read(Variables { issuer: " ", ..GOOD }).unwrap().is_none());
    }

    #[test]
    fn every_violation_is_named_and_no_secret_is_repeated() {
        let bad = Variables {
            issuer: "http://id.example",
            client_id: "",
            redirect_url: "https://toll.example/elsewhere",
            scopes: "profile",
            roles_claim: "",
            roles: "x=camera",
            name: "\u{202e}",
            ..GOOD
        };
        let wrong = Configuration::read(bad).err().unwrap();
        let all = wrong.join("\n");
        for variable in ["issuer", "client_id", "redirect_url", "scopes", "roles_claim", "roles:", "name"] {
            assert!(all.contains(&format!("openid_{variable}")), "{variable}: {all}");
        }
        assert!(!all.contains("s3cret"), "{all}");
    }

    #[test]
    fn secrets_go_over_https_or_stay_on_this_machine() {
        for safe in [
            "https://a.example",
            "https://a.example:8443/x",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:1/x",
        ] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_ in [
            "http://a.example",
            "http://127.0.0.1@evil.example",
            "https://x@a.example",
            "ftp://a",
            "a.example",
            "/x",
            "",
            "http://localhost.evil.example",
        ] {
            assert!(!is_safe(unsafe_), "{unsafe_}");
        }
    }

    #[test]
    fn a_provider_is_called_as_the_operator_says_or_by_its_host() {
        assert_eq!(Configuration::read(GOOD).unwrap().unwrap().name, "id.example");
        let named = Configuration::read(Variables { name: "Toll staff", ..GOOD }).unwrap().unwrap();
        assert_eq!(named.name, "Toll staff");
    }
}
