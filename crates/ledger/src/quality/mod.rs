//! What was measured on the sample of what the judge accepted, what people's answers were worth, and the threshold that is
//! applied because of it. The arithmetic is in `tollbooth-quality`.

mod apply;
mod people;
mod sample;
mod seeds;

pub use people::Person;
pub use sample::{Outcome, Sample, Sampled};
pub use seeds::{Compared, Seed};
