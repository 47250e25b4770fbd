//! Photos on disk: which files a command line means.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::image_kind::{ImageKind, kind_of};
use crate::ClientError;

/// A photo to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFile {
    /// Where it lies.
    pub path: PathBuf,
}

impl PhotoFile {
    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The files that a command line means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// To be sent.
    pub photos: Vec<PhotoFile>,
    /// Images that cannot be sent, and why: nobody may think that they were.
    pub left_out: Vec<(PathBuf, &'static str)>,
}

/// The photos of directories (with those inside them, hidden ones left out, in the order of their names) and single
/// files, each once. In a directory content decides before the name; a file that is named itself is always sent.
///
/// # Errors
/// [`ClientError::File`] for what does not exist or cannot be read, [`ClientError::Usage`] when there is no image at all.
pub fn find_photos(paths: &[PathBuf]) -> Result<Found, ClientError> {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(ClientError::file("read", path))?;
        if metadata.is_dir() {
            add_directory(path, &mut seen, &mut found)?;
        } else if seen.insert(path.clone()) {
            found.photos.push(PhotoFile { path: path.clone() });
        }
    }
    if found == Found::default() {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(ClientError::Usage(format!("no JPEG, PNG or WebP file in {}", names.join(", "))));
    }
    Ok(found)
}

fn add_directory(directory: &Path, seen: &mut HashSet<PathBuf>, found: &mut Found) -> Result<(), ClientError> {
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    for entry in WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(directory).to_owned();
            ClientError::File { action: "read", path, source: e.into() }
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.into_path();
        match kind_of(&path).map_err(ClientError::file("read", &path))? {
            ImageKind::Photo if seen.insert(path.clone()) => found.photos.push(PhotoFile { path }),
            ImageKind::Other(reason) if seen.insert(path.clone()) => found.left_out.push((path, reason)),
            ImageKind::Photo | ImageKind::Other(_) | ImageKind::None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gives_its_photos_in_order_and_a_named_file_is_always_taken() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.JPG", "a.jpeg", "truth.csv", ".hidden.jpg", "lane2/c.webp", "odd.bin"] {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let paths = [directory.path().to_owned(), directory.path().join("odd.bin"), directory.path().join("b.JPG")];
        let names: Vec<_> = find_photos(&paths).unwrap().photos.iter().map(PhotoFile::name).collect();
        assert_eq!(names, ["a.jpeg", "b.JPG", "c.webp", "odd.bin"]);
    }

    #[test]
    fn images_that_cannot_be_sent_are_named_and_every_kind_of_jpeg_is_sent() {
        let directory = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("a.jfif", [0xff, 0xd8, 0xff, 0xe0].as_slice()),
            ("b.jpe", &[0xff, 0xd8, 0xff, 0xe1]),
            ("c.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
            ("d.avif", b"\0\0\0\x1cftypavif\0\0\0\0"),
            ("notes.txt", b"lane 2 was closed"),
        ] {
            std::fs::write(directory.path().join(name), bytes).unwrap();
        }
        let found = find_photos(&[directory.path().to_owned()]).unwrap();
        let names: Vec<_> = found.photos.iter().map(PhotoFile::name).collect();
        assert_eq!(names, ["a.jfif", "b.jpe"]);
        let left_out: Vec<_> = found.left_out.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
        assert_eq!(left_out, ["c.heic", "d.avif"]);
        assert!(found.left_out[0].1.contains("HEIC") && found.left_out[1].1.contains("AVIF"));
    }

    #[test]
    fn a_path_that_does_not_exist_is_named() {
        let error = find_photos(&["/no/such/place".into()]).unwrap_err().to_string();
        assert!(error.contains("/no/such/place"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(find_photos(&[empty.path().to_owned()]).unwrap_err().exit_code(), 2);
    }
}
