//! Photos and export files as components export them, on whichever store: `photos-key-value`, `photos-s3` and
//! `photos-azure-blob` are this crate and a store each.
//!
//! Keys of photos and of exports are kept apart by a prefix that is checked here, so neither interface can reach the
//! other's objects.

mod objects;
mod pause;
pub mod remote;

pub use objects::{Keys, Objects, Overwrite};
pub use pause::pause;

#[allow(missing_docs, reason = "generated from wit/, where the documentation is")]
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbooth:photos-port;
            world photos-port {
                export tollbooth:photos/photos@0.1.0;
                export tollbooth:photos/exports@0.1.0;
                export tollbooth:photos/inventory@0.1.0;
            }
        ",
        path: ["../../wit/types", "../../wit/photos"],
        world: "tollbooth:photos-port/photos-port",
        generate_all,
        pub_export_macro: true,
    });
}

pub use bindings::tollbooth::types::failures::StoreFailure;
use tollbooth_words::Joined;

use bindings::exports::tollbooth::photos::{exports, inventory, photos};

const PHOTOS: &str = "photos/";
const EXPORTS: &str = "exports/";

/// Implements every interface of `tollbooth:photos` on one kind of store. A component exports it with
/// [`bindings::export`].
pub struct Port<O>(std::marker::PhantomData<O>);

impl<O: Objects> photos::Guest for Port<O> {
    fn put(key: String, words: Vec<u64>, rest: Vec<u8>) -> Result<(), StoreFailure> {
        // A photo's key holds its digest: the same key is the same photo, so there is nothing to compare.
        O::put(of(PHOTOS, &key)?, Joined::of(words, &rest).as_slice(), Overwrite::SameKeyIsSameContent)
    }

    fn get(key: String) -> Result<Option<Vec<u8>>, StoreFailure> {
        O::get(of(PHOTOS, &key)?)
    }
}

impl<O: Objects> exports::Guest for Port<O> {
    fn put(key: String, content: Vec<u8>) -> Result<(), StoreFailure> {
        O::put(of(EXPORTS, &key)?, &content, Overwrite::Compare)
    }

    fn get(key: String) -> Result<Option<Vec<u8>>, StoreFailure> {
        O::get(of(EXPORTS, &key)?)
    }
}

impl<O: Objects> inventory::Guest for Port<O> {
    fn list_photos(after: Option<String>, limit: u32) -> Result<inventory::Page, StoreFailure> {
        list::<O>(PHOTOS, after.as_deref(), limit)
    }

    fn list_exports(after: Option<String>, limit: u32) -> Result<inventory::Page, StoreFailure> {
        list::<O>(EXPORTS, after.as_deref(), limit)
    }
}

fn of<'a>(prefix: &str, key: &'a str) -> Result<&'a str, StoreFailure> {
    if key.starts_with(prefix) { Ok(key) } else { Err(StoreFailure::Denied) }
}

fn list<O: Objects>(prefix: &str, after: Option<&str>, limit: u32) -> Result<inventory::Page, StoreFailure> {
    let found = O::list(prefix, after, limit)?;
    Ok(inventory::Page { keys: found.keys, next: found.next })
}
