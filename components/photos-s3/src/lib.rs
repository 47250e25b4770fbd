//! Photos and export files in Amazon S3 and the many stores that speak as it does: exports `tollbooth:photos`, imports
//! outgoing HTTP and the variables that say where the bucket is.
//!
//! How requests are made and answers understood is in `tollbooth-object-store`, the way to the ports in
//! `tollbooth-photos-port`.

use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, AddressError};
use tollbooth_photos_port::remote::Remote;
use tollbooth_photos_port::{Port, bindings};

/// The bucket.
struct Bucket;

impl Remote for Bucket {
    type Dialect = S3;

    fn at(address: &Address) -> Result<S3, AddressError> {
        S3::new(address)
    }
}

type PhotosS3 = Port<Bucket>;

bindings::export!(PhotosS3 with_types_in bindings);
