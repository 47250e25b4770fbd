//! Photos on disk: which files a command line means.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::ClientError;

/// Endings of photos in a directory. A file that is named itself may have any.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

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

/// The photos of directories (with those inside them, hidden ones left out, in the order of their names) and single
/// files, each once.
///
/// # Errors
/// [`ClientError::File`] for what does not exist or cannot be read, [`ClientError::Usage`] when nothing is found.
pub fn find_photos(paths: &[PathBuf]) -> Result<Vec<PhotoFile>, ClientError> {
    let mut found: Vec<PhotoFile> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(ClientError::file("read", path))?;
        let files = if metadata.is_dir() { photos_in(path)? } else { vec![path.clone()] };
        found.extend(files.into_iter().filter(|path| seen.insert(path.clone())).map(|path| PhotoFile { path }));
    }
    if found.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(ClientError::Usage(format!("no {} file in {}", ENDINGS.join(", "), names.join(", "))));
    }
    Ok(found)
}

fn photos_in(directory: &Path) -> Result<Vec<PathBuf>, ClientError> {
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let mut photos = Vec::new();
    for entry in WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(directory).to_owned();
            ClientError::File { action: "read", path, source: e.into() }
        })?;
        let ending = entry.path().extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        if entry.file_type().is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            photos.push(entry.into_path());
        }
    }
    Ok(photos)
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
        let names: Vec<_> = find_photos(&paths).unwrap().iter().map(PhotoFile::name).collect();
        assert_eq!(names, ["a.jpeg", "b.JPG", "c.webp", "odd.bin"]);
    }

    #[test]
    fn a_path_that_does_not_exist_is_named() {
        let error = find_photos(&["/no/such/place".into()]).unwrap_err().to_string();
        assert!(error.contains("/no/such/place"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(find_photos(&[empty.path().to_owned()]).unwrap_err().exit_code(), 2);
    }
}
