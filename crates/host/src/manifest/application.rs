//! The top level of the manifest: version, application, variables, and what refers to what.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{
    Component, CronTrigger, DependencySource, HttpTrigger, Manifest, Problems, VariableDeclaration, component, trigger,
    walk::{Section, expected},
};
use crate::variables::{Template, check_name};

/// Interfaces that this host can compute itself instead of a component: `computes` of `[application.tool.tollbooth]`.
pub(crate) const COMPUTED: &[&str] = &["tollbooth:digest/sha256@0.1.0"];

pub(super) fn read(path: &Path, text: &str, problems: &mut Problems) -> Option<Manifest> {
    let table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            problems.add("spin.toml", format!("is not valid TOML: {error}"));
            return None;
        }
    };
    let mut top = Section::new("", table);
    check_version(&mut top, problems);
    let Application { name, host_variables, computed } = read_application(&mut top, problems);
    let variables = read_variables(&mut top, problems);
    let components = component::read_all(&mut top, problems);
    let (http_triggers, cron_triggers) = trigger::read_all(&mut top, problems);
    top.finish(&[], problems);

    let manifest = Manifest {
        path: path.to_owned(),
        root: root_of(path),
        name,
        variables,
        host_variables,
        computed,
        components,
        http_triggers,
        cron_triggers,
    };
    check_references(&manifest, problems);
    check_templates(&manifest, problems);
    Some(manifest)
}

fn root_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn check_version(top: &mut Section, problems: &mut Problems) {
    match top.take("spin_manifest_version") {
        Some(Value::Integer(2)) => {}
        Some(other) => problems
            .add("spin_manifest_version", format!("must be 2, but is {other}; this host runs manifest version 2 only")),
        None => problems.add("spin_manifest_version", "is missing; it must be 2"),
    }
}

#[derive(Default)]
struct Application {
    name: String,
    host_variables: BTreeMap<String, String>,
    computed: BTreeSet<String>,
}

fn read_application(top: &mut Section, problems: &mut Problems) -> Application {
    let mut read = Application::default();
    let Some(mut application) = top.section("application", problems) else {
        problems.add("application", "is missing");
        return read;
    };
    read.name = application.required_string("name", problems).unwrap_or_default();
    // Descriptive, or read by `spin build` only.
    application.ignore(&["version", "description", "authors", "targets"]);
    if let Some(mut tools) = application.section("tool", problems)
        && let Some(mut own) = tools.section("tollbooth", problems)
    {
        for (_, name, value) in own.string_table("variables", problems) {
            read.host_variables.insert(name, value);
        }
        for (path, import) in own.strings("computes", problems) {
            if COMPUTED.contains(&import.as_str()) {
                read.computed.insert(import);
            } else {
                let known = COMPUTED.join("`, `");
                problems.add(path, format!("is `{import}`, which this host does not compute; it computes `{known}`"));
            }
        }
        own.finish(&[], problems);
    }
    application.finish(
        &[("trigger", "application-wide trigger settings are not needed by the http and cron triggers; remove it")],
        problems,
    );
    read
}

fn read_variables(top: &mut Section, problems: &mut Problems) -> BTreeMap<String, VariableDeclaration> {
    let mut variables = BTreeMap::new();
    let Some(section) = top.section("variables", problems) else {
        return variables;
    };
    for (path, name, value) in section.into_entries() {
        if let Err(reason) = check_name(&name) {
            problems.add(path.clone(), reason);
        }
        let Value::Table(table) = value else {
            problems.add(path, expected("a table such as { default = \"…\" }", &value));
            continue;
        };
        let mut section = Section::new(path.clone(), table);
        let default = section.string("default", problems);
        let required = section.boolean("required", problems).unwrap_or(false);
        let secret = section.boolean("secret", problems).unwrap_or(false);
        section.ignore(&["description"]);
        section.finish(&[], problems);
        if default.is_some() == required {
            problems.add(path, "needs either `default = \"…\"` or `required = true`, not both");
        }
        variables.insert(name, VariableDeclaration { default, secret });
    }
    variables
}

fn check_references(manifest: &Manifest, problems: &mut Problems) {
    let known = |id: &str| manifest.components.contains_key(id);
    let mut routes: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, HttpTrigger { component, route }) in manifest.http_triggers.iter().enumerate() {
        if !known(component) {
            problems.add(
                format!("trigger.http[{index}].component"),
                format!("names `{component}`, but there is no [component.{component}]"),
            );
        }
        if let trigger::Route::Pattern(pattern) = route
            && let Some(first) = routes.insert(pattern, index)
        {
            problems.add(
                format!("trigger.http[{index}].route"),
                format!("`{pattern}` is the route of trigger.http[{first}] already; one of them would never be used"),
            );
        }
    }
    for (index, CronTrigger { component, .. }) in manifest.cron_triggers.iter().enumerate() {
        if !known(component) {
            problems.add(
                format!("trigger.cron[{index}].component"),
                format!("names `{component}`, but there is no [component.{component}]"),
            );
        }
    }
    for (id, component) in &manifest.components {
        for dependency in &component.dependencies {
            if let DependencySource::Component(target) = &dependency.source
                && !known(target)
            {
                problems.add(
                    dependency_key(id, component, &dependency.name.to_string()),
                    format!("names `{target}`, but there is no [component.{target}]"),
                );
            }
        }
    }
}

fn dependency_key(id: &str, _component: &Component, name: &str) -> String {
    format!("component.{id}.dependencies.{name:?}.component")
}

fn check_templates(manifest: &Manifest, problems: &mut Problems) {
    let mut check = |key: String, text: &str| match Template::parse(text) {
        Err(reason) => problems.add(key, reason),
        Ok(template) => {
            for name in template.names() {
                if !manifest.variables.contains_key(name) {
                    problems
                        .add(key.clone(), format!("uses the variable `{name}`, which [variables] does not declare"));
                }
            }
        }
    };
    for (id, component) in &manifest.components {
        for (name, text) in &component.variables {
            check(format!("component.{id}.variables.{name}"), text);
        }
        for (index, text) in component.allowed_outbound_hosts.iter().enumerate() {
            check(format!("component.{id}.allowed_outbound_hosts[{index}]"), text);
        }
    }
    for name in manifest.host_variables.keys() {
        if !manifest.variables.contains_key(name) {
            problems.add(
                format!("application.tool.tollbooth.variables.{name}"),
                "sets a variable that [variables] does not declare",
            );
        }
    }
}
