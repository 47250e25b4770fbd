//! What this host computes itself instead of a component, because the machine has instructions for it that WebAssembly has
//! not (docs/adr/0044). Pure functions: the same answer as the component's, and nothing that a grant would be needed for.

use sha2::{Digest, Sha256};
use tollbooth_words::Joined;

use super::{bindings::digest, guest_state::GuestState};

impl digest::sha256::Host for GuestState {
    fn digest(&mut self, words: Vec<u64>, rest: Vec<u8>) -> Vec<u8> {
        Sha256::digest(Joined::of(words, &rest).as_slice()).to_vec()
    }
}
