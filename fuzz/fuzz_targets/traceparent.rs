//! See `tollbooth_foreign_bytes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tollbooth_foreign_bytes::run("traceparent", data));
