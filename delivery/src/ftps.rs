//! An FTP server behind TLS (RFC 4217, explicit): the case study's, moved. Nothing goes over the line in the clear, the
//! password neither.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion};
use suppaftp::types::FileType;
use suppaftp::{FtpError, Mode, RustlsConnector, RustlsFtpStream};

use crate::Trouble;
use crate::config::FtpsSettings;
use crate::place::Content;
use crate::staged::Files;

/// A session, in the configured folder.
pub struct Ftps {
    stream: RustlsFtpStream,
    lists_facts: bool,
}

impl Ftps {
    pub fn connect(settings: &FtpsSettings, patience: Duration) -> Result<Self, Trouble> {
        // Most servers want a data connection to resume the session of the control connection. With TLS 1.3 each
        // resumption takes a ticket, of which a server gives two; with 1.2 a session is resumed at will.
        let versions: [&'static SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];
        let mut last = None;
        for version in versions {
            match secured(settings, patience, version) {
                Ok(stream) => return Self::sign_in(stream, settings),
                Err(FtpError::ConnectionError(error)) if speaks_another_version(&error) => last = Some(error),
                Err(error) => return Err(trouble(error)),
            }
        }
        Err(Trouble::Untrusted(format!(
            "it speaks neither TLS 1.2 nor 1.3 with us: {}",
            last.map(|error| error.to_string()).unwrap_or_default()
        )))
    }

    fn sign_in(mut stream: RustlsFtpStream, settings: &FtpsSettings) -> Result<Self, Trouble> {
        let password = settings.password.read()?;
        stream.login(settings.user.as_str(), password.as_str()).map_err(|error| match trouble(error) {
            Trouble::Denied(said) | Trouble::Odd(said) | Trouble::LoginRefused(said) => Trouble::LoginRefused(format!(
                "the server does not take user `{}` with this password: {said}",
                settings.user
            )),
            other => other,
        })?;
        stream.transfer_type(FileType::Binary).map_err(trouble)?;
        if settings.path != "." {
            stream.cwd(&settings.path).map_err(|error| match code(&error) {
                Some(550 | 501 | 553) => Trouble::FolderMissing(format!("the folder {}", settings.path)),
                _ => trouble(error),
            })?;
        }
        // A server that does not know the question has no such list.
        let lists_facts = stream.feat().is_ok_and(|features| features.keys().any(|name| name.trim() == "MLST"));
        Ok(Self { stream, lists_facts })
    }

    /// Whether a file is there. Servers answer alike when it is not there and when it may not be seen.
    fn exists(&mut self, path: &str) -> Result<bool, Trouble> {
        match self.stream.size(path) {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some(550) => Ok(false),
            Err(error) if matches!(code(&error), Some(500 | 502 | 504)) => {
                let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
                Ok(self.list(folder)?.iter().any(|found| found == name))
            }
            Err(error) => Err(trouble(error)),
        }
    }
}

impl Files for Ftps {
    fn make_folder(&mut self, path: &str) -> Result<(), Trouble> {
        match self.stream.cwd(path) {
            Ok(()) => self.stream.cdup().map_err(trouble),
            Err(error) if code(&error) == Some(550) => self.stream.mkdir(path).map_err(trouble),
            Err(error) => Err(trouble(error)),
        }
    }

    fn list(&mut self, path: &str) -> Result<Vec<String>, Trouble> {
        let path = (path != ".").then_some(path);
        if self.lists_facts {
            let lines = self.stream.mlsd(path).map_err(trouble)?;
            return Ok(lines.iter().filter_map(|line| fact_name(line)).collect());
        }
        match self.stream.nlst(path) {
            // Some servers repeat the folder before each name.
            Ok(lines) => Ok(lines.iter().filter_map(|line| line.rsplit('/').next()).map(ToOwned::to_owned).collect()),
            // An empty folder, to some.
            Err(error) if matches!(code(&error), Some(450 | 550)) => Ok(Vec::new()),
            Err(error) => Err(trouble(error)),
        }
    }

    fn fetch(&mut self, path: &str, to: &mut dyn Write) -> Result<bool, Trouble> {
        let done = self.stream.retr(path, |from| io::copy(from, to).map_err(FtpError::ConnectionError));
        match done {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some(550) => {
                if self.exists(path)? {
                    return Err(trouble(error));
                }
                Ok(false)
            }
            Err(error) => Err(trouble(error)),
        }
    }

    fn write(&mut self, path: &str, content: &Content<'_>) -> Result<(), Trouble> {
        let mut source = content.open().map_err(|e| Trouble::Odd(format!("our own copy: {e}")))?;
        self.stream.put_file(path, &mut source).map(drop).map_err(trouble)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<bool, Trouble> {
        // FTP has no rename that leaves what is there alone: between this look and the rename nobody else writes names
        // of ours.
        if self.exists(to)? {
            return Ok(false);
        }
        self.stream.rename(from, to).map(|()| true).map_err(trouble)
    }

    fn remove(&mut self, path: &str) -> Result<(), Trouble> {
        match self.stream.rm(path) {
            Err(error) if code(&error) == Some(550) && !self.exists(path)? => Ok(()),
            Err(error) => Err(trouble(error)),
            Ok(()) => Ok(()),
        }
    }
}

/// The name in a line of MLSD (RFC 3659): `type=file;size=1; a b.csv`. None for folders.
fn fact_name(line: &str) -> Option<String> {
    let (facts, name) = line.split_once(' ')?;
    let is_folder =
        facts.to_ascii_lowercase().split(';').any(|fact| matches!(fact, "type=dir" | "type=cdir" | "type=pdir"));
    (!is_folder).then(|| name.trim_end_matches(['\r', '\n']).to_owned())
}

/// Connects and goes behind TLS; nothing was said before but the wish to.
fn secured(
    settings: &FtpsSettings,
    patience: Duration,
    version: &'static SupportedProtocolVersion,
) -> Result<RustlsFtpStream, FtpError> {
    let tls = tls(settings, version).map_err(|what| FtpError::SecureError(what.to_owned()))?;
    let address = (settings.host.as_str(), settings.port)
        .to_socket_addrs()
        .map_err(FtpError::ConnectionError)?
        .next()
        .ok_or_else(|| FtpError::ConnectionError(io::Error::new(io::ErrorKind::NotFound, "the host has no address")))?;
    let mut stream = RustlsFtpStream::connect_with_stream(dial(address, patience)?)?
        .passive_stream_builder(move |address| dial(address, patience))
        .into_secure(RustlsConnector::from(Arc::new(tls)), &settings.host)?;
    stream.set_mode(if address.is_ipv6() { Mode::ExtendedPassive } else { Mode::Passive });
    // Data goes to the machine we talk to, whatever address it says it has.
    stream.set_passive_nat_workaround(true);
    Ok(stream)
}

fn dial(address: SocketAddr, patience: Duration) -> Result<TcpStream, FtpError> {
    let dialled = TcpStream::connect_timeout(&address, patience).and_then(|stream| {
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    dialled.map_err(FtpError::ConnectionError)
}

fn tls(settings: &FtpsSettings, version: &'static SupportedProtocolVersion) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .map_err(|e| e.to_string())?;
    let Some(path) = &settings.ca_file else {
        let system = rustls_platform_verifier::Verifier::new(provider).map_err(|e| e.to_string())?;
        return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(system)).with_no_client_auth());
    };
    let wrong = |what: String| format!("the certificates in {} cannot be read: {what}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
        roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|e| wrong(e.to_string()))?;
    Ok(builder.with_webpki_verifier(verifier).with_no_client_auth())
}

fn code(error: &FtpError) -> Option<u32> {
    match error {
        FtpError::UnexpectedResponse(response) => Some(response.status.code()),
        _ => None,
    }
}

fn speaks_another_version(error: &io::Error) -> bool {
    matches!(
        rustls_error(error),
        Some(
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure)
                | rustls::Error::PeerIncompatible(_)
        )
    )
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

fn trouble(error: FtpError) -> Trouble {
    match error {
        FtpError::ConnectionError(error) => match rustls_error(&error) {
            Some(rustls::Error::InvalidCertificate(why)) => Trouble::Untrusted(format!(
                "its certificate is not accepted ({why:?}). `ca_file` names the authority that signed it; the certificate \
                 must be for the `host` of the configuration"
            )),
            Some(other) => Trouble::Unreachable(format!("TLS: {other}")),
            None => Trouble::Unreachable(error.to_string()),
        },
        FtpError::SecureError(what) => Trouble::Untrusted(what),
        FtpError::UnexpectedResponse(response) => {
            let said = String::from_utf8_lossy(&response.body).trim().to_owned();
            by_answer(response.status.code(), said)
        }
        FtpError::BadResponse | FtpError::InvalidAddress(_) | FtpError::DataConnectionAlreadyOpen => {
            Trouble::Odd(error.to_string())
        }
    }
}

/// RFC 959, 4.2. Servers say that a disk is full with several codes.
fn by_answer(code: u32, said: String) -> Trouble {
    let lower = said.to_ascii_lowercase();
    let is_full = ["no space", "quota", "disk full", "insufficient"].iter().any(|words| lower.contains(words));
    match code {
        452 | 552 => Trouble::Full(said),
        _ if is_full => Trouble::Full(said),
        // vsftpd says this of a write that failed, whatever the reason; a full disk is the usual one.
        451 if lower.contains("writing to local file") => Trouble::Full(said),
        421 | 425 | 426 | 434 | 450 | 451 => Trouble::Unreachable(said),
        430 | 530 | 532 => Trouble::LoginRefused(said),
        431 | 533..=536 => Trouble::Untrusted(said),
        500..=504 if lower.contains("tls") || lower.contains("auth") => {
            Trouble::Untrusted(format!("it does not speak TLS: {said}"))
        }
        550 | 553 => Trouble::Denied(said),
        _ => Trouble::Odd(format!("{code} {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_by_what_has_to_be_done() {
        for (code, said, state) in [
            (552, "Transfer aborted. Disk quota exceeded", "full"),
            (451, "Failure writing to local file.", "full"),
            (451, "Local error in processing", "unreachable"),
            (421, "Timeout.", "unreachable"),
            (530, "Login incorrect.", "login-refused"),
            (553, "Could not create file.", "denied"),
            (500, "AUTH not understood", "untrusted"),
        ] {
            assert_eq!(by_answer(code, said.to_owned()).state(), state, "{code} {said}");
        }
    }

    #[test]
    fn names_in_lists_of_facts_may_hold_spaces_and_folders_are_left_out() {
        assert_eq!(fact_name("type=file;size=3; 2026-11-21T19:40:24.csv").as_deref(), Some("2026-11-21T19:40:24.csv"));
        assert_eq!(fact_name("Type=dir;Modify=2; manifests"), None);
        assert_eq!(fact_name("type=cdir; ."), None);
    }
}
