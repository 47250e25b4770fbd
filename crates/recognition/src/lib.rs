//! Recognition in process.
