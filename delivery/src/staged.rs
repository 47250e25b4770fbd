//! Files that appear whole on a server that only knows files: written under a name of their own, read back, renamed.

use std::io::Write;

use tollbooth_client::delivery::MANIFESTS;

use crate::Trouble;
use crate::place::{Area, Content, Place, Put, Text};

/// What a file server does. Paths are relative to the configured folder.
pub trait Files: Send {
    /// Makes a folder; one that is there is as good.
    fn make_folder(&mut self, path: &str) -> Result<(), Trouble>;
    /// Names in a folder, `.` for the configured one.
    fn list(&mut self, path: &str) -> Result<Vec<String>, Trouble>;
    /// Copies a file; false when there is none.
    fn fetch(&mut self, path: &str, to: &mut dyn Write) -> Result<bool, Trouble>;
    /// Writes a file from its beginning.
    fn write(&mut self, path: &str, content: &Content<'_>) -> Result<(), Trouble>;
    /// Renames where the name is free; false when it is taken.
    fn rename(&mut self, from: &str, to: &str) -> Result<bool, Trouble>;
    /// Removes a file; one that is not there is as good.
    fn remove(&mut self, path: &str) -> Result<(), Trouble>;
}

/// A [`Place`] made of a file server.
pub struct Staged<F> {
    files: F,
}

impl<F: Files> Staged<F> {
    pub fn new(mut files: F) -> Result<Self, Trouble> {
        files.make_folder(MANIFESTS)?;
        Ok(Self { files })
    }

    /// Whether the server takes a plain name and no colon: its errors do not say so.
    fn refuses_colons(&mut self, partial: &str) -> bool {
        let (plain, colon) =
            (path(Area::Manifests, &format!("{partial}-a")), path(Area::Manifests, &format!("{partial}:a")));
        let text = Text::new(b"a name is tried");
        let takes_plain = self.files.write(&plain, &text.content()).is_ok();
        let takes_colon = takes_plain && self.files.rename(&plain, &colon).is_ok_and(|free| free);
        for left in [&plain, &colon] {
            // What stays is hidden among the partial files, and harmless.
            let _ = self.files.remove(left);
        }
        takes_plain && !takes_colon
    }
}

impl<F: Files> Place for Staged<F> {
    fn list(&mut self, area: Area) -> Result<Vec<String>, Trouble> {
        if area == Area::Corrections {
            // Made when it is needed.
            self.files.make_folder("corrections")?;
        }
        self.files.list(area.folder().unwrap_or("."))
    }

    fn fetch(&mut self, area: Area, name: &str, to: &mut dyn Write) -> Result<bool, Trouble> {
        self.files.fetch(&path(area, name), to)
    }

    fn put(&mut self, area: Area, name: &str, content: &Content<'_>, partial: &str) -> Result<Put, Trouble> {
        if area == Area::Corrections {
            self.files.make_folder("corrections")?;
        }
        let staged = path(Area::Manifests, partial);
        self.files.write(&staged, content)?;
        // Before the rename: afterwards billing could have read it.
        let mut arrived = crate::digest::Digesting::new(std::io::sink());
        if !self.files.fetch(&staged, &mut arrived)? || !content.is(&arrived.finish()) {
            self.files.remove(&staged)?;
            return Err(Trouble::Damaged(name.to_owned()));
        }
        match self.files.rename(&staged, &path(area, name)) {
            Ok(true) => Ok(Put::Written),
            Ok(false) => {
                self.files.remove(&staged)?;
                Ok(Put::Taken)
            }
            Err(trouble @ (Trouble::Unreachable(_) | Trouble::Full(_))) => Err(trouble),
            Err(trouble) => {
                let refused = name.contains(':') && self.refuses_colons(partial);
                // What is left has a name of its own and is removed at the next connection.
                let _ = self.files.remove(&staged);
                Err(if refused { Trouble::NameRefused(name.to_owned()) } else { trouble })
            }
        }
    }

    fn remove(&mut self, area: Area, name: &str) -> Result<(), Trouble> {
        self.files.remove(&path(area, name))
    }
}

fn path(area: Area, name: &str) -> String {
    area.folder().map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"))
}
