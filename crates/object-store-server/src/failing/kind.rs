//! Which store this is: how it reads a request, what it does, and in which words it answers.

use super::answer::{Answer, Asked};
use super::fault::{Fault, On};
use super::object::Objects;

/// A kind of store.
pub(super) trait Spoken: std::fmt::Debug + Sync {
    /// What it calls itself in the header `server`.
    fn name(&self) -> &'static str;

    /// Bucket or container, and the name in it, that a path means.
    fn place(&self, path: &str) -> (String, String);

    /// Which faults a request is open to.
    fn on(&self, asked: &Asked) -> On;

    /// Says whether a request is signed by the account, at `now` in seconds since 1970.
    fn verify(&self, asked: &Asked, now: i64) -> Result<(), Answer>;

    /// A bucket was made; or there was one of this name.
    fn made(&self, asked: &Asked, bucket: &str, is_new: bool) -> Answer;

    /// There is no such bucket.
    fn no_bucket(&self) -> Answer;

    /// Stores an object.
    fn put(&self, asked: Asked, key: &str, objects: &mut Objects) -> Answer;

    /// An object, or what is known of it.
    fn get(&self, asked: &Asked, key: &str, objects: &Objects) -> Answer;

    /// What is asked of a bucket itself: its names.
    fn list(&self, asked: &Asked, bucket: &str, objects: &Objects) -> Answer;

    /// It has no such method.
    fn not_allowed(&self) -> Answer;

    /// What it says when it fails in this way; none where a failure has no words.
    fn failed(&self, fault: Fault) -> Option<Answer>;

    /// States the digest and the checksum of other bytes than are sent.
    fn misstate(&self, answer: &mut Answer);
}
