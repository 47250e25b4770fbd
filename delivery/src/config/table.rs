//! A table of the configuration that is emptied key by key, so that what is left over is what nobody asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::{Spanned, Value};

use crate::Secret;

/// Something that is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: usize,
    /// What, and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file.
    #[error("could not read {}: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What is in it.
    #[error("{}", problems.iter().map(|problem| format!("{}: {problem}", path.display())).collect::<Vec<_>>().join("\n"))]
    Wrong {
        /// Which one.
        path: PathBuf,
        /// In the order of the file.
        problems: Vec<Problem>,
    },
}

pub type Entries = BTreeMap<String, Spanned<Value>>;

/// One table.
pub struct Table<'a> {
    text: &'a str,
    folder: &'a Path,
    entries: Entries,
    /// Line of its heading.
    pub line: usize,
    asked: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

/// Where a byte lies.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}

impl<'a> Table<'a> {
    pub fn new(
        text: &'a str,
        folder: &'a Path,
        entries: Entries,
        span: &Range<usize>,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self { text, folder, entries, line: line_of(text, span.start), asked: Vec::new(), problems }
    }

    pub fn problem(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(Problem { line, what: what.into() });
    }

    /// A value and its line.
    pub fn take(&mut self, key: &'static str) -> Option<(Value, usize)> {
        self.asked.push(key);
        let found = self.entries.remove(key)?;
        let line = line_of(self.text, found.span().start);
        Some((found.into_inner(), line))
    }

    pub fn text(&mut self, key: &'static str) -> Option<(String, usize)> {
        match self.take(key)? {
            (Value::String(text), line) if !text.trim().is_empty() => Some((text.trim().to_owned(), line)),
            (_, line) => {
                self.problem(line, format!("`{key}` must be a text in quotes that is not empty"));
                None
            }
        }
    }

    /// A text that must be there; `how` says where to get it.
    pub fn required(&mut self, key: &'static str, how: &str) -> String {
        let before = self.problems.len();
        match self.text(key) {
            Some((text, _)) => text,
            None => {
                if self.problems.len() == before {
                    self.problem(self.line, format!("`{key}` is missing: {how}"));
                }
                String::new()
            }
        }
    }

    /// A text or several.
    pub fn texts(&mut self, key: &'static str) -> Vec<(String, usize)> {
        match self.take(key) {
            None => Vec::new(),
            Some((Value::String(text), line)) => vec![(text, line)],
            Some((Value::Array(values), line)) => {
                let texts: Vec<_> =
                    values.iter().filter_map(Value::as_str).map(|text| (text.to_owned(), line)).collect();
                if texts.len() != values.len() {
                    self.problem(line, format!("`{key}` must be a text, or a list of texts"));
                }
                texts
            }
            Some((_, line)) => {
                self.problem(line, format!("`{key}` must be a text, or a list of texts"));
                Vec::new()
            }
        }
    }

    pub fn number(&mut self, key: &'static str, range: RangeInclusive<i64>, default: i64) -> i64 {
        match self.take(key) {
            None => default,
            Some((Value::Integer(number), _)) if range.contains(&number) => number,
            Some((_, line)) => {
                self.problem(line, format!("`{key}` must be a number from {} to {}", range.start(), range.end()));
                default
            }
        }
    }

    /// A path, relative to the folder of the file.
    pub fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(|(path, _)| self.folder.join(path))
    }

    /// `NAME_file` or `NAME_env`.
    pub fn secret(&mut self, in_file: &'static str, in_environment: &'static str) -> Option<Secret> {
        let file = self.path(in_file);
        match (file, self.text(in_environment)) {
            (Some(_), Some((_, line))) => {
                self.problem(line, format!("`{in_file}` and `{in_environment}` exclude each other: keep one"));
                None
            }
            (Some(file), None) => Some(Secret::File(file)),
            (None, Some((name, _))) => Some(Secret::Environment(name)),
            (None, None) => None,
        }
    }

    /// Says what nobody asked for.
    pub fn finish(self, of: &str) {
        const SECRETS: [&str; 7] =
            ["password", "passphrase", "key", "token", "secret_key", "account_key", "access_key"];
        for (key, value) in &self.entries {
            let what = if SECRETS.contains(&key.as_str()) {
                format!(
                    "`{key}`: secrets do not belong into this file; put it into a file and give `{key}_file`, or `{key}_env`"
                )
            } else {
                format!("`{key}` is no setting of {of}; these are: {}", self.asked.join(", "))
            };
            self.problems.push(Problem { line: line_of(self.text, value.span().start), what });
        }
    }
}
