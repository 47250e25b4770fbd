//! Application variables: where values come from and what each component sees.
//!
//! Values are fixed when the application is loaded, so a component never sees two values of one variable.
//! Sources, first match wins: the user (`--variable`), the environment (`SPIN_VARIABLE_<NAME>`), the manifest's
//! `[application.tool.tollbooth.variables]`, the manifest's defaults. Values are never logged, secret or not.

mod host;
mod template;

use std::collections::BTreeMap;

pub use template::{Template, check_name};

use crate::{HostError, manifest::Manifest};

/// The values of all application variables.
#[derive(Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, String>,
}

impl Variables {
    /// Finds the value of every declared variable.
    ///
    /// `given` are the user's values, `environment` looks up an environment variable.
    ///
    /// # Errors
    /// [`HostError::Usage`] naming every value given for an undeclared variable and every required variable
    /// without a value.
    pub fn resolve(
        manifest: &Manifest,
        given: &BTreeMap<String, String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, HostError> {
        let mut complaints = Vec::new();
        for name in given.keys() {
            if !manifest.variables.contains_key(name) {
                complaints.push(format!(
                    "there is no variable `{name}` in [variables] of the manifest; check the spelling of --variable {name}=…"
                ));
            }
        }
        let mut values = BTreeMap::new();
        for (name, declaration) in &manifest.variables {
            let value = given
                .get(name)
                .cloned()
                .or_else(|| environment(&environment_name(name)))
                .or_else(|| manifest.host_variables.get(name).cloned())
                .or_else(|| declaration.default.clone());
            match value {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => complaints.push(format!(
                    "the variable `{name}` has no value; set it with --variable {name}=… or {}=…",
                    environment_name(name)
                )),
            }
        }
        if complaints.is_empty() { Ok(Self { values }) } else { Err(HostError::Usage(complaints.join("\n"))) }
    }

    /// Fills a template. The manifest check guarantees that every name is declared; a name that is not gives
    /// the reason as text.
    ///
    /// # Errors
    /// The name that has no value.
    pub fn fill(&self, template: &Template) -> Result<String, String> {
        template.fill(|name| self.values.get(name).map(String::as_str))
    }
}

/// The environment variable that sets an application variable.
#[must_use]
pub fn environment_name(variable: &str) -> String {
    format!("SPIN_VARIABLE_{}", variable.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn manifest() -> Manifest {
        Manifest::parse(
            Path::new("spin.toml"),
            r#"
            spin_manifest_version = 2
            [application]
            name = "app"
            [application.tool.tollbooth.variables]
            b = "host"
            c = "host"
            d = "host"
            [variables]
            a = { default = "default" }
            b = { default = "default" }
            c = { default = "default" }
            d = { default = "default" }
            e = { required = true }
            [[trigger.http]]
            route = "/"
            component = "x"
            [component.x]
            source = "x.wasm"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn user_beats_environment_beats_manifest_tool_table_beats_default() {
        let given = BTreeMap::from([("d".to_owned(), "user".to_owned()), ("e".to_owned(), "user".to_owned())]);
        let environment =
            |name: &str| ["SPIN_VARIABLE_C", "SPIN_VARIABLE_D"].contains(&name).then(|| "environment".to_owned());
        let variables = Variables::resolve(&manifest(), &given, environment).unwrap();
        let values: Vec<_> = variables.values.values().map(String::as_str).collect();
        assert_eq!(values, ["default", "host", "environment", "user", "user"]);
    }

    #[test]
    fn missing_and_unknown_variables_are_all_named() {
        let given = BTreeMap::from([("typo".to_owned(), "x".to_owned())]);
        let Err(error) = Variables::resolve(&manifest(), &given, |_| None) else {
            panic!("a required variable is missing");
        };
        let text = error.to_string();
        assert!(text.contains("`typo`"), "{text}");
        assert!(text.contains("SPIN_VARIABLE_E"), "{text}");
        assert_eq!(error.exit_code(), 2);
    }
}
