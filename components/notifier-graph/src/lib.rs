//! Hands e-mail to Microsoft Graph, as an application of its own that may send as one mailbox.
//!
//! On a private route, with two allowed hosts (Graph, and where its tokens come from) and one secret of its own. A token is
//! fetched for each message: a guest keeps nothing between requests, and thirty a minute are few.

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_messages::contract::Delivery;
use tollbooth_messages::graph::{encoded, send_mail, token, token_form, understand};
use tollbooth_messages::{Class, Failure, Outcome};
use tollbooth_notifier::{answer, call, variables_of};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    answer(request, out, |delivery| async move { deliver(&delivery).await.unwrap_or_else(Outcome::Failed) }).await;
}

async fn deliver(delivery: &Delivery) -> Result<Outcome, Failure> {
    let [login, graph, tenant, client, secret, sender] = variables_of([
        "graph_login_origin",
        "graph_origin",
        "graph_tenant",
        "graph_client_id",
        "graph_client_secret",
        "graph_sender",
    ])?;
    let url = format!("{}/{}/oauth2/v2.0/token", login.trim_end_matches('/'), encoded(&tenant));
    let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    // Nothing of the message went out yet, whatever becomes of this call.
    let reply = call(&url, &form, token_form(&client, &secret)).await.map_err(|failure| Failure {
        class: if failure.class == Class::Unclear { Class::Outage } else { failure.class },
        detail: format!("the token endpoint: {}", failure.detail),
        ..failure
    })?;
    let token = token(reply.status, reply.retry_after.as_deref(), &reply.body)?;

    let url = format!("{}/v1.0/users/{}/sendMail", graph.trim_end_matches('/'), encoded(&sender));
    let headers = [("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {token}"))];
    let reply = call(&url, &headers, send_mail(delivery)).await?;
    Ok(understand(reply.status, reply.retry_after.as_deref(), &reply.body))
}
