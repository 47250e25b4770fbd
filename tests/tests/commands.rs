//! Commands that people are told to type, in the documents and in the examples of help texts: each is of a tool that has such a
//! command, option and variable, and asks for a route that there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tollbooth_tests::runbook::help;

/// Where the API is, in examples.
const SERVERS: [&str; 2] = ["$TOLLBOOTH_URL/", "http://127.0.0.1:3000/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the tool can do, with its help text.
fn tool() -> BTreeMap<String, String> {
    let all = help(None);
    let listed = all.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    names.map(|line| line.split(' ').next().unwrap().to_owned()).map(|name| (name.clone(), help(Some(&name)))).collect()
}

/// Lines that begin so, each with those that continue it.
fn commands(text: &str, begins: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(mut command) = begins(line) else { continue };
        while let Some(begun) = command.strip_suffix('\\') {
            command = format!("{begun}{}", lines.next().unwrap_or_default().trim());
        }
        // What stands behind is said to the reader.
        found.push(command.split("   #").next().unwrap_or_default().to_owned());
    }
    found
}

/// Every command with where it stands.
fn all(tool: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut documents = vec![PathBuf::from("README.md"), PathBuf::from("CONTRIBUTING.md")];
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    documents.extend(
        pages.map(|name| Path::new("docs").join(name)).filter(|path| path.extension().is_some_and(|e| e == "md")),
    );
    let mut found = Vec::new();
    for document in documents {
        let typed = commands(&read(&document), |line| line.strip_prefix("$ ").map(ToOwned::to_owned));
        found.extend(typed.into_iter().map(|command| (document.display().to_string(), command)));
    }
    for (name, text) in tool {
        let example = |line: &str| {
            let words = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?;
            let first = words.split(' ').find(|word| !word.contains('='))?;
            (first == "tollbooth").then(|| words.to_owned())
        };
        found.extend(commands(text, example).into_iter().map(|command| (format!("tollbooth {name} --help"), command)));
    }
    found
}

/// The variables that the two manifests declare.
fn variables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for manifest in ["spin.toml", "deploy/cluster/spin.toml"] {
        let text = read(manifest);
        let declared = text.split("[variables]\n").nth(1).unwrap().split("\n[").next().unwrap().to_owned();
        found.extend(declared.lines().filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())));
    }
    found
}

fn routes() -> Vec<Vec<String>> {
    let document: Value = serde_json::from_str(&read("docs/api/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().keys();
    paths.map(|path| path.split('/').map(ToOwned::to_owned).collect()).collect()
}

fn is_route(routes: &[Vec<String>], path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let asked: Vec<&str> = path.split('/').collect();
    routes.iter().any(|route| {
        let pairs = || route.iter().zip(&asked);
        route.len() == asked.len() && pairs().all(|(part, asked)| part.starts_with('{') || part == asked)
    })
}

/// Whether a help text has an option of exactly this name.
fn has_option(text: &str, option: &str) -> bool {
    text.match_indices(option).any(|(at, _)| {
        let next = text[at + option.len()..].chars().next();
        next.is_none_or(|next| !next.is_ascii_alphanumeric() && next != '-')
    })
}

/// What is wrong with a command.
fn wrong(
    command: &str,
    tool: &BTreeMap<String, String>,
    variables: &BTreeSet<String>,
    routes: &[Vec<String>],
) -> Vec<String> {
    let mut found = Vec::new();
    let words: Vec<&str> = command.split([' ', '"', '\'', '(', ')']).filter(|word| !word.is_empty()).collect();
    let mut asked: Option<&str> = None;
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
        let is_tool = *word == "tollbooth" || word.ends_with("/release/tollbooth");
        // `systemctl stop tollbooth` and `createdb … tollbooth` name something else.
        if is_tool && !["start", "stop", "restart", "C.UTF-8", "-d"].contains(&before) {
            asked = tool.get(next).map(String::as_str);
            if asked.is_none() && !next.starts_with('-') {
                found.push(format!("there is no `tollbooth {next}`"));
            }
        }
        if ["|", "&&", ";", "&", ">"].contains(word) {
            asked = None;
        }
        let option = word.split('=').next().unwrap_or_default();
        if let (Some(text), true) = (asked, option.starts_with("--") && option.len() > 2)
            && !has_option(text, option)
        {
            found.push(format!("there is no option {option}"));
        }
        let given = (*word == "--variable").then(|| next.split_once('=')).flatten().map(|(name, _)| name.to_owned());
        let exported = word.strip_prefix("SPIN_VARIABLE_").and_then(|rest| rest.split_once('='));
        for name in given.into_iter().chain(exported.map(|(name, _)| name.to_lowercase())) {
            if !variables.contains(&name) {
                found.push(format!("no manifest has a variable {name}"));
            }
        }
        if let Some(path) = SERVERS.iter().find_map(|server| word.strip_prefix(server))
            && !is_route(routes, &format!("/{path}"))
        {
            found.push(format!("there is no route /{path}"));
        }
        if let Some(script) = word.strip_prefix("scripts/") {
            let file = fs::metadata(root().join("scripts").join(script));
            if !file.is_ok_and(|file| file.permissions().mode() & 0o100 != 0) {
                found.push(format!("there is no program scripts/{script}"));
            }
        }
    }
    found
}

#[test]
fn every_command_that_people_are_told_to_type_can_be_typed() {
    let (tool, variables, routes) = (tool(), variables(), routes());
    let all = all(&tool);
    assert!(all.len() > 120 && tool.len() > 15, "{} commands, {} of the tool", all.len(), tool.len());
    let bad: Vec<_> = all
        .iter()
        .flat_map(|(place, command)| {
            wrong(command, &tool, &variables, &routes)
                .into_iter()
                .map(move |what| format!("{place}: {what}: {command}"))
        })
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn a_command_that_cannot_be_typed_is_found() {
    let (tool, variables, routes) = (tool(), variables(), routes());
    for (command, what) in [
        ("tollbooth up --variable reading_concurrency=4", "no manifest has a variable reading_concurrency"),
        ("SPIN_VARIABLE_OPERATOR_TOKENS=x spin up", "no manifest has a variable operator_tokens"),
        ("tollbooth serve", "there is no `tollbooth serve`"),
        ("tollbooth send photos/ --booths north", "there is no option --booths"),
        ("curl -X PUT $TOLLBOOTH_URL/v1/booth/north", "there is no route /v1/booth/north"),
        ("scripts/no-such", "there is no program scripts/no-such"),
    ] {
        assert_eq!(wrong(command, &tool, &variables, &routes), [what], "{command}");
    }
    assert_eq!(wrong("tollbooth up --listen 0.0.0.0:3000 | cat --no-option", &tool, &variables, &routes), [""; 0]);
}
