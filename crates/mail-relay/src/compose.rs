//! From a delivery to the bytes of an e-mail.

use lettre::Message;
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use tollbooth_messages::contract::Delivery;

/// The e-mail of a delivery; the text says what is wrong with it.
///
/// The Message-ID is the message's own id, so the same e-mail has the same in every delivery; what belongs to one alert
/// refers to it, so that mail clients keep it together.
pub(crate) fn compose(delivery: &Delivery, from: &Address) -> Result<(Address, Vec<u8>), String> {
    let to: Address = delivery.to.parse().map_err(|e| format!("`to` is no e-mail address: {e}"))?;
    let domain = from.domain();
    let mut builder = Message::builder()
        .from(Mailbox::new(Some("TollBooth".to_owned()), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(delivery.shown_subject())
        .date_now()
        .message_id(Some(format!("<{}@{domain}>", delivery.id)));
    if !delivery.thread.is_empty() {
        let thread = format!("<{}@{domain}>", delivery.thread);
        builder = builder.in_reply_to(thread.clone()).references(thread);
    }
    let repetition = delivery.attempt.to_string();
    let mut headers = vec![
        // RFC 3834: no out-of-office answers, please.
        ("Auto-Submitted", "auto-generated"),
        ("X-TollBooth-Message", delivery.id.as_str()),
        ("X-TollBooth-Kind", delivery.kind.as_str()),
    ];
    if delivery.repetition {
        headers.push(("X-TollBooth-Repetition", repetition.as_str()));
    }
    for (name, value) in headers {
        let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|e| format!("the header {name}: {e}"))?;
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(delivery.shown_body());
    let message = builder.singlepart(text).map_err(|e| format!("the e-mail cannot be written: {e}"))?;
    Ok((to, message.formatted()))
}
