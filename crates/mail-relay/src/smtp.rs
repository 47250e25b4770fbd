//! One e-mail to one mail server, step by step: at which step it failed says whether it may have arrived.

use std::fmt;
use std::time::Duration;

use lettre::address::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use tollbooth_messages::contract::Delivery;
use tollbooth_messages::{Class, Failure, Outcome};

use crate::compose::compose;

/// Longest that one answer of the mail server is waited for.
const STEP: Duration = Duration::from_secs(20);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// In the clear: for a server on this machine or on a private network.
    None,
    /// TLS after the greeting, and nothing before it; a server that does not offer it gets nothing.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// The mail server, and who sends.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<(Credentials, String)>,
    from: Address,
    hello: ClientId,
}

/// What is wrong with how the mail server is described.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// Not of the form `smtp://HOST[:PORT]`.
    #[error(
        "the mail server must be smtp://HOST[:PORT] (STARTTLS), smtps://HOST[:PORT] or smtp+plain://HOST[:PORT], not `{0}`"
    )]
    Address(String),
    /// The sender.
    #[error("`{0}` is no e-mail address to send from")]
    From(String),
    /// A certificate that is none.
    #[error("the certificate is not understood: {0}")]
    Certificate(String),
    /// TLS could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// A password would cross the network in the clear.
    #[error("a password is sent only over TLS, or to this machine: use smtp:// or smtps://")]
    PasswordInTheClear,
}

impl Smtp {
    /// Describes a mail server: `smtp://` demands STARTTLS (port 587), `smtps://` is TLS at once (port 465),
    /// `smtp+plain://` is neither (port 25). `certificate` is a further root to trust, PEM.
    ///
    /// # Errors
    /// [`SmtpError`]
    pub fn new(
        server: &str,
        credentials: Option<(String, String)>,
        from: &str,
        certificate: Option<&[u8]>,
    ) -> Result<Self, SmtpError> {
        let wrong = || SmtpError::Address(server.to_owned());
        let (scheme, rest) = server.split_once("://").ok_or_else(wrong)?;
        let (security, port) = match scheme {
            "smtp" => (Security::StartTls, 587),
            "smtps" => (Security::Tls, 465),
            "smtp+plain" => (Security::None, 25),
            _ => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, text)) => (host, text.parse().map_err(|_| wrong())?),
            None => (rest, port),
        };
        if host.is_empty() || host.contains(['/', '@', ':', ' ']) {
            return Err(wrong());
        }
        let here = matches!(host, "localhost" | "127.0.0.1");
        if credentials.is_some() && security == Security::None && !here {
            return Err(SmtpError::PasswordInTheClear);
        }
        let from: Address = from.parse().map_err(|_| SmtpError::From(from.to_owned()))?;
        let tls = (security != Security::None).then(|| tls(host, certificate)).transpose()?;
        let hello = ClientId::Domain(from.domain().to_owned());
        let credentials = credentials.map(|(user, password)| (Credentials::new(user, password.clone()), password));
        Ok(Self { host: host.to_owned(), port, security, tls, credentials, from, hello })
    }

    /// Hands one message over. Blocks for as long as the server takes, each of its answers bounded.
    #[must_use]
    pub fn send(&self, delivery: &Delivery) -> Outcome {
        let (to, bytes) = match compose(delivery, &self.from) {
            Ok(composed) => composed,
            Err(what) => return Outcome::Failed(Failure::new(Class::Refused, &what)),
        };
        match self.hand_over(&to, &bytes) {
            Ok(response) => Outcome::HandedOver { reference: response.first_line().map(ToOwned::to_owned) },
            Err((step, error)) => Outcome::Failed(self.failure(step, &error, &delivery.to)),
        }
    }

    fn hand_over(&self, to: &Address, bytes: &[u8]) -> Result<Response, (Step, Error)> {
        let at = |step| move |error| (step, error);
        let wrapped = self.tls.as_ref().filter(|_| self.security == Security::Tls);
        let server = (self.host.as_str(), self.port);
        let mut connection =
            SmtpConnection::connect(server, Some(STEP), &self.hello, wrapped, None).map_err(at(Step::Connect))?;
        if let Some(tls) = self.tls.as_ref().filter(|_| self.security == Security::StartTls) {
            connection.starttls(tls, &self.hello).map_err(at(Step::Protect))?;
        }
        if let Some((credentials, _)) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).map_err(at(Step::SignIn))?;
        }
        connection.command(Mail::new(Some(self.from.clone()), vec![])).map_err(at(Step::Sender))?;
        connection.command(Rcpt::new(to.clone(), vec![])).map_err(at(Step::Addressee))?;
        connection.command(Data).map_err(at(Step::Begin))?;
        let response = connection.message(bytes).map_err(at(Step::Message))?;
        // It is handed over, whatever the server says to the goodbye.
        let _ = connection.quit();
        Ok(response)
    }

    /// Without the password and the address, which servers like to repeat: what failed is in logs and in alerts to others.
    fn failure(&self, step: Step, error: &Error, to: &str) -> Failure {
        let mut detail = format!("{}:{} while {step}: {error}", self.host, self.port);
        if let Some((_, password)) = &self.credentials
            && !password.is_empty()
        {
            detail = detail.replace(password.as_str(), "…");
        }
        if !to.is_empty() {
            detail = detail.replace(to, "…");
        }
        Failure::new(class(step, error), &detail)
    }
}

fn tls(host: &str, certificate: Option<&[u8]>) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = certificate {
        let root = Certificate::from_pem(pem).map_err(|e| SmtpError::Certificate(e.to_string()))?;
        builder = builder.add_root_certificate(root);
    }
    builder.build_rustls().map_err(|e| SmtpError::Tls(e.to_string()))
}

/// How far a delivery came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Protect,
    SignIn,
    Sender,
    Addressee,
    Begin,
    Message,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Protect => "starting TLS",
            Self::SignIn => "signing in",
            Self::Sender => "naming the sender",
            Self::Addressee => "naming the addressee",
            Self::Begin => "beginning the message",
            Self::Message => "handing over the message",
        })
    }
}

/// What an error at a step means. Only once the message was sent may it have arrived.
fn class(step: Step, error: &Error) -> Class {
    let code = error.status().map(|code| code.to_string());
    match (step, code.as_deref()) {
        // 421: the server closes, whatever was asked. 454: its own sign-in is out of order.
        (_, Some("421" | "454")) => Class::Outage,
        (_, Some("530" | "534" | "535" | "538")) => Class::Credentials,
        (Step::Connect | Step::Protect, Some(code)) if code.starts_with('5') => Class::Permission,
        (Step::SignIn, Some(_)) => Class::Credentials,
        (Step::SignIn | Step::Protect, None) if error.is_client() => Class::NotSetUp,
        (Step::Sender, Some(code)) if code.starts_with('5') => Class::Permission,
        (Step::Addressee | Step::Begin | Step::Message, Some(code)) if code.starts_with('5') => {
            // RFC 3463: X.7.Y is about policy, for us and not for this mailbox.
            if error.to_string().contains(" 5.7.") || error.to_string().contains("(5.7.") {
                Class::Permission
            } else {
                Class::Refused
            }
        }
        (Step::Connect | Step::Protect, Some(_)) => Class::Outage,
        (Step::Sender | Step::Addressee | Step::Begin | Step::Message, Some(_)) => Class::Deferred,
        (Step::Message, None) => Class::Unclear,
        (_, None) => Class::Outage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_as_people_name_it() {
        let port = |server: &str| {
            Smtp::new(server, None, "tolls@x.org", None).map(|smtp| (smtp.host, smtp.port, smtp.security)).ok()
        };
        assert_eq!(port("smtp://mail.x.org"), Some(("mail.x.org".into(), 587, Security::StartTls)));
        assert_eq!(port("smtps://mail.x.org/"), Some(("mail.x.org".into(), 465, Security::Tls)));
        assert_eq!(port("smtp+plain://127.0.0.1:2525"), Some(("127.0.0.1".into(), 2525, Security::None)));
        for bad in
            ["mail.x.org", "http://mail.x.org", "smtp://", "smtp://user@mail.x.org", "smtp://x:port", "smtp://a/b"]
        {
            assert_eq!(port(bad), None, "{bad}");
        }
        assert!(matches!(Smtp::new("smtp://x.org", None, "tolls", None), Err(SmtpError::From(_))));
    }

    #[test]
    fn a_password_never_crosses_a_network_in_the_clear() {
        let with = |server: &str| Smtp::new(server, Some(("u".into(), "p".into())), "tolls@x.org", None).is_ok();
        assert!(!with("smtp+plain://mail.x.org"));
        assert!(with("smtp+plain://127.0.0.1:25") && with("smtp://mail.x.org"));
    }
}
