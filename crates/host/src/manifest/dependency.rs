//! `[component.*.dependencies]`: which components satisfy the imports of another.

use std::{fmt, path::PathBuf};

use semver::Version;
use toml::Value;

use super::{Problems, walk::Section};

/// One entry of `dependencies`.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Which imports it satisfies.
    pub name: DependencyName,
    /// Where the implementation is.
    pub source: DependencySource,
    /// The export to use instead of the one with the import's name.
    pub export: Option<String>,
}

/// Where the implementation of a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencySource {
    /// A `.wasm` file, relative to the manifest.
    Path(PathBuf),
    /// The source of another component of the manifest; its grants play no part.
    Component(String),
}

/// `namespace:package[/interface][@version]`, or a plain kebab-case import name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencyName {
    /// All imports of a package, or one interface of it.
    Package {
        /// `namespace:package`.
        package: String,
        /// One interface, or all.
        interface: Option<String>,
        /// The exact version of the import, or any.
        version: Option<Version>,
    },
    /// An import without a package.
    Plain(String),
}

impl DependencyName {
    fn parse(text: &str) -> Result<Self, String> {
        if !text.contains(':') {
            return Ok(Self::Plain(text.to_owned()));
        }
        let (path, version) = match text.split_once('@') {
            Some((path, version)) => {
                let version = Version::parse(version)
                    .map_err(|error| format!("has the version `{version}`, which is not semantic: {error}"))?;
                (path, Some(version))
            }
            None => (text, None),
        };
        let (package, interface) = match path.split_once('/') {
            Some((package, interface)) => (package, Some(interface.to_owned())),
            None => (path, None),
        };
        Ok(Self::Package { package: package.to_owned(), interface, version })
    }

    /// Whether this dependency satisfies an import of this name.
    #[must_use]
    pub fn matches(&self, import: &str) -> bool {
        match self {
            Self::Plain(name) => name == import,
            Self::Package { package, interface, version } => {
                let Some((import_package, rest)) = import.split_once('/') else {
                    return false;
                };
                let (import_interface, import_version) = match rest.split_once('@') {
                    Some((interface, version)) => (interface, Version::parse(version).ok()),
                    None => (rest, None),
                };
                import_package == package
                    && interface.as_ref().is_none_or(|name| name == import_interface)
                    && version.as_ref().is_none_or(|wanted| import_version.as_ref() == Some(wanted))
            }
        }
    }

    /// The name a composition registers it under: without interface and version, as Spin does.
    #[must_use]
    pub fn package_name(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::Package { package, .. } => package,
        }
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::Package { package, interface, version } => {
                f.write_str(package)?;
                if let Some(interface) = interface {
                    write!(f, "/{interface}")?;
                }
                if let Some(version) = version {
                    write!(f, "@{version}")?;
                }
                Ok(())
            }
        }
    }
}

pub(super) fn read(section: &mut Section, problems: &mut Problems) -> Vec<Dependency> {
    let Some(entries) = section.section("dependencies", problems) else {
        return Vec::new();
    };
    let mut dependencies = Vec::new();
    for (path, name, value) in entries.into_entries() {
        let name = match DependencyName::parse(&name) {
            Ok(name) => name,
            Err(reason) => {
                problems.add(path, reason);
                continue;
            }
        };
        let Value::Table(table) = value else {
            problems.add(path, "must be { path = \"…\" } or { component = \"…\" }; registry versions are not supported, download the file first");
            continue;
        };
        let mut entry = Section::new(path.clone(), table);
        let file = entry.string("path", problems);
        let component = entry.string("component", problems);
        let export = entry.string("export", problems);
        entry.finish(&DEPENDENCY_HINTS, problems);
        let source = match (file, component) {
            (Some(file), None) => DependencySource::Path(file.into()),
            (None, Some(id)) => DependencySource::Component(id),
            _ => {
                problems.add(path, "needs either `path` or `component`");
                continue;
            }
        };
        dependencies.push(Dependency { name, source, export });
    }
    dependencies
}

const DOWNLOAD: &str = "download the file and use `path`";
const DEPENDENCY_HINTS: [(&str, &str); 6] = [
    ("version", DOWNLOAD),
    ("registry", DOWNLOAD),
    ("package", DOWNLOAD),
    ("url", DOWNLOAD),
    ("digest", DOWNLOAD),
    ("inherit_configuration", "use `dependencies_inherit_configuration` of the component"),
];
