//! A text that the pixels allow, and how well it fits them.

use serde::{Deserialize, Serialize};

/// A text, and how well it fits what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spelt {
    /// Normalised text: A-Z and 0-9.
    pub text: String,
    /// Natural logarithm of how probable what was seen is under this text, relative to the best one; at most 0.
    pub fit: f32,
}
