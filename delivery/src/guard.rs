//! Whether the server's ledger is as new as what is out there.

use tollbooth_client::delivery::{Link, SUFFIX, check_file_name};
use tollbooth_pipeline::export::Manifest;
use tollbooth_pipeline::ident::sha256_hex;

use crate::Trouble;
use crate::place::{Area, Place};
use crate::published::Published;

/// Names of what the server does not know, in one message.
const MAX_NAMED: usize = 3;

/// Refuses when the server does not have the last export that was delivered.
pub fn own_progress(delivered: &Link, published: &Published) -> Result<(), Trouble> {
    let same = published.get(delivered.sequence).is_some_and(|export| export.manifest_sha256 == delivered.sha256);
    if delivered.sequence == 0 || same {
        return Ok(());
    }
    Err(Trouble::LedgerOlder(format!("export {}, which was delivered", delivered.sequence)))
}

/// The last export whose manifest lies at the destination, or `delivered` when that is later. Refuses when there is a
/// manifest that the server does not publish, whatever its name.
///
/// Manifests up to `delivered` are not read again: what lies under their names was compared when it was delivered.
pub fn look(place: &mut dyn Place, delivered: &Link, published: &Published) -> Result<Link, Trouble> {
    let mut last = delivered.clone();
    let mut unknown = Vec::new();
    for name in place.list(Area::Manifests)? {
        let Some(file) = name.strip_suffix(SUFFIX).filter(|file| check_file_name(file).is_ok()) else { continue };
        if published.sequence_of(file).is_some_and(|sequence| sequence <= delivered.sequence) {
            continue;
        }
        // Gone since it was listed: somebody tidies up.
        let Some(text) = place.text(Area::Manifests, &name)? else { continue };
        let sha256 = sha256_hex(&text);
        match published.by_manifest(&sha256) {
            Some(sequence) if sequence > last.sequence => last = Link { sequence, sha256 },
            Some(_) => {}
            None => {
                let sequence = serde_json::from_slice::<Manifest>(&text).map_or(0, |manifest| manifest.sequence);
                unknown.push((sequence, file.to_owned()));
            }
        }
    }
    if unknown.is_empty() {
        return Ok(last);
    }
    unknown.sort_unstable();
    let named: Vec<_> =
        unknown.iter().take(MAX_NAMED).map(|(sequence, name)| format!("export {sequence} ({name})")).collect();
    let more = if unknown.len() > MAX_NAMED { " and more" } else { "" };
    Err(Trouble::LedgerOlder(format!("{}{more}", named.join(", "))))
}
