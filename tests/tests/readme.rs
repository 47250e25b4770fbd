//! What the README tells people to type once an installation runs, typed word by word.

use std::process::{Command, Stdio};

use image::ImageFormat;
use serde_json::Value;
use tollbooth_tests::runbook::commands_of;
use tollbooth_tests::{Host, photo};

/// What a shell prints that is typed these commands, with this before them: the bodies of all answers.
fn answers(host: &Host, before: &str, commands: &[String]) -> Vec<Value> {
    let typed = format!("{before}\n{}", commands.join("\n"));
    let typed = typed.replace("http://127.0.0.1:3000", &format!("http://{}", host.address()));
    let (code, out, errors) = host.shell(&typed, &[]);
    assert_eq!(code, 0, "{typed}: {out}{errors}");
    let found: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&out).into_iter::<Value>().collect();
    found.unwrap_or_else(|error| panic!("{error}: {out}{errors}"))
}

#[test]
fn a_booth_a_cameras_token_and_a_photo_come_of_what_the_readme_says() {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    if curl.is_err() {
        assert!(std::env::var_os("TOLLBOOTH_NEED_PROXIES").is_none(), "curl is missing: scripts/proxies installs it");
        eprintln!("SKIPPED: curl is not installed (scripts/proxies)");
        return;
    }
    let host = Host::start();
    let typed = commands_of("README.md", "## Use it");
    let (session, camera) = typed.split_at(3);
    let operator = "OPERATOR_TOKEN=$TOLLBOOTH_TOKEN";
    let made = answers(&host, operator, session);
    assert_eq!((made[0]["id"].as_str(), made[1]["role"].as_str()), (Some("north"), Some("camera")), "{made:?}");

    let folder = host.state_dir();
    std::fs::write(folder.with_file_name("photo.jpg"), photo(1, ImageFormat::Jpeg)).unwrap();
    let token = made[1]["token"].as_str().unwrap();
    let sent = answers(&host, &format!("{operator}\nCAMERA_TOKEN={token}\n{}", session[0]), camera);
    assert_eq!((sent.len(), sent[0]["state"].as_str()), (1, Some("waiting")), "{sent:?}");
}
