//! The proxies of docs/proxy.md, with the very texts that stand there: TLS outside, TollBooth's answers inside.
//!
//! `scripts/proxies` installs them; where one is missing its test says so and ends, unless `TOLLBOOTH_NEED_PROXIES` is set.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use image::ImageFormat;
use tempfile::TempDir;
use tollbooth_tests::{Host, photo, repository, wait};

const NAME: &str = "tolls.example";

/// A proxy in front of a host, with a certificate of its own.
struct Proxy {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Status and body of a request by a client that checks the certificate; 0 when there is no answer.
    fn ask(&self, path: &str, more: &[&str]) -> (u16, String) {
        let out = Command::new("curl")
            .args(["--silent", "--path-as-is", "--max-time", "30", "--write-out", "\n%{http_code}"])
            .arg("--cacert")
            .arg(self.folder.path().join("tolls.example.pem"))
            .args(["--resolve", &format!("{NAME}:{}:127.0.0.1", self.port)])
            .args(more)
            .arg(format!("https://{NAME}:{}{path}", self.port))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }
}

/// The text between the fences of this language in docs/proxy.md.
fn documented(language: &str) -> String {
    let page = fs::read_to_string(repository().join("docs/proxy.md")).unwrap();
    let start = page.split_once(&format!("```{language}\n")).expect("the page has the text").1;
    start.split_once("```").unwrap().0.to_owned()
}

/// Replaces what differs from one machine to another; each must be there.
fn adapt(mut text: String, changes: &[(&str, String)]) -> String {
    for (from, to) in changes {
        assert!(text.contains(from), "docs/proxy.md no longer says `{from}`");
        text = text.replace(from, to);
    }
    text
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether the test can run here.
fn is_there(programs: &[&str]) -> bool {
    for program in programs {
        if Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("TOLLBOOTH_NEED_PROXIES").is_none(), "{program} is missing: scripts/proxies");
            eprintln!("skipped: {program} is not installed (scripts/proxies)");
            return false;
        }
    }
    true
}

fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("tolls.example.pem"), folder.join("tolls.example.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", &format!("/CN={NAME}"), "-addext", &format!("subjectAltName=DNS:{NAME}")])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    (certificate, key)
}

fn start(mut command: Command, port: u16, folder: TempDir) -> Proxy {
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let proxy = Proxy { child, port, folder };
    wait::until("the proxy to answer", 30, || (proxy.ask("/v1/health", &[]).0 == 200).then_some(()));
    proxy
}

fn nginx(host: &Host) -> Proxy {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let (certificate, key) = certificate(folder.path());
    let site = adapt(
        documented("nginx"),
        &[
            ("server 127.0.0.1:3000;", format!("server {};", host.address())),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
            ("/etc/ssl/tolls.example.pem", certificate.display().to_string()),
            ("/etc/ssl/tolls.example.key", key.display().to_string()),
        ],
    );
    let own = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {own}/{what};\n"))
        .collect();
    let whole = format!(
        "daemon off; master_process off; pid {own}/pid; error_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, whole).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&file).arg("-p").arg(folder.path()).args(["-e", "stderr"]);
    start(command, port, folder)
}

fn caddy(host: &Host) -> Proxy {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let (certificate, key) = certificate(folder.path());
    let tls = format!("tls {} {}", certificate.display(), key.display());
    let whole = adapt(
        documented("caddy"),
        &[
            ("reverse_proxy 127.0.0.1:3000", format!("reverse_proxy {}", host.address())),
            ("tolls.example {", format!("https://tolls.example:{port} {{\n\t{tls}")),
            // No second port for plain HTTP, and no port for the administration.
            ("\tservers {", "\tadmin off\n\tauto_https disable_redirects\n\tservers {".to_owned()),
        ],
    );
    let file = folder.path().join("Caddyfile");
    fs::write(&file, whole).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
    command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
    start(command, port, folder)
}

/// A valid photo of this size, in a file for the client.
fn photo_file(folder: &Path, bytes: usize) -> String {
    let mut large = photo(1, ImageFormat::Jpeg);
    large.resize(large.len().max(bytes), 7);
    let path = folder.join(format!("{bytes}.jpg"));
    fs::write(&path, large).unwrap();
    path.display().to_string()
}

/// What holds through any proxy.
fn check(proxy: &Proxy, host: &Host) {
    let captured = {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - 5_000)
    };
    let camera = host.camera("north").authorization().trim().to_owned();
    let send = |key: &str, file: &str| {
        let path = format!("/v1/booths/north/passages/{key}?captured_at={captured}&lane=1&camera=front");
        proxy.ask(&path, &["--header", &camera, "--header", "content-type: image/jpeg", "--upload-file", file])
    };
    let folder = proxy.folder.path();
    let taken = send("k-1", &photo_file(folder, 200_000));
    assert_eq!(taken.0, 202, "{taken:?}");
    let large = send("k-2", &photo_file(folder, 9 << 20));
    assert_eq!(large.0, 202, "{large:?}");
    assert_eq!(send("k-3", &photo_file(folder, 12 << 20)).0, 413, "too large");

    let operator = host.operator.authorization().trim().to_owned();
    let listed = proxy.ask("/v1/tokens", &["--header", &operator]);
    assert_eq!(listed.0, 200, "{listed:?}");
    for alias in ["//v1/tokens", "/v1/tok%65ns", "/v1/tokens/"] {
        let found = proxy.ask(alias, &["--header", &operator]);
        assert!([400, 404].contains(&found.0), "{alias} reached something: {found:?}");
    }
    assert_eq!(proxy.ask("/v1/tokens", &[]).0, 401);
    assert_eq!(proxy.ask("/.well-known/spin/health", &[]).0, 404);
}

#[test]
fn the_documented_nginx_serves_cameras_over_tls_and_slows_strangers_down() {
    if !is_there(&["nginx", "openssl", "curl"]) {
        return;
    }
    let host = Host::start();
    let proxy = nginx(&host);
    check(&proxy, &host);
    // One client asks many times over one connection.
    let many = |more: &[&str]| {
        let url = format!("https://{NAME}:{}/v1/openapi.json", proxy.port);
        let mut command = Command::new("curl");
        command.args(["--silent", "--write-out", "%{http_code}\n", "--output", "/dev/null", "--cacert"]);
        command.arg(proxy.folder.path().join("tolls.example.pem"));
        command.args(["--resolve", &format!("{NAME}:{}:127.0.0.1", proxy.port)]).args(more);
        // The same file for each: `--output` holds for one URL.
        for _ in 0..150 {
            command.args([&url, "--output", "/dev/null"]);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap().lines().filter(|code| *code == "503").count()
    };
    assert!(many(&[]) > 0, "150 requests without a token in a row are too many");
    assert_eq!(many(&["--header", host.operator.authorization().trim()]), 0, "with a token they are not");
}

#[test]
fn the_documented_caddy_serves_cameras_over_tls() {
    if !is_there(&["caddy", "openssl", "curl"]) {
        return;
    }
    let host = Host::start();
    let proxy = caddy(&host);
    check(&proxy, &host);
}
