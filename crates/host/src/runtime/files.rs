//! `files` of a component: a private copy per start, which the guest sees read-only at `/`.
//!
//! Copies, not the originals: several mounts can then share directories, and no symbolic link can lead a guest
//! out of what was granted. Spin does the same.

use std::{
    fs,
    path::{Component as Part, Path, PathBuf},
};

use crate::{HostError, manifest::FileMount};

/// Copies what is granted below `target`, which is emptied first. Returns whether there is anything.
///
/// # Errors
/// [`HostError::Usage`] for a grant that matches nothing or leaves the application, [`HostError::File`] otherwise.
pub(crate) fn mount(root: &Path, files: &[FileMount], target: &Path) -> Result<bool, HostError> {
    if target.exists() {
        fs::remove_dir_all(target).map_err(HostError::file("empty", target))?;
    }
    if files.is_empty() {
        return Ok(false);
    }
    fs::create_dir_all(target).map_err(HostError::file("create", target))?;
    for file in files {
        match file {
            FileMount::Pattern(pattern) => copy_pattern(root, pattern, target)?,
            FileMount::Placed { source, destination } => copy_placed(root, source, destination, target)?,
        }
    }
    Ok(true)
}

fn copy_pattern(root: &Path, pattern: &str, target: &Path) -> Result<(), HostError> {
    let literal = root.join(pattern);
    if literal.is_dir() {
        return copy_tree(&literal, &target.join(below(Path::new(pattern))?));
    }
    let full = format!("{}/{pattern}", glob::Pattern::escape(&root.to_string_lossy()));
    let matches = glob::glob(&full)
        .map_err(|error| HostError::Usage(format!("the file pattern `{pattern}` is wrong: {error}")))?;
    let mut any = false;
    for found in matches {
        let found = found.map_err(|error| HostError::File {
            action: "read",
            path: error.path().to_owned(),
            source: error.into(),
        })?;
        any = true;
        let relative = found.strip_prefix(root).unwrap_or(&found).to_owned();
        if found.is_file() {
            copy_file(&found, &target.join(below(&relative)?))?;
        }
    }
    if any || glob::Pattern::escape(pattern) != pattern {
        Ok(())
    } else {
        Err(HostError::Usage(format!("`files` names `{pattern}`, but {} does not exist", literal.display())))
    }
}

fn copy_placed(root: &Path, source: &Path, destination: &Path, target: &Path) -> Result<(), HostError> {
    let from = root.join(source);
    let relative = destination.strip_prefix("/").unwrap_or(destination);
    let to = target.join(below(relative)?);
    if from.is_file() { copy_file(&from, &to) } else { copy_tree(&from, &to) }
}

/// A path that stays below the directory it is joined to.
fn below(path: &Path) -> Result<PathBuf, HostError> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Part::Normal(name) => clean.push(name),
            Part::CurDir => {}
            Part::ParentDir | Part::RootDir | Part::Prefix(_) => {
                return Err(HostError::Usage(format!(
                    "`files` names {}, which is outside of the application; use {{ source = …, destination = … }}",
                    path.display()
                )));
            }
        }
    }
    Ok(clean)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), HostError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(HostError::file("create", parent))?;
    }
    fs::copy(from, to).map(drop).map_err(HostError::file("copy", from))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), HostError> {
    fs::create_dir_all(to).map_err(HostError::file("create", to))?;
    let entries = fs::read_dir(from).map_err(HostError::file("read the directory", from))?;
    for entry in entries {
        let entry = entry.map_err(HostError::file("read the directory", from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_tree(&path, &copy)?;
        } else {
            copy_file(&path, &copy)?;
        }
    }
    Ok(())
}
