//! Posts messages to a chat tool's incoming webhook.
//!
//! On a private route, with one allowed host. The webhook's path is the secret: whoever has it can post.

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_messages::chat::{body, understand};
use tollbooth_messages::contract::Delivery;
use tollbooth_messages::{Failure, Outcome};
use tollbooth_notifier::{answer, call, variables_of};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    answer(request, out, |delivery| async move { deliver(&delivery).await.unwrap_or_else(Outcome::Failed) }).await;
}

async fn deliver(delivery: &Delivery) -> Result<Outcome, Failure> {
    let [origin, path] = variables_of(["chat_webhook_origin", "chat_webhook_path"])?;
    let url = format!("{}/{}", origin.trim_end_matches('/'), path.trim_start_matches('/'));
    let reply = call(&url, &[("content-type", "application/json".to_owned())], body(delivery)).await?;
    Ok(understand(reply.status, reply.retry_after.as_deref()))
}
