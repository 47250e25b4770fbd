//! Plate text rules.
