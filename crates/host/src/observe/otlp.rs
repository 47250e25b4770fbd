//! Where traces go, by the variables of the environment that OpenTelemetry defines and Spin reads, with the same defaults.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>. What is set and not offered is refused at the start: traces
//! that never arrive are found out only when somebody needs them.

use std::time::Duration;

use tollbooth_trace::otlp;

use crate::HostError;

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpOptions {
    /// Absolute, with its path.
    pub url: http::Uri,
    /// Of every request; their values may be keys.
    pub headers: Vec<(String, String)>,
    /// The same as they were given.
    pub given_headers: String,
    /// Longest a request may take.
    pub timeout: Duration,
    /// What all spans come from: `service.name` and whatever else was named.
    pub resource: Vec<(String, String)>,
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const SERVICE: &str = "service.name";
/// As the specification has it.
const TIMEOUT: Duration = Duration::from_secs(10);
const PROTOCOL: &str = "http/protobuf";

impl OtlpOptions {
    /// By the environment; none where no endpoint is set.
    ///
    /// # Errors
    /// [`HostError::Usage`] names the variable and what is wrong.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, HostError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        // Spin takes any value for true.
        if set(DISABLED).is_some() {
            return Ok(None);
        }
        let (name, text) = match (set(TRACES_ENDPOINT), set(ENDPOINT)) {
            (Some(own), _) => (TRACES_ENDPOINT, own),
            (None, Some(common)) => (ENDPOINT, format!("{}{}", common.trim_end_matches('/'), otlp::PATH)),
            (None, None) => return Ok(None),
        };
        let of_traces =
            |name: &'static str, own: &'static str| set(own).map(|v| (own, v)).or(set(name).map(|v| (name, v)));
        if let Some((name, protocol)) = of_traces("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
            && protocol != PROTOCOL
        {
            return Err(wrong(
                name,
                &format!("is {protocol}; this host speaks {PROTOCOL}, which collectors take on port 4318"),
            ));
        }
        let given = of_traces("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
        let (headers_name, given_headers) = given.unwrap_or_default();
        let headers = otlp::headers(&given_headers).map_err(|cause| wrong(headers_name, cause))?;
        let timeout = of_traces("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
        let timeout = timeout
            .map(|(name, text)| {
                let ms = text.parse().ok().filter(|ms| *ms > 0_u64);
                ms.map(Duration::from_millis).ok_or_else(|| wrong(name, "must be a number of milliseconds above 0"))
            })
            .transpose()?;
        Ok(Some(Self {
            url: url(name, &text)?,
            headers,
            given_headers,
            timeout: timeout.unwrap_or(TIMEOUT),
            resource: resource(set("OTEL_SERVICE_NAME"), set("OTEL_RESOURCE_ATTRIBUTES"))?,
        }))
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = self.url.scheme_str().unwrap_or("http");
        format!("{scheme}://{}", self.url.authority().map_or("", |authority| authority.as_str()))
    }

    /// What stands behind the origin.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path_and_query().map_or("/", |path| path.as_str())
    }
}

fn url(name: &str, text: &str) -> Result<http::Uri, HostError> {
    let url: http::Uri = text.parse().map_err(|_| wrong(name, "is no address, like http://127.0.0.1:4318"))?;
    let named = url.host().is_some_and(|host| !host.is_empty());
    match url.scheme_str() {
        Some("http" | "https") if named => {}
        _ => return Err(wrong(name, "must be http:// or https:// and a host, like http://127.0.0.1:4318")),
    }
    if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong(name, "must not hold a password; use OTEL_EXPORTER_OTLP_HEADERS"));
    }
    Ok(url)
}

fn resource(service: Option<String>, attributes: Option<String>) -> Result<Vec<(String, String)>, HostError> {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    // The form is that of the headers.
    let given = otlp::headers(&attributes.unwrap_or_default()).map_err(|cause| wrong(NAME, cause))?;
    let named = service.or_else(|| given.iter().find(|(key, _)| key == SERVICE).map(|(_, value)| value.clone()));
    let mut resource = vec![
        (SERVICE.to_owned(), named.unwrap_or_else(|| "tollbooth".to_owned())),
        ("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ];
    resource.extend(given.into_iter().filter(|(key, _)| key != SERVICE));
    Ok(resource)
}

fn wrong(name: &str, what: &str) -> HostError {
    HostError::Usage(format!("{name} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<OtlpOptions>, String> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        OtlpOptions::from_environment(find).map_err(|error| error.to_string())
    }

    #[test]
    fn without_an_endpoint_or_when_it_is_disabled_nothing_is_exported() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(ENDPOINT, "")]), Ok(None));
        assert_eq!(read(&[(ENDPOINT, "http://a:4318"), (DISABLED, "true")]), Ok(None));
    }

    #[test]
    fn the_endpoint_is_a_base_and_that_of_traces_is_whole() {
        let found = read(&[(ENDPOINT, "http://127.0.0.1:4318/")]).unwrap().unwrap();
        assert_eq!((found.url.to_string().as_str(), found.timeout), ("http://127.0.0.1:4318/v1/traces", TIMEOUT));
        assert_eq!((found.origin().as_str(), found.path()), ("http://127.0.0.1:4318", "/v1/traces"));
        assert_eq!(found.resource.first(), Some(&(SERVICE.to_owned(), "tollbooth".to_owned())));
        let own = read(&[
            (ENDPOINT, "http://a"),
            (TRACES_ENDPOINT, "https://b/otlp"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=x%20y"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment.name=test"),
            ("OTEL_SERVICE_NAME", "toll"),
        ]);
        let own = own.unwrap().unwrap();
        assert_eq!((own.url.to_string().as_str(), own.timeout), ("https://b/otlp", Duration::from_millis(250)));
        assert_eq!(own.headers, [("api-key".to_owned(), "x y".to_owned())]);
        let names: Vec<_> = own.resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let version = concat!("service.version=", env!("CARGO_PKG_VERSION"));
        assert_eq!(names, ["service.name=toll", version, "deployment.environment.name=test"]);
    }

    #[test]
    fn what_is_not_offered_is_refused_by_name() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            (TRACES_ENDPOINT, "ftp://a"),
            (TRACES_ENDPOINT, "http://user:password@a"),
            (TRACES_ENDPOINT, "a:4318"),
        ] {
            let refused = read(&[(ENDPOINT, "http://a"), (name, value)]).unwrap_err();
            assert!(refused.starts_with(name) && !refused.contains("password@"), "{refused}");
        }
    }
}
