//! Brings what was published back from a destination, for a ledger that does not know it any more.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tollbooth_client::delivery::{MANIFESTS, SIGNATURE, SUFFIX, check_file_name, write_new};

use crate::Trouble;
use crate::config::Destination;
use crate::digest::{Digest, Digesting};
use crate::place::{Area, Place};

/// Copies every published export of a destination into a folder, as `tollbooth export --into` would have written it:
/// files, manifests and signatures. The number of manifests. A file that billing took away is not there to be copied.
///
/// # Errors
/// [`Trouble`]; what was copied before stays.
pub fn fetch(destination: &Destination, into: &Path) -> Result<u64, Trouble> {
    let mut place = crate::connect::open(destination)?;
    let manifests = into.join(MANIFESTS);
    fs::create_dir_all(&manifests).map_err(Trouble::progress("create", &manifests))?;
    let names = place.list(Area::Manifests)?;
    let mut found = 0;
    for name in &names {
        let Some(file) = name.strip_suffix(SUFFIX).filter(|file| check_file_name(file).is_ok()) else { continue };
        let area = Area::of_file(file);
        let folder = area.folder().map_or_else(|| into.to_owned(), |folder| into.join(folder));
        fs::create_dir_all(&folder).map_err(Trouble::progress("create", &folder))?;
        copy(place.as_mut(), area, file, &folder, &manifests)?;
        let signature = format!("{file}{SIGNATURE}");
        if names.contains(&signature) {
            copy(place.as_mut(), Area::Manifests, &signature, &manifests, &manifests)?;
        }
        copy(place.as_mut(), Area::Manifests, name, &manifests, &manifests)?;
        found += 1;
    }
    Ok(found)
}

fn copy(place: &mut dyn Place, area: Area, name: &str, into: &Path, staging: &Path) -> Result<(), Trouble> {
    let path = into.join(name);
    let failed = Trouble::progress("write", &path);
    let mut arrived = tempfile::Builder::new().prefix(".tollbooth-").tempfile_in(staging).map_err(&failed)?;
    let mut ours = Ours { file: arrived.as_file_mut(), refused: None };
    let found = place.fetch(area, name, &mut ours);
    if let Some(refused) = ours.refused {
        return Err(failed(refused));
    }
    if !found? {
        return Ok(());
    }
    let content = File::open(arrived.path()).map_err(&failed)?;
    match write_new(&path, staging, content) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            let same = digest(&path).map_err(&failed)? == digest(arrived.path()).map_err(&failed)?;
            if same { Ok(()) } else { Err(failed(e)) }
        }
        other => other.map_err(&failed),
    }
}

/// A file of ours: what it refuses is no fault of the destination.
struct Ours<'a> {
    file: &'a mut File,
    refused: Option<io::Error>,
}

impl Write for Ours<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.file.write(piece).map_err(|error| {
            let kind = error.kind();
            // Of a signal: it is written again.
            if kind != ErrorKind::Interrupted {
                self.refused = Some(error);
            }
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Of a file, however large.
fn digest(path: &Path) -> io::Result<Digest> {
    let mut digesting = Digesting::new(io::sink());
    io::copy(&mut File::open(path)?, &mut digesting)?;
    Ok(digesting.finish())
}
