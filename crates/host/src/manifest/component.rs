//! `[component.*]`: what a component is made of and what it may touch.

use std::{collections::BTreeMap, path::PathBuf};

use toml::Value;

use super::{
    Dependency, Problems, dependency,
    walk::{Section, expected},
};
use crate::{outbound::AllowedHost, variables::check_name};

/// One component of the application.
#[derive(Debug, Clone)]
pub struct Component {
    /// The `.wasm` file, relative to the manifest.
    pub source: PathBuf,
    /// The component's variables; values may hold `{{ name }}` templates.
    pub variables: BTreeMap<String, String>,
    /// Environment variables of the guest.
    pub environment: BTreeMap<String, String>,
    /// Files the guest may read.
    pub files: Vec<FileMount>,
    /// Outbound grants, unresolved.
    pub allowed_outbound_hosts: Vec<String>,
    /// Granted key-value store labels.
    pub key_value_stores: Vec<String>,
    /// Granted SQLite database labels.
    pub sqlite_databases: Vec<String>,
    /// Components that satisfy imports of this one.
    pub dependencies: Vec<Dependency>,
    /// Whether the dependencies share the grants of this component.
    pub dependencies_inherit_configuration: bool,
    /// Where its guests run.
    pub pool: Pool,
}

/// Which threads run a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pool {
    /// The threads that answer HTTP requests.
    #[default]
    Serving,
    /// Low-priority threads of their own, for components that compute for a long time.
    Reading,
}

/// An entry of `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileMount {
    /// Every file that matches, under its own relative path.
    Pattern(String),
    /// A file or directory under another guest path.
    Placed {
        /// Path relative to the manifest.
        source: PathBuf,
        /// Absolute path in the guest.
        destination: PathBuf,
    },
}

const HINTS: &[(&str, &str)] = &[
    ("exclude_files", "list only the wanted files in `files`"),
    ("allowed_http_hosts", "use `allowed_outbound_hosts`"),
    ("ai_models", "this host runs no language models; remove it"),
];

pub(super) fn read_all(top: &mut Section, problems: &mut Problems) -> BTreeMap<String, Component> {
    let mut components = BTreeMap::new();
    let Some(section) = top.section("component", problems) else {
        return components;
    };
    for (path, id, value) in section.into_entries() {
        let Value::Table(table) = value else {
            problems.add(path, expected("a table", &value));
            continue;
        };
        if let Err(reason) = check_id(&id) {
            problems.add(path.clone(), reason);
        }
        components.insert(id, read(Section::new(path, table), problems));
    }
    components
}

fn check_id(id: &str) -> Result<(), String> {
    let kebab = id.split('-').all(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if kebab { Ok(()) } else { Err("is not a kebab-case id (letters and digits in words joined by `-`)".to_owned()) }
}

fn read(mut section: Section, problems: &mut Problems) -> Component {
    let component = Component {
        source: read_source(&mut section, problems),
        variables: read_variables(&mut section, problems),
        environment: section
            .string_table("environment", problems)
            .into_iter()
            .map(|(_, name, value)| (name, value))
            .collect(),
        files: read_files(&mut section, problems),
        allowed_outbound_hosts: read_hosts(&mut section, problems),
        key_value_stores: read_labels(&mut section, "key_value_stores", problems),
        sqlite_databases: read_labels(&mut section, "sqlite_databases", problems),
        dependencies: dependency::read(&mut section, problems),
        dependencies_inherit_configuration: section
            .boolean("dependencies_inherit_configuration", problems)
            .unwrap_or(false),
        pool: read_pool(&mut section, problems),
    };
    // Descriptive, or read by `spin build` only. A profile takes effect only with `--profile`.
    section.ignore(&["description", "build", "targets", "profile"]);
    section.finish(HINTS, problems);
    component
}

fn read_source(section: &mut Section, problems: &mut Problems) -> PathBuf {
    match section.take("source") {
        Some(Value::String(path)) => PathBuf::from(path),
        Some(_) => {
            problems.add(
                section.key("source"),
                "must be the path of a .wasm file; sources from a URL or a registry are not supported, download the file first",
            );
            PathBuf::new()
        }
        None => {
            problems.add(section.key("source"), "is missing");
            PathBuf::new()
        }
    }
}

fn read_variables(section: &mut Section, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (path, name, value) in section.string_table("variables", problems) {
        if let Err(reason) = check_name(&name) {
            problems.add(path, reason);
        }
        variables.insert(name, value);
    }
    variables
}

fn read_files(section: &mut Section, problems: &mut Problems) -> Vec<FileMount> {
    let mut files = Vec::new();
    for (path, item) in section.list("files", problems) {
        match item {
            Value::String(pattern) => files.push(FileMount::Pattern(pattern)),
            Value::Table(table) => {
                let mut placed = Section::new(path, table);
                let source = placed.required_string("source", problems);
                let destination = placed.required_string("destination", problems);
                if let Some(destination) = &destination
                    && !destination.starts_with('/')
                {
                    problems.add(placed.key("destination"), "must start with `/`");
                }
                placed.finish(&[], problems);
                if let (Some(source), Some(destination)) = (source, destination) {
                    files.push(FileMount::Placed { source: source.into(), destination: destination.into() });
                }
            }
            other => problems.add(path, expected("a glob pattern or { source = …, destination = … }", &other)),
        }
    }
    files
}

fn read_hosts(section: &mut Section, problems: &mut Problems) -> Vec<String> {
    let mut hosts = Vec::new();
    for (path, host) in section.strings("allowed_outbound_hosts", problems) {
        // A template can only be checked once variables have values.
        if !host.contains("{{")
            && let Err(reason) = AllowedHost::parse(&host)
        {
            problems.add(path, reason);
        }
        hosts.push(host);
    }
    hosts
}

fn read_labels(section: &mut Section, key: &str, problems: &mut Problems) -> Vec<String> {
    let mut labels = Vec::new();
    for (path, label) in section.strings(key, problems) {
        if label != "default" {
            problems.add(path, format!("names `{label}`, but this host has the label \"default\" only"));
        }
        labels.push(label);
    }
    labels
}

fn read_pool(section: &mut Section, problems: &mut Problems) -> Pool {
    let Some(mut tools) = section.section("tool", problems) else {
        return Pool::default();
    };
    let Some(mut own) = tools.section("tollbooth", problems) else {
        return Pool::default();
    };
    let pool = match own.string("pool", problems).as_deref() {
        None | Some("serving") => Pool::Serving,
        Some("reading") => Pool::Reading,
        Some(other) => {
            problems.add(own.key("pool"), format!("must be \"serving\" or \"reading\", but is \"{other}\""));
            Pool::Serving
        }
    };
    own.finish(&[], problems);
    pool
}
