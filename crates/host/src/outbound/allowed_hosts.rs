//! `allowed_outbound_hosts`: `scheme://host[:port]` with `*` for any scheme, host or port, `*.domain` for
//! subdomains, and `a..b` for a range of ports (b excluded), as Spin defines them.

use std::ops::Range;

use url::Host;

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// None allows every scheme.
    scheme: Option<String>,
    host: HostRule,
    port: PortRule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    Any,
    /// Holds the dot: `.example.com`.
    Subdomain(String),
    Exactly(Host),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PortRule {
    Any,
    Within(Range<u32>),
}

impl AllowedHost {
    /// Reads one entry without templates.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!(
                "`{text}` is not of the form scheme://host[:port]; `*` stands for any scheme, host or port"
            ));
        };
        if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '*' || c == '+') || scheme.is_empty() {
            return Err(format!("`{scheme}` is not a scheme"));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('/') {
            return Err(format!("`{text}` has a path or network range; name the host only"));
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: HostRule::parse(host)?,
            port: PortRule::parse(port, scheme)?,
        })
    }

    /// Whether the grant covers a request. `port` is the effective one, defaults of the scheme filled in.
    fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme) && self.host.allows(host) && self.port.allows(port)
    }
}

impl HostRule {
    fn parse(host: &str) -> Result<Self, String> {
        if host == "*" {
            return Ok(Self::Any);
        }
        if matches!(host, "self" | "self.alt") {
            return Err(
                "requests to the application itself are not supported; use http://<component>.spin.internal".to_owned()
            );
        }
        let (wildcard, name) = match host.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, host),
        };
        if name.contains('*') {
            return Err(format!("`{host}` may hold `*` only as the first label"));
        }
        let parsed = Host::parse(name).map_err(|error| format!("`{host}` is not a host: {error}"))?;
        match (wildcard, parsed) {
            (false, host) => Ok(Self::Exactly(host)),
            (true, Host::Domain(domain)) => Ok(Self::Subdomain(format!(".{domain}"))),
            (true, _) => Err(format!("`{host}` has a wildcard before an address")),
        }
    }

    fn allows(&self, host: &str) -> bool {
        let Ok(host) = Host::parse(host) else {
            return false;
        };
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomain(suffix), Host::Domain(domain)) => domain.ends_with(suffix.as_str()),
            (Self::Subdomain(_), _) => false,
            (Self::Exactly(own), host) => *own == host,
        }
    }
}

impl PortRule {
    fn parse(port: Option<&str>, scheme: &str) -> Result<Self, String> {
        let one = |port: u16| Self::Within(u32::from(port)..u32::from(port) + 1);
        let number = |text: &str| text.parse::<u16>().map_err(|_| format!("`{text}` is not a port"));
        match port {
            Some("*") => Ok(Self::Any),
            None | Some("") => default_port(scheme)
                .map(one)
                .ok_or_else(|| format!("the scheme `{scheme}` has no default port; name one, or `*`")),
            Some(text) => match text.split_once("..") {
                Some((start, end)) => Ok(Self::Within(u32::from(number(start)?)..u32::from(number(end)?))),
                None => number(text).map(one),
            },
        }
    }

    fn allows(&self, port: Option<u16>) -> bool {
        match self {
            Self::Any => true,
            Self::Within(range) => port.is_some_and(|port| range.contains(&u32::from(port))),
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        _ => None,
    }
}

/// All grants of one component.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

impl AllowedHosts {
    /// Reads resolved entries. A template that resolves to nothing grants nothing: this is how an optional
    /// service is left out.
    ///
    /// # Errors
    /// The first entry that is wrong, with the reason.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        entries
            .into_iter()
            .filter(|entry| !matches!(*entry, "" | "http://" | "https://" | "postgres://"))
            .map(AllowedHost::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a request to this URI may leave.
    #[must_use]
    pub fn allows(&self, uri: &http::Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return false;
        };
        let port = uri.port_u16().or_else(|| default_port(scheme));
        self.0.iter().any(|grant| grant.allows(scheme, host, port))
    }

    /// Whether a connection of another protocol may be made.
    #[must_use]
    pub fn allows_address(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.0.iter().any(|grant| grant.allows(scheme, host, Some(port)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(grant: &str, uri: &str) -> bool {
        AllowedHosts::parse([grant]).unwrap().allows(&uri.parse().unwrap())
    }

    #[test]
    fn a_grant_covers_its_scheme_host_and_default_port_only() {
        assert!(allows("https://example.com", "https://example.com/path?x=1"));
        assert!(allows("https://example.com", "https://EXAMPLE.com:443/"));
        assert!(allows("https://example.com:443/", "https://example.com/"));
        for uri in [
            "http://example.com/",
            "https://example.com:8443/",
            "https://a.example.com/",
            "https://example.com.evil.test/",
            "https://evilexample.com/",
        ] {
            assert!(!allows("https://example.com", uri), "{uri}");
        }
    }

    #[test]
    fn wildcards_stand_for_schemes_subdomains_and_ports() {
        assert!(allows("*://*:*", "http://anything.test:1234/"));
        assert!(allows("*://localhost:*", "https://localhost:9/"));
        assert!(allows("https://*.example.com", "https://a.b.example.com/"));
        assert!(!allows("https://*.example.com", "https://example.com/"));
        assert!(allows("http://127.0.0.1:8000..8002", "http://127.0.0.1:8001/"));
        assert!(!allows("http://127.0.0.1:8000..8002", "http://127.0.0.1:8002/"));
        assert!(allows("http://[::1]:80", "http://[::1]/"));
    }

    #[test]
    fn chaining_is_granted_by_name_or_by_wildcard() {
        assert!(allows("http://ocr-call.spin.internal", "http://ocr-call.spin.internal/wake"));
        assert!(allows("http://*.spin.internal", "http://ocr-call.spin.internal/wake"));
        assert!(allows("*://*:*", "http://ocr-call.spin.internal/wake"));
        assert!(!allows("http://other.spin.internal", "http://ocr-call.spin.internal/wake"));
    }

    #[test]
    fn wrong_entries_are_refused_with_a_reason() {
        for wrong in [
            "example.com",
            "*",
            "https://example.com/path",
            "https://10.0.0.0/8",
            "https://a*.example.com",
            "https://example.com:port",
            "ftp://example.com",
            "http://self",
            "://x",
        ] {
            assert!(AllowedHost::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_resolved_template_grants_nothing() {
        let none = AllowedHosts::parse(["", "https://"]).unwrap();
        assert!(!none.allows(&"https://example.com/".parse().unwrap()));
    }
}
