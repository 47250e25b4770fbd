//! ProFTPD behind TLS, as its module demands it unless told otherwise: data connections resume the control connection's
//! session.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::books::{Books, Desk};
use crate::proftpd::{PASSWORD, Proftpd};
use crate::scenarios;
use crate::server::{SmallDisk, until};

const MODULE: &str = "LoadModule mod_tls.c\nTLSEngine on\nTLSRequired on\nTLSProtocol VERSIONS\nTLSLog FOLDER/tls.log\n\
                      TLSECCertificateFile FOLDER/server.pem\nTLSECCertificateKeyFile FOLDER/server.key\n";

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An authority, and a certificate by it for a name.
pub fn certify(folder: &Path, subject: &str) {
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
    );
    openssl(
        folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr",
    );
    std::fs::write(folder.join("names"), format!("subjectAltName={subject}\n")).unwrap();
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    );
}

fn server(versions: &str, subject: &str, more: &str) -> Option<Proftpd> {
    Proftpd::with(&(MODULE.replace("VERSIONS", versions) + more), |folder| certify(folder, subject))
}

const LOOPBACK: &str = "IP:127.0.0.1";

fn ftps(server: &Proftpd, path: &Path, password: &str) -> String {
    format!(
        "kind = \"ftps\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"tolls\"\npassword_file = \"{}\"\nca_file = \"{}\"\n\
         path = \"{}\"\ntimeout_seconds = 20",
        server.port,
        server.secret(password).display(),
        server.folder.path().join("ca.pem").display(),
        path.display()
    )
}

#[test]
fn proftpd_over_tls_gets_everything_in_sequence_and_only_once() {
    let Some(server) = server("TLSv1.2 TLSv1.3", LOOPBACK, "") else { return };
    scenarios::all(|| ftps(&server, &server.fresh(), PASSWORD));
}

#[test]
fn a_server_that_speaks_only_the_newest_tls_is_understood() {
    let Some(server) = server("TLSv1.3", LOOPBACK, "TLSOptions NoSessionReuseRequired\n") else { return };
    scenarios::delivers_in_sequence_and_only_once(&ftps(&server, &server.fresh(), PASSWORD));
}

#[test]
fn a_slow_server_that_is_killed_in_mid_transfer_delays_and_loses_nothing() {
    let Some(mut server) = server("TLSv1.2", LOOPBACK, "TransferRate STOR 200\n") else { return };
    let path = server.fresh();
    let desk = Desk::new(&ftps(&server, &path, PASSWORD));
    let books = Books::of(2, 300_000);
    thread::scope(|scope| {
        let failed = scope.spawn(|| desk.fails(&books));
        until("a transfer is under way", || partial_bytes(&path) > 50_000);
        server.kill();
        let (state, words) = failed.join().unwrap();
        assert_eq!(state, "unreachable", "{words}");
    });
    // Nobody listens.
    assert_eq!(desk.fails(&books).0, "unreachable");
    server.start();
    scenarios::assert_sound(desk.open().as_mut(), &books);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
    assert_eq!(partial_bytes(&path), 0);
}

/// Size of what is being written.
fn partial_bytes(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path.join("manifests")).into_iter().flatten().flatten();
    let partial = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".partial"));
    partial.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

#[test]
fn a_full_disk_loses_nothing_and_is_told_as_far_as_the_server_says_it() {
    let Some(mut server) = server("TLSv1.2", LOOPBACK, "") else { return };
    let path: PathBuf = server.fresh();
    let Some(disk) = SmallDisk::at(&path, 1) else { return };
    server.kill();
    server.start_with(disk.inside(crate::proftpd::PROFTPD));
    let desk = Desk::new(&ftps(&server, &path, PASSWORD));
    let books = Books::of(3, 400_000);
    let (pass, done) = desk.pass(&books);
    let trouble = done.unwrap_err();
    // ProFTPD answers 451 with an error of input and output, as it does for a disk that breaks, so either word may be
    // right. That it was the disk shows in what it took: two of three.
    assert!(matches!(trouble.state(), "full" | "unreachable"), "{}: {trouble}", trouble.state());
    assert_eq!(pass.written.len(), 2, "{trouble}");
    scenarios::assert_sound(desk.open().as_mut(), &books);
    disk.grow(10);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn a_certificate_of_another_authority_or_for_another_name_is_refused_before_the_password_is_sent() {
    let Some(other_name) = server("TLSv1.2 TLSv1.3", "DNS:other.example", "") else { return };
    let books = Books::of(1, 100);
    let destination = ftps(&other_name, &other_name.fresh(), PASSWORD);
    let (state, words) = Desk::new(&destination).fails(&books);
    assert_eq!(state, "untrusted", "{words}");
    assert!(words.contains("ca_file"), "{words}");

    let Some(server) = server("TLSv1.2 TLSv1.3", LOOPBACK, "") else { return };
    let right = ftps(&server, &server.fresh(), PASSWORD);
    let own = server.folder.path().join("ca.pem").display().to_string();
    let other = other_name.folder.path().join("ca.pem").display().to_string();
    for wrong in [right.replace(&own, &other), right.replace(&format!("ca_file = \"{own}\"\n"), "")] {
        let (state, words) = Desk::new(&wrong).fails(&books);
        assert_eq!(state, "untrusted", "{words}");
    }
    assert!(!server.log_of("system.log").contains("tolls"), "the user was sent");
    Desk::new(&right).delivers(&books);
}

#[test]
fn a_server_without_tls_is_not_told_the_password() {
    let Some(server) = Proftpd::with("", |folder| certify(folder, LOOPBACK)) else { return };
    let (state, words) = Desk::new(&ftps(&server, &server.fresh(), PASSWORD)).fails(&Books::of(1, 100));
    assert_eq!(state, "untrusted", "{words}");
    assert!(!server.log_of("system.log").contains("tolls"));
}

#[test]
fn a_wrong_password_and_a_missing_folder_are_told_as_that() {
    let Some(server) = server("TLSv1.2", LOOPBACK, "") else { return };
    let (state, words) = Desk::new(&ftps(&server, &server.fresh(), "wrong battery")).fails(&Books::of(1, 100));
    assert_eq!(state, "login-refused", "{words}");
    assert!(words.contains("tolls") && !words.contains("battery"), "{words}");
    let missing = server.folder.path().join("files/nowhere");
    let (state, words) = Desk::new(&ftps(&server, &missing, PASSWORD)).fails(&Books::of(1, 100));
    assert_eq!(state, "folder-missing", "{words}");
    assert!(!missing.exists());
}
