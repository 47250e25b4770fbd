//! `[[trigger.*]]`: what makes a component run.

use toml::Value;

use super::{
    Problems,
    walk::{Section, expected},
};
use crate::{cron_trigger::Schedule, http_trigger::check_route};

/// One `[[trigger.http]]`.
#[derive(Debug, Clone)]
pub struct HttpTrigger {
    /// Id of the component that answers.
    pub component: String,
    /// Which requests reach it.
    pub route: Route,
}

/// Which requests reach a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Public: a path pattern with `:param` segments and perhaps a trailing `/...`.
    Pattern(String),
    /// Reachable from other components of the application only.
    Private,
}

/// One `[[trigger.cron]]`.
#[derive(Debug, Clone)]
pub struct CronTrigger {
    /// Id of the component that is called.
    pub component: String,
    /// When, in UTC.
    pub schedule: Schedule,
}

const KINDS: &[(&str, &str)] = &[
    ("redis", "this host has the http and cron triggers only"),
    ("mqtt", "this host has the http and cron triggers only"),
    ("command", "this host has the http and cron triggers only"),
    ("sqs", "this host has the http and cron triggers only"),
];

const HINTS: &[(&str, &str)] = &[
    ("components", "name one `component`"),
    ("dependencies", "put dependencies into [component.*.dependencies]"),
    ("static_response", "let a component answer"),
];

pub(super) fn read_all(top: &mut Section, problems: &mut Problems) -> (Vec<HttpTrigger>, Vec<CronTrigger>) {
    let (mut http, mut cron) = (Vec::new(), Vec::new());
    let Some(mut triggers) = top.section("trigger", problems) else {
        problems.add("trigger", "is missing; an application needs at least one [[trigger.http]] or [[trigger.cron]]");
        return (http, cron);
    };
    for section in sections(&mut triggers, "http", problems) {
        http.push(read_http(section, problems));
    }
    for section in sections(&mut triggers, "cron", problems) {
        cron.extend(read_cron(section, problems));
    }
    triggers.finish(KINDS, problems);
    (http, cron)
}

fn sections(triggers: &mut Section, kind: &str, problems: &mut Problems) -> Vec<Section> {
    let mut found = Vec::new();
    for (path, item) in triggers.list(kind, problems) {
        match item {
            Value::Table(table) => found.push(Section::new(path, table)),
            other => problems.add(path, expected("a table", &other)),
        }
    }
    found
}

fn read_component(section: &mut Section, problems: &mut Problems) -> String {
    match section.take("component") {
        Some(Value::String(id)) => return id,
        Some(_) => problems
            .add(section.key("component"), "must be the id of a [component.*]; inline components are not supported"),
        None => problems.add(section.key("component"), "is missing"),
    }
    String::new()
}

fn read_http(mut section: Section, problems: &mut Problems) -> HttpTrigger {
    let component = read_component(&mut section, problems);
    let route = read_route(&mut section, problems);
    section.ignore(&["id"]);
    if let Some(mut executor) = section.section("executor", problems) {
        if let Some(kind) = executor.string("type", problems)
            && kind != "http"
        {
            problems.add(executor.key("type"), format!("is \"{kind}\"; this host runs \"http\" components only"));
        }
        executor.finish(&[], problems);
    }
    section.finish(HINTS, problems);
    HttpTrigger { component, route }
}

fn read_route(section: &mut Section, problems: &mut Problems) -> Route {
    let key = section.key("route");
    match section.take("route") {
        Some(Value::String(pattern)) => {
            if let Err(reason) = check_route(&pattern) {
                problems.add(key, reason);
            }
            Route::Pattern(pattern)
        }
        Some(Value::Table(table)) => {
            let mut private = Section::new(key.clone(), table);
            if private.boolean("private", problems) != Some(true) {
                problems.add(key, "must be a path pattern or { private = true }");
            }
            private.finish(&[], problems);
            Route::Private
        }
        Some(other) => {
            problems.add(key, expected("a path pattern or { private = true }", &other));
            Route::Private
        }
        None => {
            problems.add(key, "is missing");
            Route::Private
        }
    }
}

fn read_cron(mut section: Section, problems: &mut Problems) -> Option<CronTrigger> {
    let component = read_component(&mut section, problems);
    let key = section.key("cron_expression");
    let expression = section.required_string("cron_expression", problems);
    section.ignore(&["id"]);
    section.finish(HINTS, problems);
    match Schedule::parse(&expression?) {
        Ok(schedule) => Some(CronTrigger { component, schedule }),
        Err(reason) => {
            problems.add(key, reason);
            None
        }
    }
}
