//! The first operator's token: made once, shown once, stored hashed by the application.
//!
//! An application with a secret variable `operator_token` stores its hash when it sees a new value. The host makes a
//! value on the first start, passes it for that run only, makes sure that the application has seen it, and only
//! then leaves a mark that keeps later starts from making another one.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, StatusCode};

use super::{AppOptions, Running};
use crate::{HostError, manifest::Manifest, variables::environment_name};

const VARIABLE: &str = "operator_token";
const MARK: &str = "operator-token.issued";
/// The application has this long to become healthy.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// A token that was made for this start.
pub struct OperatorToken {
    token: String,
    mark: PathBuf,
}

impl OperatorToken {
    /// Makes a token and puts it into `options` if this start needs one: the manifest has the variable, the user gave
    /// no value, and none was issued before (or `again` asks for another).
    ///
    /// # Errors
    /// [`HostError::System`] when there is no randomness, [`HostError::Usage`] when `again` cannot be obeyed.
    pub fn prepare(manifest: &Manifest, options: &mut AppOptions, again: bool) -> Result<Option<Self>, HostError> {
        let given = options.variables.contains_key(VARIABLE)
            || (options.environment_variables && std::env::var_os(environment_name(VARIABLE)).is_some());
        if !manifest.variables.contains_key(VARIABLE) {
            return refuse(again, "the manifest has no variable `operator_token`");
        }
        if given {
            check_given(options)?;
            return refuse(again, "the variable `operator_token` is set already");
        }
        let mark = options.state_dir.join(MARK);
        if mark.exists() && !again {
            return Ok(None);
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| HostError::System {
            action: "draw a random operator token",
            source: std::io::Error::other(error.to_string()),
        })?;
        let token = format!("tbo_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        options.variables.insert(VARIABLE.to_owned(), token.clone());
        Ok(Some(Self { token, mark }))
    }

    /// The token itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.token
    }

    /// Waits until the application is healthy, which includes that it stored the token, and leaves the mark.
    ///
    /// # Errors
    /// [`HostError::OperatorToken`] when the application does not become healthy within a minute.
    pub async fn issue(&self, running: &Running) -> Result<(), HostError> {
        let ask = || {
            Request::get("http://localhost/v1/health")
                .body(Bytes::new())
                .map_err(|error| HostError::OperatorToken(error.to_string()))
        };
        let asked = std::time::Instant::now();
        loop {
            let answer = running.request(ask()?).await?;
            if answer.status() == StatusCode::OK {
                break;
            }
            if asked.elapsed() > PATIENCE {
                return Err(HostError::OperatorToken(format!(
                    "GET /v1/health answered {} for {} s; the log above says why, the next start tries again",
                    answer.status(),
                    PATIENCE.as_secs()
                )));
            }
            tokio::time::sleep(PAUSE).await;
        }
        fs::write(&self.mark, "").map_err(HostError::file("write", &self.mark))
    }

    /// Writes the token into a file that only its user may read.
    ///
    /// # Errors
    /// [`HostError::File`].
    pub fn write_to(&self, path: &Path) -> Result<(), HostError> {
        let failed = || HostError::file("write the operator token to", path);
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // Not through a link: it could lead to a file of somebody else's choice.
            options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
        let mut file = options.open(path).map_err(failed())?;
        // The mode above holds for a new file only.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed())?;
        writeln!(file, "{}", self.token).map_err(failed())
    }
}

/// A text that the application would not use must not wait for somebody to read the log.
fn check_given(options: &AppOptions) -> Result<(), HostError> {
    let text = match options.variables.get(VARIABLE) {
        Some(text) => text.clone(),
        None => std::env::var(environment_name(VARIABLE)).unwrap_or_default(),
    };
    if text.is_empty() {
        return Ok(());
    }
    tollbooth_pipeline::token::check_first(&text)
        .map_err(|what| HostError::Usage(format!("the variable operator_token {what}")))
}

fn refuse(again: bool, reason: &str) -> Result<Option<OperatorToken>, HostError> {
    if again { Err(HostError::Usage(format!("--new-operator-token: {reason}"))) } else { Ok(None) }
}
