//! The application as `spin.toml` (manifest version 2) describes it, checked.
//!
//! A [`Manifest`] exists only if this host can run all of it: unknown and unsupported keys are errors, because
//! a grant or a limit that is silently ignored is worse than a refusal. Nothing here touches the file system
//! except [`Manifest::read`].

mod application;
mod component;
mod dependency;
mod trigger;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub(crate) use application::COMPUTED;
pub use component::{Component, FileMount, Pool};
pub use dependency::{Dependency, DependencyName, DependencySource};
pub use trigger::{CronTrigger, HttpTrigger, Route};
pub use walk::{Problem, Problems};

use crate::HostError;

/// A checked manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The manifest file, for messages.
    pub path: PathBuf,
    /// The directory that relative paths in the manifest start from.
    pub root: PathBuf,
    /// `application.name`.
    pub name: String,
    /// `[variables]`: what the application can be told.
    pub variables: BTreeMap<String, VariableDeclaration>,
    /// `[application.tool.tollbooth.variables]`: values that hold under this host unless the user sets others.
    pub host_variables: BTreeMap<String, String>,
    /// `application.tool.tollbooth.computes`: imports that this host satisfies itself, whatever dependency would.
    pub computed: BTreeSet<String>,
    /// `[component.*]` by id.
    pub components: BTreeMap<String, Component>,
    /// `[[trigger.http]]` in manifest order.
    pub http_triggers: Vec<HttpTrigger>,
    /// `[[trigger.cron]]` in manifest order.
    pub cron_triggers: Vec<CronTrigger>,
}

/// One entry of `[variables]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariableDeclaration {
    /// The value when nobody sets one; none makes the variable required.
    pub default: Option<String>,
    /// Whether the value must stay out of logs.
    pub secret: bool,
}

impl Manifest {
    /// Reads and checks a manifest file.
    ///
    /// # Errors
    /// [`HostError::Usage`] when it cannot be read, [`HostError::Manifest`] with every problem found.
    pub fn read(path: &Path) -> Result<Self, HostError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| HostError::Usage(format!("could not read the manifest {}: {error}", path.display())))?;
        Self::parse(path, &text)
    }

    /// Checks the text of a manifest that lies (or would lie) at `path`.
    ///
    /// # Errors
    /// [`HostError::Manifest`] with every problem found.
    pub fn parse(path: &Path, text: &str) -> Result<Self, HostError> {
        let mut problems = Problems::default();
        let manifest = application::read(path, text, &mut problems);
        match manifest {
            Some(manifest) if problems.is_empty() => Ok(manifest),
            _ => Err(HostError::Manifest { path: path.to_owned(), problems }),
        }
    }
}

#[cfg(test)]
mod tests;
