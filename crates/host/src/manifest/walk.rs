//! Reading TOML tables strictly: every key is either taken or reported.
//!
//! A plain `serde` derive stops at the first wrong key. People fix manifests faster when they see all of them
//! at once, each by its full path, so the tables are walked by hand and problems are collected.

use std::fmt;

use toml::{Table, Value};

/// One wrong or unsupported key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Full path of the key, for example `component.image-intake.files[0].source`.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// All problems of one manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem.
    pub fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { key: key.into(), message: message.into() });
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "  {}: {}", problem.key, problem.message)?;
        }
        Ok(())
    }
}

/// A table being read: what is taken out was understood, what is left at the end is a problem.
pub(super) struct Section {
    path: String,
    table: Table,
}

impl Section {
    pub(super) fn new(path: impl Into<String>, table: Table) -> Self {
        Self { path: path.into(), table }
    }

    /// The full path of a key in this section.
    pub(super) fn key(&self, key: &str) -> String {
        let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let key = if bare { key.to_owned() } else { format!("{key:?}") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.table.remove(key)
    }

    /// Accepts keys that have no meaning for this host and that Spin ignores at run time too.
    pub(super) fn ignore(&mut self, keys: &[&str]) {
        for key in keys {
            self.table.remove(*key);
        }
    }

    /// Every remaining entry, for tables whose keys are names.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (String, String, Value)> {
        let path = Self::new(self.path, Table::new());
        self.table.into_iter().map(move |(name, value)| (path.key(&name), name, value))
    }

    pub(super) fn string(&mut self, key: &str, problems: &mut Problems) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                problems.add(self.key(key), expected("a string", &other));
                None
            }
        }
    }

    pub(super) fn required_string(&mut self, key: &str, problems: &mut Problems) -> Option<String> {
        if !self.table.contains_key(key) {
            problems.add(self.key(key), "is missing");
        }
        self.string(key, problems)
    }

    pub(super) fn boolean(&mut self, key: &str, problems: &mut Problems) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(value) => Some(value),
            other => {
                problems.add(self.key(key), expected("true or false", &other));
                None
            }
        }
    }

    pub(super) fn section(&mut self, key: &str, problems: &mut Problems) -> Option<Section> {
        let path = self.key(key);
        match self.take(key)? {
            Value::Table(table) => Some(Section::new(path, table)),
            other => {
                problems.add(path, expected("a table", &other));
                None
            }
        }
    }

    /// The items of a list with their full paths.
    pub(super) fn list(&mut self, key: &str, problems: &mut Problems) -> Vec<(String, Value)> {
        let path = self.key(key);
        match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
            }
            Some(other) => {
                problems.add(path, expected("a list", &other));
                Vec::new()
            }
        }
    }

    pub(super) fn strings(&mut self, key: &str, problems: &mut Problems) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (path, item) in self.list(key, problems) {
            match item {
                Value::String(text) => texts.push((path, text)),
                other => problems.add(path, expected("a string", &other)),
            }
        }
        texts
    }

    /// A table of strings, such as `variables` or `environment`.
    pub(super) fn string_table(&mut self, key: &str, problems: &mut Problems) -> Vec<(String, String, String)> {
        let Some(section) = self.section(key, problems) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (path, name, value) in section.into_entries() {
            match value {
                Value::String(text) => texts.push((path, name, text)),
                other => problems.add(path, expected("a string", &other)),
            }
        }
        texts
    }

    /// Reports what was not taken. `hints` says what to do about keys Spin knows and this host does not run.
    pub(super) fn finish(self, hints: &[(&str, &str)], problems: &mut Problems) {
        for (key, value) in &self.table {
            let hint = hints.iter().find(|(known, _)| known == key);
            let message = match (hint, value) {
                (Some((_, hint)), _) => format!("is not supported by `tollbooth up`: {hint}"),
                (None, _) => {
                    "is not a key of a Spin manifest that this host knows; remove it or check its spelling".to_owned()
                }
            };
            problems.add(self.key(key), message);
        }
    }
}

/// "must be X, but is Y" for a value of the wrong type.
pub(super) fn expected(what: &str, found: &Value) -> String {
    format!("must be {what}, but is a TOML {}", found.type_str())
}
