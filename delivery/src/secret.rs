//! Passwords and keys: from a file or the environment, never from the command line or the configuration.

use std::fmt;
use std::path::PathBuf;

use crate::Trouble;

/// Where a secret is. Read anew at each connection, so that a renewed one counts without a restart.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// A file that holds nothing else.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

impl Secret {
    /// The secret; spaces and line breaks around it are dropped.
    ///
    /// # Errors
    /// [`Trouble::Secret`], which names where it was looked for and nothing of what is there.
    pub fn read(&self) -> Result<String, Trouble> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|e| Trouble::Secret(format!("the secret in {} cannot be read: {e}", path.display())))?,
            Self::Environment(name) => std::env::var(name)
                .map_err(|_| Trouble::Secret(format!("the secret in the variable {name} is missing: set it")))?,
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(Trouble::Secret(format!("{self:?} is empty")));
        }
        Ok(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the secret in {}", path.display()),
            Self::Environment(name) => write!(f, "the secret in the variable {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_loses_the_line_break_of_its_file_and_a_missing_one_says_where_it_was_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "hunter2\n").unwrap();
        assert_eq!(Secret::File(path.clone()).read().unwrap(), "hunter2");
        std::fs::write(&path, "\n").unwrap();
        assert!(Secret::File(path).read().unwrap_err().to_string().contains("is empty"));
        let missing = Secret::Environment("TOLLBOOTH_TEST_NO_SUCH_VARIABLE".into()).read().unwrap_err();
        assert!(missing.to_string().contains("TOLLBOOTH_TEST_NO_SUCH_VARIABLE"), "{missing}");
    }
}
