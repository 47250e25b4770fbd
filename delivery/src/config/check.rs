//! From the text of a configuration to what it means, or to all that is wrong with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tollbooth_client::delivery::Names;
use tollbooth_pipeline::export::{BILLING, is_copy_name};
use toml::{Spanned, Value};

use super::table::{Entries, Problem, Table, line_of};
use super::{AzureSettings, Config, Destination, FtpsSettings, HostKey, Kind, PrivateKey, S3Settings, SftpSettings};
use crate::Secret;
use crate::standing::FILE;

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    destination: Vec<Spanned<Entries>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// Longest name of a destination.
const MAX_NAME: usize = 40;

pub fn config(text: &str, folder: &Path) -> Result<Config, Vec<Problem>> {
    // The library's own message quotes the line, which may hold a secret that does not belong there.
    let refuse = |e: toml::de::Error| {
        let line = line_of(text, e.span().map_or(0, |span| span.start));
        vec![Problem { line, what: e.message().to_owned() }]
    };
    let all: Entries = toml::from_str(text).map_err(refuse)?;
    let raw: Raw = toml::from_str(text).map_err(refuse)?;
    drop(raw.rest);
    let mut problems = Vec::new();
    let mut top = Table::new(text, folder, all, &(0..0), &mut problems);
    let _ = top.take("destination");
    let url = top.text("url").map(|(url, _)| url);
    let token = top.secret("token_file", "token_env");
    let state_dir = top.required("state_dir", "a folder where the progress of deliveries is kept").into();
    let every = top.number("every_seconds", 1..=86_400, 60);
    top.finish("the file");
    let mut destinations: Vec<Destination> = Vec::new();
    for table in raw.destination {
        let span = table.span();
        let table = Table::new(text, folder, table.into_inner(), &span, &mut problems);
        let line = table.line;
        if let Some(destination) = destination(table) {
            if destinations.iter().any(|other| other.name == destination.name) {
                let what = format!(
                    "two destinations are called `{}`: their progress is kept by their names",
                    destination.name
                );
                problems.push(Problem { line, what });
            }
            destinations.push(destination);
        }
    }
    if destinations.is_empty() && problems.is_empty() {
        problems.push(Problem { line: 1, what: "there is no [[destination]]: add one".to_owned() });
    }
    problems.sort_by_key(|problem| problem.line);
    let state_dir: std::path::PathBuf = state_dir;
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Config { url, token, state_dir: folder.join(state_dir), every: seconds(every), destinations })
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

fn destination(mut table: Table<'_>) -> Option<Destination> {
    let name = table.required("name", "a name by which you know it: name = \"billing\"");
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.is_empty() && (name.len() > MAX_NAME || !name.bytes().all(ok)) {
        table.problem(
            table.line,
            format!("the name `{name}` must be 1 to {MAX_NAME} lower-case letters, digits or `-`"),
        );
    }
    // Its progress would be written over by how all of them stand.
    if format!("{name}.json") == FILE {
        table
            .problem(table.line, format!("the name `{name}` is taken by a file of the state folder: take another one"));
    }
    let names = match table.text("names") {
        None => Names::Contract,
        Some((names, _)) if names == "contract" => Names::Contract,
        Some((names, _)) if names == "portable" => Names::Portable,
        Some((names, line)) => {
            table.problem(line, format!("names = \"{names}\" must be \"contract\" or \"portable\""));
            Names::Contract
        }
    };
    let profile = match table.text("profile") {
        None => BILLING.to_owned(),
        Some((profile, _)) if profile == BILLING || is_copy_name(&profile) => profile,
        Some((profile, line)) => {
            table.problem(line, format!("profile = \"{profile}\" must be \"{BILLING}\" or the name of a copy"));
            BILLING.to_owned()
        }
    };
    let timeout = table.number("timeout_seconds", 1..=3600, 60);
    const KINDS: &str = "\"folder\", \"sftp\", \"ftps\", \"s3\" or \"azure-blob\"";
    let (kind, line) = table.text("kind").unwrap_or_default();
    let kind = match kind.as_str() {
        "folder" => Kind::Folder { path: folder(&mut table) },
        "sftp" => Kind::Sftp(sftp(&mut table)),
        "ftps" => Kind::Ftps(ftps(&mut table)),
        "s3" => Kind::S3(s3(&mut table)),
        "azure-blob" => Kind::Azure(azure(&mut table)),
        "" => {
            table.problem(table.line, format!("`kind` is missing: {KINDS}"));
            return None;
        }
        other => {
            table.problem(line, format!("kind = \"{other}\" must be {KINDS}"));
            return None;
        }
    };
    table.finish("a destination of this kind");
    Some(Destination { name, profile, names, timeout: seconds(timeout), kind })
}

fn folder(table: &mut Table<'_>) -> std::path::PathBuf {
    match table.path("path") {
        Some(path) => path,
        None => {
            table.problem(table.line, "`path` is missing: the folder where billing reads");
            std::path::PathBuf::new()
        }
    }
}

fn sftp(table: &mut Table<'_>) -> SftpSettings {
    let host = table.required("host", "name or address of the SFTP server");
    let port = port(table, 22);
    let user = table.required("user", "who signs in");
    let mut host_keys = Vec::new();
    let given = table.texts("host_key");
    if given.is_empty() {
        table.problem(
            table.line,
            format!(
                "`host_key` is missing: ask the server's people for it, as a line `ssh-ed25519 AAAA…` or as `SHA256:…`. \
                 `ssh-keyscan -t ed25519 {host} | ssh-keygen -lf -` shows what the server says of itself, for comparing"
            ),
        );
    }
    for (text, line) in given {
        match host_key(&text) {
            Some(key) => host_keys.push(key),
            None => table.problem(line, "`host_key` must be a line `ssh-ed25519 AAAA…` or a fingerprint `SHA256:…`"),
        }
    }
    let key_file = table.path("key_file");
    let passphrase = table.secret("passphrase_file", "passphrase_env");
    let key = key_file.map(|file| PrivateKey { file, passphrase });
    let password = table.secret("password_file", "password_env");
    if key.is_none() && password.is_none() {
        table.problem(table.line, "no way to sign in: give `key_file`, or `password_file` or `password_env`");
    }
    let path = table.text("path").map_or_else(|| ".".to_owned(), |(path, _)| path);
    SftpSettings { host, port, user, host_keys, key, password, path }
}

fn ftps(table: &mut Table<'_>) -> FtpsSettings {
    let host = table.required("host", "name or address of the FTP server");
    let port = port(table, 21);
    let user = table.required("user", "who signs in");
    let password = table.secret("password_file", "password_env").unwrap_or_else(|| {
        table.problem(table.line, "no way to sign in: give `password_file` or `password_env`");
        Secret::Environment(String::new())
    });
    let ca_file = table.path("ca_file");
    let path = table.text("path").map_or_else(|| ".".to_owned(), |(path, _)| path);
    FtpsSettings { host, port, user, password, ca_file, path }
}

fn s3(table: &mut Table<'_>) -> S3Settings {
    let bucket = table.required("bucket", "the name of the bucket");
    let region = table
        .required("region", "where the bucket is: region = \"eu-central-1\"; \"us-east-1\" for most others than AWS");
    let endpoint = endpoint(table);
    let prefix = prefix(table);
    let id = table.text("access_key_id").map(|(id, _)| id);
    let access = match (id, table.secret("secret_key_file", "secret_key_env")) {
        (Some(id), Some(secret)) => Some((id, secret)),
        (None, None) => None,
        _ => {
            let what = "`access_key_id` goes with `secret_key_file` or `secret_key_env`; give both, or neither for the \
                        machine's own identity";
            table.problem(table.line, what);
            None
        }
    };
    S3Settings { bucket, region, endpoint, prefix, access }
}

fn azure(table: &mut Table<'_>) -> AzureSettings {
    let account = table.required("account", "the name of the storage account");
    let container = table.required("container", "the name of the container");
    let endpoint = endpoint(table);
    let prefix = prefix(table);
    let key = table.secret("key_file", "key_env");
    AzureSettings { account, container, endpoint, prefix, key }
}

fn endpoint(table: &mut Table<'_>) -> Option<String> {
    let (endpoint, line) = table.text("endpoint")?;
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        table.problem(line, "`endpoint` must begin with https:// (or http://, on a line that nobody else hears)");
    }
    Some(endpoint.trim_end_matches('/').to_owned())
}

fn prefix(table: &mut Table<'_>) -> String {
    let (prefix, line) = table.text("prefix").unwrap_or_default();
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
    if !prefix.bytes().all(ok) {
        table.problem(line, "`prefix` must be letters, digits and `. _ - /`");
    }
    prefix.trim_matches('/').to_owned()
}

pub(super) fn port(table: &mut Table<'_>, default: u16) -> u16 {
    u16::try_from(table.number("port", 1..=65_535, default.into())).unwrap_or(default)
}

fn host_key(text: &str) -> Option<HostKey> {
    let text = text.trim();
    if text.starts_with("SHA256:") {
        return text.parse().ok().map(HostKey::Fingerprint);
    }
    russh::keys::PublicKey::from_openssh(text).ok().map(|key| HostKey::Key(Box::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    fn problems(text: &str) -> Vec<String> {
        config(text, Path::new("/etc/tollbooth")).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_file_is_read_and_its_paths_are_relative_to_it() {
        let text = format!(
            "url = \"http://127.0.0.1:3000\"\ntoken_file = \"billing.token\"\nstate_dir = \"state\"\n\n\
             [[destination]]\nname = \"share\"\nkind = \"folder\"\npath = \"/mnt/billing\"\nnames = \"portable\"\n\
             profile = \"records\"\n\n\
             [[destination]]\nname = \"billing\"\nkind = \"sftp\"\nhost = \"sftp.example\"\nuser = \"tolls\"\n\
             host_key = [\"{KEY}\"]\nkey_file = \"id_ed25519\"\npath = \"in\"\n"
        );
        let found = config(&text, Path::new("/etc/tollbooth")).unwrap();
        assert_eq!(found.state_dir, Path::new("/etc/tollbooth/state"));
        assert_eq!(found.every, Duration::from_secs(60));
        let targets: Vec<_> = found.destinations.iter().map(Destination::target).collect();
        assert_eq!(targets, ["/mnt/billing", "sftp://sftp.example:22/in"]);
        assert_eq!(found.destinations[0].names, Names::Portable);
        assert_eq!(
            (found.destinations[0].profile.as_str(), found.destinations[1].profile.as_str()),
            ("records", BILLING)
        );
        let Kind::Sftp(sftp) = &found.destinations[1].kind else { panic!("not sftp") };
        assert_eq!(sftp.key.as_ref().unwrap().file, Path::new("/etc/tollbooth/id_ed25519"));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_line_and_what_to_do() {
        let found = problems(
            "state_dir = \"state\"\nevery_seconds = 0\n[[destination]]\nname = \"Billing!\"\nkind = \"sftp\"\nhost = \"h\"\n\
             user = \"u\"\nport = 70000\nbucket = \"b\"\nkey_file = \"k\"\n",
        );
        let text = found.join("\n");
        assert!(text.contains("line 2: `every_seconds` must be a number from 1 to 86400"), "{text}");
        assert!(text.contains("line 3: the name `Billing!`"), "{text}");
        assert!(text.contains("line 3: `host_key` is missing: ask"), "{text}");
        assert!(text.contains("line 8: `port` must be a number from 1 to 65535"), "{text}");
        assert!(text.contains("line 9: `bucket` is no setting of"), "{text}");
        assert_eq!(found.len(), 5, "{text}");
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_repeated() {
        for text in [
            "state_dir = \"s\"\n[[destination]]\nname = \"b\"\nkind = \"sftp\"\npassword = \"hunter2\"\n",
            "state_dir = \"s\"\npassword = \"hunter2\n",
        ] {
            let found = problems(text).join("\n");
            assert!(!found.contains("hunter2"), "{found}");
        }
    }

    #[test]
    fn a_file_without_destinations_two_of_one_name_and_an_unknown_kind_are_told() {
        assert_eq!(problems("state_dir = \"s\"\n"), ["line 1: there is no [[destination]]: add one"]);
        let twice = "state_dir = \"s\"\n[[destination]]\nname = \"a\"\nkind = \"folder\"\npath = \"x\"\n\
                     [[destination]]\nname = \"a\"\nkind = \"folder\"\npath = \"y\"\n";
        assert!(problems(twice)[0].starts_with("line 6: two destinations are called `a`"));
        let taken = "state_dir = \"s\"\n[[destination]]\nname = \"standing\"\nkind = \"folder\"\npath = \"x\"\n";
        assert!(problems(taken)[0].starts_with("line 2: the name `standing` is taken"));
        let gopher = "state_dir = \"s\"\n[[destination]]\nname = \"a\"\nkind = \"gopher\"\n";
        assert!(problems(gopher)[0].starts_with("line 4: kind = \"gopher\" must be"));
        let nobody = "state_dir = \"s\"\n[[destination]]\nname = \"a\"\nkind = \"folder\"\npath = \"x\"\nprofile = \"Records!\"\n";
        assert!(problems(nobody)[0].starts_with("line 6: profile = \"Records!\" must be"));
    }
}
