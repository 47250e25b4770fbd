//! Photos and export files in Spin's key-value store, label `default`.
//!
//! Spin's default store commits each `set` before it returns, which is what the port promises. Keys of photos
//! and of exports are kept apart by a prefix that is checked here, so neither can reach the other's objects.

mod store;

wit_bindgen::generate!({
    inline: "
        package tollbooth:photos-key-value;
        world photos-key-value {
            export tollbooth:photos/photos@0.1.0;
            export tollbooth:photos/exports@0.1.0;
            export tollbooth:photos/inventory@0.1.0;
        }
    ",
    path: ["../../wit/types", "../../wit/photos"],
    world: "tollbooth:photos-key-value/photos-key-value",
    generate_all,
});

use exports::tollbooth::photos::{exports as export_files, inventory, photos};
use store::{Overwrite, StoreFailure};

struct PhotosKeyValue;

impl photos::Guest for PhotosKeyValue {
    fn put(key: String, photo: Vec<u8>) -> Result<(), StoreFailure> {
        // A photo's key holds its digest: the same key is the same photo, so there is nothing to compare.
        store::put("photos/", &key, &photo, Overwrite::SameKeyIsSameContent)
    }

    fn get(key: String) -> Result<Option<Vec<u8>>, StoreFailure> {
        store::get("photos/", &key)
    }
}

impl export_files::Guest for PhotosKeyValue {
    fn put(key: String, content: Vec<u8>) -> Result<(), StoreFailure> {
        store::put("exports/", &key, &content, Overwrite::Compare)
    }

    fn get(key: String) -> Result<Option<Vec<u8>>, StoreFailure> {
        store::get("exports/", &key)
    }
}

impl inventory::Guest for PhotosKeyValue {
    fn list_photos(after: Option<String>, limit: u32) -> Result<inventory::Page, StoreFailure> {
        list("photos/", after.as_deref(), limit)
    }

    fn list_exports(after: Option<String>, limit: u32) -> Result<inventory::Page, StoreFailure> {
        list("exports/", after.as_deref(), limit)
    }
}

fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<inventory::Page, StoreFailure> {
    let found = store::list(prefix, after, limit)?;
    Ok(inventory::Page { keys: found.keys, total: found.total, next: found.next })
}

export!(PhotosKeyValue);
