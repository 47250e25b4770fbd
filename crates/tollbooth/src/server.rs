//! Which installation a command talks to, and with whose token.

use std::path::PathBuf;

use clap::Args;
use tollbooth_client::{Api, ApiOptions, ClientError, RetryPolicy, Token};

/// Where `tollbooth up` listens unless told otherwise.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:3000";

/// Where the installation is.
#[derive(Args)]
pub(crate) struct Server {
    /// Address of the installation
    #[arg(long, env = "TOLLBOOTH_URL", default_value = DEFAULT_URL, value_name = "URL")]
    url: String,
    #[command(flatten)]
    access: Access,
    /// Attempts of a request before it is given up, with growing waits between them
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    attempts: u32,
}

/// Whose token is used. The environment is read here and not by clap, so that what stands on the command line wins.
#[derive(Args)]
pub(crate) struct Access {
    /// Token; other users of this machine can see it on a command line, so prefer a file or the environment
    /// [env: TOLLBOOTH_TOKEN]
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// File that holds the token [env: TOLLBOOTH_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Server {
    pub(crate) fn api(&self) -> Result<Api, ClientError> {
        self.access.api(&self.url, self.attempts)
    }
}

impl Access {
    pub(crate) fn api(&self, url: &str, attempts: u32) -> Result<Api, ClientError> {
        let retry = RetryPolicy { attempts, ..RetryPolicy::default() };
        Api::new(url, Some(self.token()?), ApiOptions { retry, ..ApiOptions::default() })
    }

    fn token(&self) -> Result<Token, ClientError> {
        if let Some(path) = &self.token_file {
            return Token::from_file(path);
        }
        if let Some(text) = &self.token {
            return Token::new(text);
        }
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (set("TOLLBOOTH_TOKEN_FILE"), set("TOLLBOOTH_TOKEN")) {
            (Some(path), _) => Token::from_file(path.as_ref()),
            (None, Some(text)) => Token::new(&text),
            (None, None) => Err(ClientError::Token("there is none".to_owned())),
        }
    }
}

/// The exit code of a command, and what went wrong on standard error.
pub(crate) fn exit_code(done: Result<u8, ClientError>) -> u8 {
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        error.exit_code()
    })
}
