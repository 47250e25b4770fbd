//! Joining a component with its dependencies into one, as Spin does.
//!
//! One dependency entry satisfies every matching import with one instance of the dependency. Where nothing is
//! inherited, a dependency may not import a capability at all: Spin would give it a denying stand-in, this host
//! refuses, because a dependency that needs a grant it does not get is a mistake in the manifest.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use wac_graph::{
    CompositionGraph, EncodeOptions, NodeId,
    types::{ItemKind, Package, SubtypeChecker, WorldId},
};

use crate::{
    HostError,
    manifest::{Component, Dependency},
};

/// Interfaces that need a grant in the manifest.
const CAPABILITIES: &[&str] = &[
    "fermyon:spin/",
    "spin:",
    "wasi:http/outgoing-handler",
    "wasi:http/client",
    "wasi:keyvalue/",
    "wasi:config/",
    "wasi:sockets/",
];

/// The bytes of a component file with their hash.
pub(crate) struct Source {
    wasm: Vec<u8>,
    hash: [u8; 32],
}

impl Source {
    pub(crate) fn new(wasm: Vec<u8>) -> Self {
        let hash = Sha256::digest(&wasm).into();
        Self { wasm, hash }
    }
}

/// A component with the binaries of everything it is made of.
pub(crate) struct Parts<'a> {
    pub(crate) id: &'a str,
    pub(crate) component: &'a Component,
    pub(crate) source: Arc<Source>,
    /// In the order of `component.dependencies`.
    pub(crate) dependencies: Vec<Arc<Source>>,
    /// Imports that the host satisfies: they stay open, whatever dependency matches them.
    pub(crate) computed: &'a BTreeSet<String>,
}

impl Parts<'_> {
    /// A hash over everything the composition depends on.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"composition 2\0");
        hash.update(self.source.hash);
        hash.update([u8::from(self.component.dependencies_inherit_configuration)]);
        for (dependency, source) in self.component.dependencies.iter().zip(&self.dependencies) {
            hash.update(format!("{}\0{:?}\0", dependency.name, dependency.export));
            hash.update(source.hash);
        }
        for import in self.computed {
            hash.update(format!("{import}\0"));
        }
        hash.finalize().into()
    }

    /// The composed component.
    ///
    /// # Errors
    /// [`HostError::Compose`] naming the import or dependency that does not fit.
    pub(crate) fn compose(self) -> Result<Vec<u8>, HostError> {
        let id = self.id;
        if self.component.dependencies.is_empty() {
            return Ok(self.source.wasm.clone());
        }
        Composer::default().compose(self).map_err(|reason| HostError::Compose { component: id.to_owned(), reason })
    }
}

#[derive(Default)]
struct Composer {
    graph: CompositionGraph,
}

/// A dependency placed in the graph.
struct Placed<'a> {
    dependency: &'a Dependency,
    world: WorldId,
    instance: NodeId,
}

impl Composer {
    fn compose(mut self, parts: Parts<'_>) -> Result<Vec<u8>, String> {
        let Parts { id, component, source, dependencies, computed } = parts;
        let (world, root) = self.place(id, &source)?;
        let imports: BTreeMap<String, ItemKind> =
            self.graph.types()[world].imports.iter().map(|(name, kind)| (name.clone(), *kind)).collect();
        let mut taken: BTreeMap<&str, &Dependency> = BTreeMap::new();
        for (dependency, source) in component.dependencies.iter().zip(&dependencies) {
            let mut wanted = matching(dependency, imports.keys(), &mut taken)?;
            wanted.retain(|import| !computed.contains(*import));
            if wanted.is_empty() {
                continue;
            }
            let (world, instance) = self.place(dependency.name.package_name(), source)?;
            let placed = Placed { dependency, world, instance };
            self.check_capabilities(component, &placed)?;
            for import in wanted {
                let kind = imports.get(import).copied();
                let argument = self.export_of(&placed, import, kind)?;
                self.graph.set_instantiation_argument(root, import, argument).map_err(|error| error.to_string())?;
            }
        }
        self.export_all(world, root)?;
        self.graph
            .encode(EncodeOptions::default())
            .map_err(|error| format!("the composition cannot be written: {error}"))
    }

    fn place(&mut self, name: &str, source: &Source) -> Result<(WorldId, NodeId), String> {
        let package = Package::from_bytes(name, None, source.wasm.clone(), self.graph.types_mut())
            .map_err(|error| format!("`{name}` is not a component: {error:#}"))?;
        let world = package.ty();
        let package = self.graph.register_package(package).map_err(|_| {
            format!("two dependencies come from the package `{name}`; name the package once, without an interface")
        })?;
        Ok((world, self.graph.instantiate(package)))
    }

    fn check_capabilities(&self, parent: &Component, placed: &Placed<'_>) -> Result<(), String> {
        if parent.dependencies_inherit_configuration {
            return Ok(());
        }
        let needs = |import: &&String| {
            CAPABILITIES.iter().any(|prefix| import.starts_with(prefix))
                || (!parent.environment.is_empty() && import.starts_with("wasi:cli/environment"))
                || (!parent.files.is_empty() && import.starts_with("wasi:filesystem/"))
        };
        match self.graph.types()[placed.world].imports.keys().find(needs) {
            None => Ok(()),
            Some(import) => Err(format!(
                "the dependency `{}` imports `{import}`, which needs a grant; set `dependencies_inherit_configuration = true` so that it shares those of the component",
                placed.dependency.name
            )),
        }
    }

    fn export_of(
        &mut self,
        placed: &Placed<'_>,
        import: &str,
        import_kind: Option<ItemKind>,
    ) -> Result<NodeId, String> {
        let name = placed.dependency.export.as_deref().unwrap_or(import);
        let types = self.graph.types();
        let Some(export_kind) = types[placed.world].exports.get(name).copied() else {
            return Err(format!(
                "the dependency `{}` does not export `{name}`, which the import `{import}` needs",
                placed.dependency.name
            ));
        };
        if let Some(import_kind) = import_kind {
            let mut cache = Default::default();
            SubtypeChecker::new(&mut cache)
                .is_subtype(export_kind, types, import_kind, types)
                .map_err(|error| {
                    format!(
                        "the dependency `{}` exports `{name}` with other types than the import `{import}` has; build both against the same WIT: {error:#}",
                        placed.dependency.name
                    )
                })?;
        }
        self.graph.alias_instance_export(placed.instance, name).map_err(|error| error.to_string())
    }

    fn export_all(&mut self, world: WorldId, root: NodeId) -> Result<(), String> {
        let names: Vec<String> = self.graph.types()[world].exports.keys().cloned().collect();
        for name in names {
            let export = self.graph.alias_instance_export(root, &name).map_err(|error| error.to_string())?;
            self.graph.export(export, &name).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// The imports a dependency satisfies; each import is satisfied once.
fn matching<'i, 'd>(
    dependency: &'d Dependency,
    imports: impl Iterator<Item = &'i String>,
    taken: &mut BTreeMap<&'i str, &'d Dependency>,
) -> Result<Vec<&'i str>, String> {
    let wanted: Vec<&str> = imports.map(String::as_str).filter(|import| dependency.name.matches(import)).collect();
    if wanted.is_empty() {
        return Err(format!("the dependency `{}` matches none of its imports", dependency.name));
    }
    for import in &wanted {
        if let Some(other) = taken.insert(import, dependency) {
            return Err(format!(
                "the import `{import}` is satisfied by both `{}` and `{}`",
                other.name, dependency.name
            ));
        }
    }
    Ok(wanted)
}
