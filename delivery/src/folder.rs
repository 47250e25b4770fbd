//! A folder of this machine, or one that is mounted.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tollbooth_client::delivery::{MANIFESTS, remove_abandoned, sync_directory, takes_colons, write_new};

use crate::Trouble;
use crate::place::{Area, Content, Place, Put};

pub struct LocalFolder {
    path: PathBuf,
    manifests: PathBuf,
}

impl LocalFolder {
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        if !path.is_dir() {
            return Err(Trouble::FolderMissing(path.display().to_string()));
        }
        let manifests = path.join(MANIFESTS);
        make(&manifests)?;
        remove_abandoned(&manifests).map_err(trouble("read", &manifests))?;
        Ok(Self { path: path.to_owned(), manifests })
    }

    fn area(&self, area: Area) -> PathBuf {
        area.folder().map_or_else(|| self.path.clone(), |folder| self.path.join(folder))
    }
}

impl Place for LocalFolder {
    fn list(&mut self, area: Area) -> Result<Vec<String>, Trouble> {
        let path = self.area(area);
        if area == Area::Corrections {
            make(&path)?;
        }
        let failed = trouble("read", &path);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(&failed)? {
            names.push(entry.map_err(&failed)?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn fetch(&mut self, area: Area, name: &str, to: &mut dyn Write) -> Result<bool, Trouble> {
        let path = self.area(area).join(name);
        match File::open(&path) {
            Ok(mut file) => io::copy(&mut file, to).map(|_| true).map_err(trouble("read", &path)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            // The name itself is refused: nothing can lie under it.
            Err(e) if e.kind() == ErrorKind::InvalidInput || e.kind() == ErrorKind::InvalidFilename => Ok(false),
            Err(e) => Err(trouble("read", &path)(e)),
        }
    }

    fn put(&mut self, area: Area, name: &str, content: &Content<'_>, _partial: &str) -> Result<Put, Trouble> {
        if area == Area::Corrections {
            make(&self.area(area))?;
        }
        let path = self.area(area).join(name);
        let source = content.open().map_err(trouble("read", &path))?;
        match write_new(&path, &self.manifests, source) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(Put::Taken),
            Err(_) if name.contains(':') && takes_colons(&self.manifests).is_ok_and(|takes| !takes) => {
                return Err(Trouble::NameRefused(name.to_owned()));
            }
            Err(e) => return Err(trouble("write", &path)(e)),
        }
        // A mounted share may have taken it in and kept something else.
        if self.digest(area, name)?.is_some_and(|found| content.is(&found)) {
            return Ok(Put::Written);
        }
        self.remove(area, name)?;
        Err(Trouble::Damaged(name.to_owned()))
    }

    fn remove(&mut self, area: Area, name: &str) -> Result<(), Trouble> {
        let path = self.area(area).join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(trouble("remove", &path)(e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Makes a folder in the configured one, unless it is there.
fn make(path: &Path) -> Result<(), Trouble> {
    match fs::create_dir(path) {
        Ok(()) => {
            let parent = path.parent().unwrap_or(path);
            sync_directory(parent).map_err(trouble("write", parent))
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(trouble("create", path)(e)),
    }
}

/// For `map_err`: what the operating system says, by what has to be done about it.
fn trouble(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Trouble {
    let path = path.display().to_string();
    move |error| {
        let what = format!("could not {action} {path}: {error}");
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Trouble::Full(what),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Trouble::Denied(what),
            _ => Trouble::Unreachable(what),
        }
    }
}
