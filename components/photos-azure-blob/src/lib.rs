//! Photos and export files in Azure Blob Storage: exports `tollbooth:photos`, imports outgoing HTTP and the variables that
//! say where the container is.
//!
//! How requests are made and answers understood is in `tollbooth-object-store`, the way to the ports in
//! `tollbooth-photos-port`.

use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::{Address, AddressError};
use tollbooth_photos_port::remote::Remote;
use tollbooth_photos_port::{Port, bindings};

/// The container.
struct Container;

impl Remote for Container {
    type Dialect = AzureBlob;

    fn at(address: &Address) -> Result<AzureBlob, AddressError> {
        AzureBlob::new(address)
    }
}

type PhotosAzureBlob = Port<Container>;

bindings::export!(PhotosAzureBlob with_types_in bindings);
