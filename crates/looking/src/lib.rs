//! Showing a photo, or a part of it, to somebody: the same rules wherever it is done.
//!
//! Who may see which photo, that what is stored is what was recorded, and that nobody sees anything of a photo without its being
//! on record who did. Guest side only; what is shown of it is the component's.

use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;
use tollbooth_ports::ledger::passages::Passage;
use tollbooth_ports::ledger::{access, looking};
use tollbooth_ports::photos;
use tollbooth_web::{Identity, Kind, Problem, now};

/// Whether somebody whose role may see photos may see this one. The passage is as the ledger shows it to them: what is at
/// booths that are not theirs they never get to here.
///
/// # Errors
/// `forbidden`
pub fn may_see(caller: &Identity, passage: &Passage) -> Result<(), Problem> {
    if caller.role == Role::Billing && passage.state != State::Accepted.as_str() {
        return Err(Problem::new(Kind::Forbidden, "Billing may see the photos of accepted passages only."));
    }
    Ok(())
}

/// The photo of a passage, byte for byte as it was acknowledged.
///
/// # Errors
/// `internal` when it is missing or another one, and the store's failure.
pub fn stored(passage: &Passage) -> Result<Vec<u8>, Problem> {
    // The store may be slow, and others need a connection meanwhile.
    access::release();
    // An acknowledged passage always has its photo: its absence is our loss, never the caller's mistake.
    let photo = photos::get(&passage.photo_key)?
        .ok_or_else(|| Problem::internal(format!("the photo of {} is recorded but not stored", passage.passage)))?;
    if ident::sha256_hex(&photo) != passage.photo_sha256 {
        return Err(Problem::internal(format!("the stored photo of {} is not the one recorded", passage.passage)));
    }
    Ok(photo)
}

/// Writes down that somebody is about to see the photo; nothing of it may be shown when this fails.
///
/// # Errors
/// The ledger's failure.
pub fn note(caller: &Identity, passage: &Passage) -> Result<(), Problem> {
    looking::note(now(), &caller.token, &passage.passage)?;
    // What is shown is taken as slowly as its reader likes.
    access::release();
    Ok(())
}
