//! Azure Blob Storage.
//!
//! Requests are signed with the storage account's key (Shared Key). The body's MD5 is in the signature, and the service
//! compares it with what came before it answers.
//! <https://learn.microsoft.com/rest/api/storageservices/put-blob>,
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use crate::address::{Address, AddressError};
use crate::call::{Call, Dialect, Listing};

/// The version of the protocol: Azure keeps each alive for years, and Azurite knows this one.
const VERSION: &str = "2021-12-02";
/// Most names of one reply.
const MAX_KEYS: u32 = 5_000;
const DIGEST_HEADER: &str = "x-ms-meta-sha256";
/// What stays as it is in a path and in a query's value.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A container. Its `Debug` holds no secret.
pub struct AzureBlob {
    /// With the container, without a slash at the end.
    container: String,
    account: String,
    key: Vec<u8>,
}

impl std::fmt::Debug for AzureBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureBlob").field("container", &self.container).finish_non_exhaustive()
    }
}

impl AzureBlob {
    /// The container at an address. A host that begins with the account's name is the service's own; any other has the
    /// account as the first part of the path, as Azurite.
    ///
    /// # Errors
    /// [`AddressError`]: the account's key is not one.
    pub fn new(address: &Address) -> Result<Self, AddressError> {
        let key = STANDARD.decode(&address.key).map_err(|_| AddressError {
            setting: "photos_key",
            must: "must be the storage account's key, in base64",
        })?;
        let origin = address.origin.as_str().trim_end_matches('/');
        let container = if address.host_begins_with(&address.account) {
            format!("{origin}/{}", address.bucket)
        } else {
            format!("{origin}/{}/{}", address.account, address.bucket)
        };
        Ok(Self { container, account: address.account.clone(), key })
    }

    /// Makes the container itself. Components never do; it is for those who set a store up.
    ///
    /// # Errors
    /// Why no request can be made of it.
    pub fn make(&self) -> Result<Call, String> {
        self.signed("PUT", format!("{}?restype=container", self.container), &[("content-length", "0".to_owned())])
    }

    fn blob(&self, key: &str) -> String {
        let mut url = self.container.clone();
        for part in key.split('/') {
            url.push('/');
            url.extend(utf8_percent_encode(part, KEPT));
        }
        url
    }

    /// A request with its signature. `headers` are those of this dialect alone; the time is now.
    fn signed(&self, method: &'static str, url: String, headers: &[(&str, String)]) -> Result<Call, String> {
        let mut headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        headers.push(("x-ms-date".to_owned(), httpdate::fmt_http_date(std::time::SystemTime::now())));
        headers.push(("x-ms-version".to_owned(), VERSION.to_owned()));
        let parsed = Url::parse(&url).map_err(|e| format!("the store's address: {e}"))?;
        let text = string_to_sign(method, &parsed, &self.account, &headers);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|e| e.to_string())?;
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        headers.push(("authorization".to_owned(), format!("SharedKey {}:{signature}", self.account)));
        // In the signature, and sent by whoever sends the body.
        headers.retain(|(name, _)| name != "content-length");
        Ok(Call { method, url, headers })
    }
}

/// What is signed: the method, the headers that have a line of their own, those of Azure, and what is asked for.
fn string_to_sign(method: &str, url: &Url, account: &str, headers: &[(String, String)]) -> String {
    let value = |name: &str| headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value.as_str());
    // The date is in x-ms-date, and a body of no bytes has no length.
    let length = Some(value("content-length")).filter(|length| *length != "0").unwrap_or_default();
    let mut lines = vec![method, "", "", length, value("content-md5"), value("content-type"), "", "", ""];
    lines.extend([value("if-none-match"), "", ""]);
    let mut text = lines.join("\n");
    text.push('\n');
    let mut own: Vec<_> = headers.iter().filter(|(name, _)| name.starts_with("x-ms-")).collect();
    own.sort();
    for (name, value) in own {
        text.extend([name, ":", value, "\n"]);
    }
    text.extend(["/", account, url.path()]);
    let mut query: Vec<_> = url.query_pairs().collect();
    query.sort();
    for (name, value) in query {
        text.extend(["\n", &name, ":", &value]);
    }
    text
}

impl Dialect for AzureBlob {
    fn put(&self, key: &str, content: &[u8]) -> Result<Call, String> {
        let headers = [
            ("content-length", content.len().to_string()),
            ("content-type", "application/octet-stream".to_owned()),
            ("content-md5", STANDARD.encode(md5::Md5::digest(content))),
            // Written once: whoever comes second is told so, whatever he brings.
            ("if-none-match", "*".to_owned()),
            ("x-ms-blob-type", "BlockBlob".to_owned()),
            (DIGEST_HEADER, hex::encode(Sha256::digest(content))),
        ];
        self.signed("PUT", self.blob(key), &headers)
    }

    fn get(&self, key: &str) -> Result<Call, String> {
        self.signed("GET", self.blob(key), &[])
    }

    fn list(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Call, String> {
        let value = |text: &str| utf8_percent_encode(text, KEPT).to_string();
        let mut url = format!(
            "{}?comp=list&maxresults={}&prefix={}&restype=container",
            self.container,
            limit.clamp(1, MAX_KEYS),
            value(prefix)
        );
        if let Some(cursor) = cursor {
            url.push_str("&marker=");
            url.push_str(&value(cursor));
        }
        self.signed("GET", url, &[])
    }

    fn listed(&self, body: &[u8]) -> Result<Listing, String> {
        let text = std::str::from_utf8(body).map_err(|_| "a list that is no text".to_owned())?;
        let list: Enumeration = quick_xml::de::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| format!("a list that cannot be read: {e}"))?;
        let keys = list.blobs.blob.into_iter().map(|blob| blob.name).collect();
        Ok(Listing { keys, next: Some(list.next_marker).filter(|marker| !marker.is_empty()) })
    }

    fn digest_header(&self) -> &'static str {
        DIGEST_HEADER
    }
}

/// <https://learn.microsoft.com/rest/api/storageservices/list-blobs>
#[derive(Deserialize)]
#[serde(rename = "EnumerationResults", rename_all = "PascalCase")]
struct Enumeration {
    blobs: Blobs,
    /// There on every page; empty on the last. A list without it was cut off.
    next_marker: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blobs {
    #[serde(default)]
    blob: Vec<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn azure(origin: &str) -> AzureBlob {
        AzureBlob::new(&Address::new(origin, "photos", "none", "account", "c2VjcmV0").unwrap()).unwrap()
    }

    #[test]
    fn the_account_is_in_the_host_or_in_the_path() {
        let url = |origin| azure(origin).get("photos/a b/c").unwrap().url;
        assert_eq!(
            url("https://account.blob.core.windows.net"),
            "https://account.blob.core.windows.net/photos/photos/a%20b/c"
        );
        assert_eq!(url("http://127.0.0.1:10000"), "http://127.0.0.1:10000/account/photos/photos/a%20b/c");
    }

    #[test]
    fn what_is_signed_is_what_the_service_signs() {
        // The example of Microsoft's page, with the headers that are sent here.
        let headers =
            [("x-ms-version", "2015-02-21"), ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"), ("content-length", "0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = Url::parse(
            "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20",
        )
        .unwrap();
        assert_eq!(
            string_to_sign("GET", &url, "myaccount", &headers),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn a_key_that_is_no_key_is_told() {
        let address = Address::new("https://account.example", "photos", "none", "account", "not base64!").map(|_| ());
        assert!(address.is_err());
        let address = Address::new("https://account.example", "photos", "none", "account", "***").unwrap();
        assert_eq!(AzureBlob::new(&address).unwrap_err().setting, "photos_key");
    }

    #[test]
    fn a_list_is_read_with_its_byte_order_mark_and_one_that_was_cut_is_not() {
        let page = |marker: &str| {
            format!(
                "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://x/\" \
                 ContainerName=\"photos\"><Prefix>photos/</Prefix><MaxResults>2</MaxResults><Blobs><Blob><Name>photos/a</Name>\
                 <Properties><Etag>0x8</Etag></Properties></Blob><Blob><Name>photos/b</Name></Blob></Blobs>{marker}\
                 </EnumerationResults>"
            )
        };
        let azure = azure("https://account.example");
        let listing = azure.listed(page("<NextMarker>2!72!x</NextMarker>").as_bytes()).unwrap();
        assert_eq!(listing.keys, ["photos/a", "photos/b"]);
        assert_eq!(listing.next.as_deref(), Some("2!72!x"));
        assert_eq!(azure.listed(page("<NextMarker />").as_bytes()).unwrap().next, None);
        assert!(azure.listed(page("").as_bytes()).is_err());
    }
}
