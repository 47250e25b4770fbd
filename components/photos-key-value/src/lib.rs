//! Photos and export files in Spin's key-value store, label `default`.
//!
//! Spin's default store commits each `set` before it returns, which is what the port promises. The way to the ports is in
//! `tollbooth-photos-port`.

mod store;

use tollbooth_photos_port::{Port, bindings};

type PhotosKeyValue = Port<store::KeyValue>;

bindings::export!(PhotosKeyValue with_types_in bindings);
