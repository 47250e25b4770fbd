//! One delivery of one message: through the log, or through a notifier's private route.

use std::time::Duration;

use tollbooth_messages::contract::{DELIVER_PATH, Delivery, MAX_ANSWER_BYTES, understand};
use tollbooth_messages::{Channel, Class, Failure, Outcome};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::messages::{Lease, Message};
use tollbooth_ports::notifier;
use tollbooth_web::{FetchFailure, Outgoing, fetch};

use crate::notifiers;

/// Longest that a notifier is waited for: longer than it waits for its service, shorter than a lease.
const LIMIT: Duration = Duration::from_secs(90);

/// Delivers a message once.
pub async fn deliver(lease: &Lease, settings: &Settings) -> Outcome {
    let message = &lease.message;
    match message.channel.parse() {
        Ok(Channel::Log) => to_log(message),
        Ok(channel) => to_notifier(channel, message, settings).await.unwrap_or_else(Outcome::Failed),
        Err(unknown) => Outcome::Failed(Failure::new(Class::NotSetUp, &unknown)),
    }
}

fn to_log(message: &Message) -> Outcome {
    let notice = notifier::Notice {
        id: message.id.clone(),
        kind: message.kind.clone(),
        subject: message.subject.clone(),
        body: message.body.clone(),
    };
    match notifier::deliver(&notice) {
        Ok(()) => Outcome::HandedOver { reference: None },
        Err(notifier::Failure::Unavailable(what)) => Outcome::Failed(Failure::new(Class::Outage, &what)),
        Err(notifier::Failure::Refused(what)) => Outcome::Failed(Failure::new(Class::Refused, &what)),
    }
}

async fn to_notifier(channel: Channel, message: &Message, settings: &Settings) -> Result<Outcome, Failure> {
    let url = format!("{}{DELIVER_PATH}", notifiers::origin(channel, settings)?);
    let delivery = Delivery {
        id: message.id.clone(),
        kind: message.kind.clone(),
        to: message.addressee.clone(),
        subject: message.subject.clone(),
        body: message.body.clone(),
        thread: message.thread.clone(),
        created_at: rfc3339(message.created_at),
        attempt: message.attempts,
        repetition: message.doubtful,
    };
    let reply = fetch(Outgoing {
        body: Some(delivery.to_json()),
        url: &url,
        headers: &[("content-type", "application/json".to_owned())],
        limit: LIMIT,
        max_answer: MAX_ANSWER_BYTES,
    })
    .await;
    match reply {
        Ok(reply) => Ok(understand(reply.status, &reply.body)),
        Err(FetchFailure::NotAllowed(cause)) => Err(Failure::new(Class::NotSetUp, &cause)),
        // Whether it called its service before it fell silent is not known.
        Err(failure) => Err(Failure::new(Class::Unclear, &format!("the notifier did not answer: {failure:?}"))),
    }
}
