//! Hikvision's `EventNotificationAlert` (ISAPI, "Receive Alarm/Event in Listening Mode"): an XML part, `anpr.xml`, and up to
//! ten pictures.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::Unreadable;
use crate::document::Fields;

/// Longest text of an element that is of interest.
const MAX_TEXT_BYTES: usize = 200;
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// The fields of an alert. Names are compared without their namespace: recorders that pass alerts on add a prefix.
pub(crate) fn read(xml: &[u8]) -> Result<Fields, Unreadable> {
    // Some firmwares write the names of channels in another encoding; what is of interest is ASCII.
    let xml = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&xml);
    reader.config_mut().trim_text(true);
    // Cameras send what a validator would not take: an unclosed element at the end loses nothing of what came before.
    reader.config_mut().check_end_names = false;
    let (mut fields, mut path, mut kind, mut text) = (Fields::default(), Vec::<String>::new(), None, String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if path.len() == MAX_DEPTH {
                    return Err(Unreadable::Xml(format!("it is nested deeper than {MAX_DEPTH}")));
                }
                path.push(element.local_name().as_ref().to_owned());
                text.clear();
            }
            Ok(Event::Text(more)) => {
                if text.len() + more.len() <= MAX_TEXT_BYTES {
                    text.push_str(&more);
                }
            }
            Ok(Event::End(_)) => {
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                take(&names, text.trim(), &mut fields, &mut kind);
                text.clear();
                path.pop();
            }
            Ok(Event::Eof) => break,
            // An entity of the document's own is never resolved.
            Ok(Event::DocType(_)) => {
                return Err(Unreadable::Xml("it brings a document type, which no camera does".to_owned()));
            }
            Ok(
                Event::Empty(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::GeneralRef(_),
            ) => {}
            // What quotes a name of the document is as long as that.
            Err(error) => return Err(Unreadable::Xml(error.to_string().chars().take(MAX_TEXT_BYTES).collect())),
        }
    }
    // `heartBeat`, `videoloss`, `VMD` and what else cameras tell of; a vehicle is `ANPR`, at some firmwares `vehicleDetection`.
    let vehicle = |kind: &String| kind.eq_ignore_ascii_case("ANPR") || kind.to_ascii_lowercase().contains("vehicle");
    fields.other_event = kind.as_ref().is_some_and(|kind| !vehicle(kind));
    Ok(fields)
}

fn take(path: &[&str], text: &str, fields: &mut Fields, kind: &mut Option<String>) {
    if text.is_empty() {
        return;
    }
    let text = || Some(text.to_owned());
    match path {
        [_, "eventType"] => *kind = text(),
        [_, "dateTime"] => fields.time = text(),
        // Lanes count from 1; 0 is a camera that knows none.
        [.., "ANPR", "line" | "laneNo"] if path.len() == 3 => fields.lane = text().filter(|lane| lane != "0"),
        _ => {}
    }
}
