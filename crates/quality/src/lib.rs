//! How often automatic acceptance errs, by what people read independently of it, and how sure that is.
//!
//! Every figure is an estimate from a sample, so each comes with the bound that holds in 95 of 100 such samples; where there
//! are too few, there is a bound and no advice. Rules only: no SQL, no HTTP, no clock.
//!
//! What a bound says is: had the true error been higher, a sample with as few errors as this one would have come up in less
//! than 5 of 100 cases (Clopper and Pearson, 1934: exact for every number of passages, never too narrow).

pub mod advice;
pub mod bound;
pub mod measure;
pub mod sample;

/// How often a stated bound holds.
pub const CONFIDENCE: f64 = 0.95;
