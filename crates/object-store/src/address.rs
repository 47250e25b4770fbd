//! Which bucket or container is meant, and who asks.

use std::fmt;

use url::Url;

/// Where objects are kept, and the account that keeps them. Its `Debug` holds no secret.
#[derive(Clone)]
pub struct Address {
    /// Scheme, host and port alone, as `allowed_outbound_hosts` has it.
    pub origin: Url,
    /// The bucket's or container's name.
    pub bucket: String,
    /// S3's region; what a store of one's own is called, mostly `us-east-1`. Azure needs none.
    pub region: String,
    /// S3's access key id, or the storage account.
    pub account: String,
    /// S3's secret access key, or the storage account's key.
    pub key: String,
}

/// Why an address cannot be used: which setting, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable {setting} {must}")]
pub struct AddressError {
    /// The variable's name.
    pub setting: &'static str,
    /// What it must be.
    pub must: &'static str,
}

impl Address {
    /// Checks what an operator has set.
    ///
    /// # Errors
    /// [`AddressError`] names the first variable that is missing or malformed.
    pub fn new(origin: &str, bucket: &str, region: &str, account: &str, key: &str) -> Result<Self, AddressError> {
        let wrong = |setting, must| AddressError { setting, must };
        let url = Url::parse(origin.trim_end_matches('/'))
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host() && url.path() == "/")
            .filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty())
            .ok_or_else(|| wrong("photos_origin", "must be the store's address without a path: https://HOST[:PORT]"))?;
        let named = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
        if !named {
            return Err(wrong(
                "photos_bucket",
                "must be a bucket's or container's name: 3 to 63 small letters, digits, '-' and '.'",
            ));
        }
        if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(wrong("photos_region", "must be a region such as eu-central-1"));
        }
        if account.is_empty() || !account.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(wrong("photos_account", "must be the access key id, or the storage account's name"));
        }
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(wrong("photos_key", "must be the secret access key, or the storage account's key"));
        }
        let text = str::to_owned;
        Ok(Self { origin: url, bucket: text(bucket), region: text(region), account: text(account), key: text(key) })
    }

    /// Whether the host's first label is this name, as in `BUCKET.s3.amazonaws.com` and `ACCOUNT.blob.core.windows.net`.
    #[must_use]
    pub fn host_begins_with(&self, name: &str) -> bool {
        self.origin.host_str().and_then(|host| host.strip_prefix(name)).is_some_and(|rest| rest.starts_with('.'))
    }
}

/// Account and key of somebody at a store; both empty where nobody set them.
pub type Credentials<'a> = (&'a str, &'a str);

/// What a component shows the store: a key of its own where it was given one, else the one that all share.
///
/// # Errors
/// [`AddressError`] where only one half of its own was set: half a key is a mistake, not a wish for the shared one.
pub fn own_or_shared<'a>(own: Credentials<'a>, shared: Credentials<'a>) -> Result<Credentials<'a>, AddressError> {
    let wrong = |setting, must| AddressError { setting, must };
    match own {
        ("", "") => Ok(shared),
        ("", _) => Err(wrong(
            "photos_own_account",
            "must be set where photos_own_key is: both of a part, like photos_intake_account and photos_intake_key",
        )),
        (_, "") => Err(wrong(
            "photos_own_key",
            "must be set where photos_own_account is: both of a part, like photos_intake_account and photos_intake_key",
        )),
        own => Ok(own),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("origin", &self.origin.as_str())
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_ones_own_comes_first_and_half_of_one_is_refused() {
        let shared = ("shared", "secret");
        assert_eq!(own_or_shared(("", ""), shared), Ok(shared));
        assert_eq!(own_or_shared(("own", "other"), shared), Ok(("own", "other")));
        assert_eq!(own_or_shared(("own", ""), shared).unwrap_err().setting, "photos_own_key");
        assert_eq!(own_or_shared(("", "other"), shared).unwrap_err().setting, "photos_own_account");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is_shown() {
        let of = |origin: &str, bucket: &str, key: &str| Address::new(origin, bucket, "us-east-1", "id", key);
        for origin in
            ["", "s3.example", "ftp://s3.example", "https://s3.example/path", "https://u:p@s3.example", "https://s?x"]
        {
            assert_eq!(of(origin, "photos", "k").unwrap_err().setting, "photos_origin", "{origin}");
        }
        for bucket in ["", "ab", "Photos", "a/b", "a b c"] {
            assert_eq!(of("https://s3.example", bucket, "k").unwrap_err().setting, "photos_bucket", "{bucket}");
        }
        assert_eq!(of("https://s3.example", "photos", "").unwrap_err().setting, "photos_key");
        let address = of("http://127.0.0.1:8333/", "photos", "very-secret").unwrap();
        assert!(!format!("{address:?}").contains("very-secret"));
    }
}
