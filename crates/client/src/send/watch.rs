//! A folder that others write into, an FTP server or a share: which of its photos are whole and were not sent yet.
//!
//! Nobody tells when an upload is complete. A file whose size and time rest from one look to the next is taken for whole; what
//! grows after that is another file, and is sent again under another key.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::{Found, PhotoFile, Summary, find_photos};
use crate::ClientError;

/// What tells a file from what it was before.
type Stamp = (u64, Option<SystemTime>);

/// The folder between two looks.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<PathBuf, Stamp>,
    done: HashMap<PathBuf, Stamp>,
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Ripe {
    /// Whole and not sent yet.
    pub photos: Vec<PhotoFile>,
    /// Images that cannot be sent, named once.
    pub left_out: Vec<(PathBuf, &'static str)>,
}

impl Watch {
    /// Looks at the folders again.
    ///
    /// # Errors
    /// [`ClientError::File`] for a folder that is gone or cannot be read.
    pub fn look(&mut self, paths: &[PathBuf]) -> Result<Ripe, ClientError> {
        let found = match find_photos(paths) {
            // An empty folder is one into which nothing was written yet.
            Err(ClientError::Usage(_)) => Found::default(),
            // What was listed and is gone: somebody empties the folder meanwhile. The next look finds what is left.
            Err(ClientError::File { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound && paths.iter().all(|path| path.exists()) =>
            {
                return Ok(Ripe::default());
            }
            other => other?,
        };
        let mut ripe = Ripe::default();
        let mut seen = HashMap::new();
        for (path, why) in found.left_out {
            let Some(stamp) = stamp(&path) else { continue };
            if self.done.insert(path.clone(), stamp) != Some(stamp) {
                ripe.left_out.push((path, why));
            }
        }
        for photo in found.photos {
            let Some(stamp) = stamp(&photo.path) else { continue };
            let rests = self.seen.get(&photo.path) == Some(&stamp);
            if rests && self.done.get(&photo.path) != Some(&stamp) {
                ripe.photos.push(photo.clone());
            }
            seen.insert(photo.path, stamp);
        }
        // What is gone from the folder is forgotten: the memory of a run is that of its folder.
        self.done.retain(|path, _| seen.contains_key(path) || path.exists());
        self.seen = seen;
        Ok(ripe)
    }

    /// What came of these photos. What was given up is sent again, and what could not be read; nothing else with it. Of a run
    /// that ended early nobody knows which were tried: all are sent again, which doubles nothing.
    pub fn tried(&mut self, photos: &[PathBuf], summary: &Summary) {
        if summary.stopped.is_some() {
            return;
        }
        let named = |list: &[(String, String)], name: &str| list.iter().any(|(named, _)| named == name);
        let again = |path: &PathBuf| {
            let name = path.display().to_string();
            // Nobody refused a file that cannot be opened.
            named(&summary.failed, &name) || (named(&summary.refused, &name) && fs::File::open(path).is_err())
        };
        let done: Vec<PathBuf> = photos.iter().filter(|path| !again(path)).cloned().collect();
        self.done(&done);
    }

    /// These need not be sent again: acknowledged, or refused for good.
    fn done(&mut self, photos: &[PathBuf]) {
        for path in photos {
            if let Some(stamp) = self.seen.get(path) {
                self.done.insert(path.clone(), *stamp);
            }
        }
    }
}

fn stamp(path: &PathBuf) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0];

    fn names(ripe: &Ripe) -> Vec<String> {
        ripe.photos.iter().map(PhotoFile::name).collect()
    }

    #[test]
    fn a_file_is_sent_once_its_size_rests_and_once_only() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        let mut watch = Watch::default();
        assert!(names(&watch.look(&paths).unwrap()).is_empty(), "nothing is there yet");
        let file = folder.path().join("a.jpg");
        fs::write(&file, JPEG).unwrap();
        assert!(names(&watch.look(&paths).unwrap()).is_empty(), "it may be growing");
        fs::write(&file, [JPEG, JPEG].concat()).unwrap();
        assert!(names(&watch.look(&paths).unwrap()).is_empty(), "it grew");
        assert_eq!(names(&watch.look(&paths).unwrap()), ["a.jpg"]);
        assert_eq!(names(&watch.look(&paths).unwrap()), ["a.jpg"], "until it is acknowledged");
        watch.done(std::slice::from_ref(&file));
        assert!(names(&watch.look(&paths).unwrap()).is_empty());
        fs::write(&file, [JPEG, JPEG, JPEG].concat()).unwrap();
        assert!(names(&watch.look(&paths).unwrap()).is_empty());
        assert_eq!(names(&watch.look(&paths).unwrap()), ["a.jpg"], "another file of the same name");
    }

    #[test]
    fn what_was_given_up_is_sent_again_and_nothing_else_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        for name in ["a.jpg", "b.jpg", "c.jpg"] {
            fs::write(folder.path().join(name), JPEG).unwrap();
        }
        let mut watch = Watch::default();
        watch.look(&paths).unwrap();
        let ripe = watch.look(&paths).unwrap();
        let all: Vec<PathBuf> = ripe.photos.iter().map(|photo| photo.path.clone()).collect();
        let reason = |name: &str| (folder.path().join(name).display().to_string(), "why".to_owned());
        let stopped = Summary { stopped: Some("gone".to_owned()), ..Summary::default() };
        watch.tried(&all, &stopped);
        assert_eq!(names(&watch.look(&paths).unwrap()), ["a.jpg", "b.jpg", "c.jpg"], "nobody knows which were tried");
        let summary =
            Summary { new: 1, failed: vec![reason("b.jpg")], refused: vec![reason("c.jpg")], ..Summary::default() };
        watch.tried(&all, &summary);
        assert_eq!(names(&watch.look(&paths).unwrap()), ["b.jpg"]);
    }

    #[test]
    fn what_cannot_be_sent_is_named_once_and_a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        let mut watch = Watch::default();
        fs::write(folder.path().join("a.heic"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
        assert_eq!(watch.look(&paths).unwrap().left_out.len(), 1);
        assert_eq!(watch.look(&paths).unwrap().left_out.len(), 0);
        folder.close().unwrap();
        assert!(watch.look(&paths).is_err());
    }
}
