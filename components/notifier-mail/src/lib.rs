//! Hands e-mail to the relay `tollbooth mail`, which speaks SMTP: guests have neither names nor TLS on sockets (ADR 0021).
//!
//! On a private route, with one allowed host and one secret of its own.

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_messages::contract::{DELIVER_PATH, Delivery, understand};
use tollbooth_messages::{Class, Failure, Outcome, chat};
use tollbooth_notifier::{answer, call, variables_of};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    answer(request, out, |delivery| async move { deliver(&delivery).await.unwrap_or_else(Outcome::Failed) }).await;
}

async fn deliver(delivery: &Delivery) -> Result<Outcome, Failure> {
    let [origin, token] = variables_of(["mail_relay_origin", "mail_relay_token"])?;
    let url = format!("{}{DELIVER_PATH}", origin.trim_end_matches('/'));
    let headers = [("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {token}"))];
    let reply = call(&url, &headers, delivery.to_json()).await?;
    Ok(match understand(reply.status, &reply.body) {
        Outcome::Failed(failure) if failure.class == Class::Credentials && reply.status != 200 => {
            let detail = format!("the relay refused mail_relay_token (status {})", reply.status);
            Outcome::Failed(Failure::new(Class::Credentials, &detail))
        }
        // The relay itself asks for fewer messages.
        Outcome::Failed(failure) if reply.status == 429 => {
            Outcome::Failed(failure.after(chat::seconds(reply.retry_after.as_deref())))
        }
        outcome => outcome,
    })
}
