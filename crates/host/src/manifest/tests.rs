//! What the manifest check accepts, and that it names everything it does not.

use super::*;

const GOOD: &str = r#"
spin_manifest_version = 2

[application]
name = "toll"
version = "1.0.0"
description = "text"
authors = ["someone"]

[application.tool.tollbooth.variables]
wake_url = "http://ocr.spin.internal/wake"

[application.tool.other]
anything = 1

[variables]
wake_url = { default = "" }
token = { required = true, secret = true, description = "text" }

[[trigger.http]]
id = "intake"
route = "/v1/booths/:booth/..."
component = "intake"

[[trigger.http]]
route = { private = true }
component = "ocr"
executor = { type = "http" }

[[trigger.cron]]
component = "ocr"
cron_expression = "0 */5 * * * *"

[component.intake]
description = "text"
source = "intake.wasm"
targets = ["spin-up:3.6"]
variables = { wake = "{{ wake_url }}" }
environment = { A = "b" }
files = ["assets/**/*", { source = "x", destination = "/x" }]
allowed_outbound_hosts = ["http://*.spin.internal", "{{ wake_url }}"]
key_value_stores = ["default"]
sqlite_databases = ["default"]
dependencies_inherit_configuration = true
build = { command = "cargo build", watch = ["src"] }

[component.intake.dependencies]
"tollbooth:ledger@0.1.0" = { path = "ledger.wasm" }
"tollbooth:photos" = { component = "ocr", export = "x" }

[component.ocr]
source = "ocr.wasm"

[component.ocr.tool.tollbooth]
pool = "reading"
"#;

fn problems(text: &str) -> Vec<(String, String)> {
    match Manifest::parse(Path::new("dir/spin.toml"), text) {
        Ok(_) => Vec::new(),
        Err(HostError::Manifest { problems, .. }) => {
            problems.iter().map(|problem| (problem.key.clone(), problem.message.clone())).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

/// The keys reported when `addition` is appended to a correct manifest.
fn keys_after(addition: &str) -> Vec<String> {
    problems(&format!("{GOOD}\n{addition}")).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn a_correct_manifest_is_read_in_full() {
    let manifest = Manifest::parse(Path::new("dir/spin.toml"), GOOD).unwrap();
    assert_eq!(manifest.root, Path::new("dir"));
    assert_eq!(manifest.http_triggers.len(), 2);
    assert_eq!(manifest.cron_triggers.len(), 1);
    let intake = &manifest.components["intake"];
    assert_eq!(intake.pool, Pool::Serving);
    assert_eq!(intake.files.len(), 2);
    assert!(intake.dependencies_inherit_configuration);
    let names: Vec<String> = intake.dependencies.iter().map(|dependency| dependency.name.to_string()).collect();
    assert_eq!(names, ["tollbooth:ledger@0.1.0", "tollbooth:photos"]);
    assert_eq!(manifest.components["ocr"].pool, Pool::Reading);
    assert!(manifest.variables["token"].secret);
    assert_eq!(manifest.http_triggers[1].route, Route::Private);
}

#[test]
fn all_problems_are_reported_at_once_by_their_full_path() {
    let found = keys_after(
        r#"
        [component.bad]
        surce = "x"
        ai_models = ["llama"]
        key_value_stores = ["photos"]
        sqlite_databases = ["default", 7]
        allowed_outbound_hosts = ["example.com"]
        files = [{ source = "x" }]
        variables = { "Upper" = "x", good = "{{ unknown }}" }
        dependencies = { "a:b@1" = { path = "x" }, "a:c" = "1.0", "a:d" = { url = "x" } }
        [component.bad.tool.tollbooth]
        pool = "fast"
        speed = 1
        [[trigger.http]]
        route = "/v1/booths/:booth/..."
        component = "nobody"
        [[trigger.cron]]
        component = "ocr"
        cron_expression = "* * * * *"
        [[trigger.redis]]
        channel = "x"
        [surprise]
        "#,
    );
    for key in [
        "component.bad.source",
        "component.bad.surce",
        "component.bad.ai_models",
        "component.bad.key_value_stores[0]",
        "component.bad.sqlite_databases[1]",
        "component.bad.allowed_outbound_hosts[0]",
        "component.bad.files[0].destination",
        "component.bad.variables.Upper",
        "component.bad.variables.good",
        "component.bad.dependencies.\"a:b@1\"",
        "component.bad.dependencies.\"a:c\"",
        "component.bad.dependencies.\"a:d\".url",
        "component.bad.dependencies.\"a:d\"",
        "component.bad.tool.tollbooth.pool",
        "component.bad.tool.tollbooth.speed",
        "trigger.http[2].component",
        "trigger.http[2].route",
        "trigger.cron[1].cron_expression",
        "trigger.redis",
        "surprise",
    ] {
        assert!(found.iter().any(|found| found == key), "{key} is missing in {found:#?}");
    }
    assert_eq!(found.len(), 20, "{found:#?}");
}

#[test]
fn unsupported_keys_say_what_to_do_instead() {
    let found = problems(&format!("{GOOD}\n[component.x]\nsource = \"x\"\nallowed_http_hosts = []"));
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("allowed_outbound_hosts"), "{found:?}");
}

#[test]
fn another_manifest_version_is_refused() {
    let found = problems(&GOOD.replace("spin_manifest_version = 2", "spin_manifest_version = 1"));
    assert_eq!(found[0].0, "spin_manifest_version");
}

#[test]
fn text_that_is_not_toml_is_refused_with_its_place() {
    let found = problems("a = \n");
    assert!(found[0].1.contains("line 1"), "{found:?}");
}

#[test]
fn a_variable_needs_either_a_default_or_required() {
    let both = "[variables]\na = { default = \"x\", required = true }\nb = {}";
    let text = GOOD.replace("[variables]", both);
    let keys: Vec<String> = problems(&text).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["variables.a", "variables.b"]);
}

#[test]
fn host_variables_must_be_declared() {
    let text = GOOD
        .replace("[application.tool.tollbooth.variables]", "[application.tool.tollbooth.variables]\nwake_ulr = \"x\"");
    assert_eq!(problems(&text)[0].0, "application.tool.tollbooth.variables.wake_ulr");
}

#[test]
fn what_the_host_computes_itself_is_named_and_known() {
    let with = |computes: &str| {
        GOOD.replace(
            "[application.tool.other]",
            &format!("[application.tool.tollbooth]\n{computes}\n[application.tool.other]"),
        )
    };
    let known =
        Manifest::parse(Path::new("spin.toml"), &with("computes = [\"tollbooth:digest/sha256@0.1.0\"]")).unwrap();
    assert_eq!(known.computed.into_iter().collect::<Vec<_>>(), ["tollbooth:digest/sha256@0.1.0"]);
    let [(key, text)] = problems(&with("computes = [\"tollbooth:photos/photos@0.1.0\"]")).try_into().unwrap();
    assert_eq!(key, "application.tool.tollbooth.computes[0]");
    assert!(text.contains("tollbooth:photos/photos@0.1.0") && text.contains("tollbooth:digest/sha256@0.1.0"), "{text}");
}

#[test]
fn dependency_names_match_imports_as_under_spin() {
    let parse = |text: &str| {
        let text =
            format!("{GOOD}\n[component.x]\nsource = \"x\"\ndependencies = {{ \"{text}\" = {{ path = \"y\" }} }}");
        let mut manifest = Manifest::parse(Path::new("spin.toml"), &text).unwrap();
        let mut component = manifest.components.remove("x").unwrap();
        component.dependencies.remove(0).name
    };
    for (name, import, matches) in [
        ("foo:bar/baz@0.1.0", "foo:bar/baz@0.1.0", true),
        ("foo:bar/baz", "foo:bar/baz@0.1.0", true),
        ("foo:bar", "foo:bar/baz@0.1.0", true),
        ("foo:bar", "foo:bar/baz", true),
        ("foo:bar@0.1.0", "foo:bar/baz@0.1.0", true),
        ("foo-bar", "foo-bar", true),
        ("foo:bar/baz@0.1.0", "foo:bar/baz", false),
        ("foo:bar@0.1.0", "foo:bar/baz@0.1.1", false),
        ("foo:bar/baz", "foo:bar/bub", false),
        ("foo:bar", "foo:barn/bib", false),
        ("foo:bar/baz", "foo-bar", false),
    ] {
        assert_eq!(parse(name).matches(import), matches, "{name} and {import}");
    }
}
