//! The application of a manifest in a directory that is gone afterwards: for commands that need one of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use tollbooth_client::{Api, ApiOptions, Token};
use tollbooth_host::{App, AppOptions, CompileProgress, HostError, Manifest, OperatorToken, Running, listen};
use tracing_subscriber::EnvFilter;

/// Guests have this long to finish at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running application with its operator. Ends when dropped; its directory goes with it.
pub(crate) struct Temporary {
    runtime: Option<Runtime>,
    running: Option<Running>,
    operator: Api,
    // Dropped after everything that uses it.
    _directory: TempDir,
}

impl Temporary {
    /// Starts the application on a free port of this machine.
    pub(crate) fn start(manifest: Manifest, cache_dir: PathBuf) -> Result<Self, HostError> {
        show_warnings();
        let directory =
            tempfile::Builder::new().prefix("tollbooth-").tempdir().map_err(system("make a temporary directory"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(system("start the serving threads"))?;
        let options = AppOptions {
            state_dir: directory.path().to_owned(),
            cache_dir: Some(cache_dir),
            // A token in the environment belongs to another installation.
            environment_variables: false,
            progress: Arc::new(show_compiler),
            ..AppOptions::default()
        };
        let (running, operator) = runtime.block_on(serve(manifest, options))?;
        Ok(Self { runtime: Some(runtime), running: Some(running), operator, _directory: directory })
    }

    /// The API with the operator's token.
    pub(crate) const fn operator(&self) -> &Api {
        &self.operator
    }

    /// Does blocking work; none when Ctrl-C came first.
    pub(crate) fn until_interrupted<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, HostError> {
        let Some(runtime) = &self.runtime else { return Ok(None) };
        runtime.block_on(async {
            tokio::select! {
                done = tokio::task::spawn_blocking(work) => {
                    done.map(Some).map_err(|e| system("finish the work")(std::io::Error::other(e.to_string())))
                }
                heard = tokio::signal::ctrl_c() => heard.map(|()| None).map_err(system("listen for signals")),
            }
        })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if let Some(running) = self.running.take() {
            runtime.block_on(running.shutdown(PATIENCE, async {
                // Without signals the shutdown takes its time.
                let _ = tokio::signal::ctrl_c().await;
            }));
        }
        // Work that was interrupted may still wait for an answer; nobody needs it any more.
        runtime.shutdown_background();
    }
}

async fn serve(manifest: Manifest, mut options: AppOptions) -> Result<(Running, Api), HostError> {
    let token = OperatorToken::prepare(&manifest, &mut options, false)?
        .ok_or_else(|| HostError::OperatorToken("the manifest has no variable `operator_token`".to_owned()))?;
    let app = App::load(manifest, options)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = app.serve(listen(address)?)?;
    token.issue(&running).await?;
    let operator = Token::new(token.reveal())
        .and_then(|token| Api::new(&format!("http://{}", running.addr()), Some(token), ApiOptions::default()))
        .map_err(|e| HostError::OperatorToken(e.to_string()))?;
    Ok((running, operator))
}

fn show_compiler(progress: CompileProgress<'_>) {
    match progress {
        CompileProgress::Waiting { directory } => {
            eprintln!("waiting for another process, which compiles components into {}", directory.display());
        }
        CompileProgress::Started { .. } => {}
        CompileProgress::Finished { component, took } => {
            eprintln!("compiled {component} in {:.1} s", took.as_secs_f64());
        }
    }
}

/// What goes wrong inside is shown; what goes right would drown the progress.
fn show_warnings() {
    let filter = EnvFilter::try_from_env("TOLLBOOTH_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if let Err(error) = lines.try_init() {
        eprintln!("logging is set up already: {error}");
    }
}

fn system(action: &'static str) -> impl FnOnce(std::io::Error) -> HostError {
    move |source| HostError::System { action, source }
}
