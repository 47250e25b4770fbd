//! From what is configured to a destination that is connected.

use crate::Trouble;
use crate::config::{Destination, Kind};
use crate::folder::LocalFolder;
use crate::ftps::Ftps;
use crate::object::Objects;
use crate::place::Place;
use crate::sftp::Sftp;
use crate::staged::Staged;

/// Connects to a destination and finds its folder.
///
/// # Errors
/// [`Trouble`]
pub fn open(destination: &Destination) -> Result<Box<dyn Place>, Trouble> {
    Ok(match &destination.kind {
        Kind::Folder { path } => Box::new(LocalFolder::open(path)?),
        Kind::Sftp(settings) => Box::new(Staged::new(Sftp::connect(settings, destination.timeout)?)?),
        Kind::Ftps(settings) => Box::new(Staged::new(Ftps::connect(settings, destination.timeout)?)?),
        Kind::S3(settings) => Box::new(Objects::s3(settings, destination.timeout)?),
        Kind::Azure(settings) => Box::new(Objects::azure(settings, destination.timeout)?),
    })
}
