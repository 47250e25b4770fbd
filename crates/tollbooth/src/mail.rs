//! `tollbooth mail`: the relay that hands messages to a mail server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tollbooth_mail_relay::{Relay, Smtp, Token};
use tollbooth_messages::contract::Delivery;
use tollbooth_messages::{Outcome, contract};

use crate::logging::{self, LogFormat};
use crate::output::say;

/// Hand TollBooth's e-mail to a mail server
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth mail --server smtp://mail.example.org --from tolls@example.org --token-file relay.token
  tollbooth mail --server smtps://mail.example.org --user tolls --password-file mail.password \
    --from tolls@example.org --token-file relay.token
  tollbooth mail --server smtp://mail.example.org --from tolls@example.org --test you@example.org

Runs beside `tollbooth up` or Spin, whose variables mail_relay_origin and mail_relay_token name it; docs/operations.md
sets both up in five lines. It keeps nothing on disk: what cannot be handed over stays in TollBooth's outbox and is tried
again. smtp:// demands STARTTLS (port 587 unless named), smtps:// is TLS at once (465), smtp+plain:// is neither (25): for
a server on this machine or a private network. With --test it sends one e-mail, says what became of it, and ends.
Exit codes: 0 stopped as asked or the test was handed over, 1 it was not, or the relay cannot run, 2 wrong command line.")]
pub(crate) struct Mail {
    /// The mail server
    #[arg(long, value_name = "URL")]
    server: String,
    /// The address that e-mail comes from
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// User at the mail server; without one nobody signs in
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File that holds the password [env: TOLLBOOTH_MAIL_PASSWORD, the password itself]
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Certificate to trust besides the system's, PEM: of a mail server with one of its own
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// File that holds the token which callers must have [env: TOLLBOOTH_MAIL_TOKEN, the token itself]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:2580", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Send one e-mail to this address and end
    #[arg(long, value_name = "ADDRESS")]
    test: Option<String>,
    /// Look of the log lines
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

impl Mail {
    pub(crate) fn run(self) -> u8 {
        logging::start(self.log_format);
        match self.smtp().and_then(|smtp| match &self.test {
            Some(address) => Ok(test(&smtp, address)),
            None => self.serve(smtp).map(|()| 0),
        }) {
            Ok(code) => code,
            Err(error) => {
                eprintln!("error: {error}");
                1
            }
        }
    }

    fn smtp(&self) -> Result<Smtp, String> {
        let credentials = match &self.user {
            None => None,
            Some(user) => {
                let password = secret(self.password_file.as_deref(), "TOLLBOOTH_MAIL_PASSWORD", "--password-file")?;
                Some((user.clone(), password))
            }
        };
        let certificate = self.certificate.as_deref().map(read).transpose()?;
        let certificate = certificate.as_deref().map(str::as_bytes);
        Smtp::new(&self.server, credentials, &self.from, certificate).map_err(|e| e.to_string())
    }

    fn serve(&self, smtp: Smtp) -> Result<(), String> {
        let token = secret(self.token_file.as_deref(), "TOLLBOOTH_MAIL_TOKEN", "--token-file")?;
        let token = Token::new(&token).map_err(|e| e.to_string())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|e| format!("cannot start threads: {e}"))?;
        runtime.block_on(async {
            let relay = Relay::listen(self.listen, token, smtp).await.map_err(|e| e.to_string())?;
            let address = relay.address().map_err(|e| e.to_string())?;
            let stop = |kind| signal(kind).map_err(|e| format!("cannot listen for signals: {e}"));
            let (mut interrupt, mut terminate) = (stop(SignalKind::interrupt())?, stop(SignalKind::terminate())?);
            if !address.ip().is_loopback() {
                tracing::warn!("token and messages cross the network in the clear: listen on 127.0.0.1, or put a proxy with TLS in front");
            }
            say(format_args!("Relaying at http://{address} to {}", self.server));
            tokio::select! {
                () = relay.serve() => {}
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok(())
        })
    }
}

fn test(smtp: &Smtp, address: &str) -> u8 {
    let delivery = Delivery {
        id: format!("msg_test{}", crate::clock::now()),
        kind: "test".to_owned(),
        to: address.to_owned(),
        subject: "[TollBooth] Test of the mail relay".to_owned(),
        body: "This is a test. TollBooth's e-mail will reach you as this did.".to_owned(),
        thread: String::new(),
        created_at: String::new(),
        attempt: 1,
        repetition: false,
    };
    // As strict as with a caller's.
    let sent = match Delivery::parse(&delivery.to_json()) {
        Ok(delivery) => smtp.send(&delivery),
        Err(what) => contract::understand(400, what.as_bytes()),
    };
    match sent {
        Outcome::HandedOver { reference } => {
            say(format_args!("Handed over: {}", reference.unwrap_or_default()));
            0
        }
        Outcome::Failed(failure) => {
            eprintln!("error: not handed over ({}): {}", failure.class, failure.detail);
            1
        }
    }
}

/// A secret from a file or the environment: a command line can be seen by other users of this machine.
fn secret(file: Option<&Path>, variable: &str, option: &str) -> Result<String, String> {
    let text = match file {
        Some(path) => read(path)?,
        None => std::env::var(variable).map_err(|_| format!("give {option}, or set {variable}"))?,
    };
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}
