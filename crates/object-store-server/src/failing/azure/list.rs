//! List Blobs. <https://learn.microsoft.com/rest/api/storageservices/list-blobs>

use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;

use super::calls::date;
use super::words::{error, not_implemented, said};
use crate::failing::answer::{Answer, Asked};
use crate::failing::object::{Object, Objects};

/// Most names of one reply, and as many as come when nobody says how many.
const MOST: usize = 5_000;
/// What a request may say here; anything else would be passed over.
const KNOWN: [&str; 5] = ["restype", "comp", "prefix", "maxresults", "marker"];
/// What a marker begins with. It is the service's own, and means nothing to whoever sends it back.
const MARK: &str = "2!";

/// Answers a list of a container's blobs.
pub(super) fn list(asked: &Asked, container: &str, objects: &Objects) -> Answer {
    if let Some((name, _)) = asked.query.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
        return not_implemented(name);
    }
    let most = match asked.parameter("maxresults").map(str::parse::<usize>) {
        None => MOST,
        Some(Ok(most)) if most > 0 => most.min(MOST),
        Some(_) => {
            let text = "One of the query parameters specified in the request URI is outside the permissible range.";
            return error(400, "OutOfRangeQueryParameterValue", text);
        }
    };
    let given = asked.parameter("marker").unwrap_or_default();
    let Some(after) = name_of(given) else {
        let text = "Value for one of the query parameters specified in the request URI is invalid.";
        return error(400, "InvalidQueryParameterValue", text);
    };
    let prefix = asked.parameter("prefix").unwrap_or_default();
    let behind = objects.range::<String, _>((Bound::Excluded(&after), Bound::Unbounded));
    let mut found: Vec<(&String, &Object)> =
        behind.filter(|(name, _)| name.starts_with(prefix)).take(most + 1).collect();
    let more = found.len() > most;
    found.truncate(most);
    let mut text = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"http://127.0.0.1/\" \
         ContainerName=\"{}\"><Prefix>{}</Prefix><Marker>{}</Marker><MaxResults>{most}</MaxResults><Blobs>",
        escape(container),
        escape(prefix),
        escape(given)
    );
    for (name, object) in &found {
        text.push_str(&format!(
            "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{}</Etag>\
             <Content-Length>{}</Content-Length><Content-Type>{}</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>",
            escape(name.as_str()),
            date(object.modified),
            object.etag.trim_matches('"'),
            object.bytes.len(),
            escape(object.content_type.as_str()),
        ));
    }
    let next = found.last().filter(|_| more).map(|(name, _)| marker(name)).unwrap_or_default();
    text.push_str(&format!("</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"));
    said(Answer::xml(200, text), asked.header("x-ms-version"))
}

fn marker(name: &str) -> String {
    format!("{MARK}{}", STANDARD.encode(name))
}

/// The name after which a list goes on; none where the marker is not one of this service's.
fn name_of(marker: &str) -> Option<String> {
    if marker.is_empty() {
        return Some(String::new());
    }
    String::from_utf8(STANDARD.decode(marker.strip_prefix(MARK)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_leads_to_the_name_it_was_made_of_and_others_lead_nowhere() {
        assert_eq!(name_of(&marker("photos/a b")).as_deref(), Some("photos/a b"));
        assert_eq!(name_of("").as_deref(), Some(""));
        assert_eq!(name_of("photos/a"), None);
    }
}
