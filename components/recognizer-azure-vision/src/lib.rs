//! Has plates read by Azure AI Vision.
//!
//! On a private route, with one allowed host and one secret of its own; `docs/recognizers.md` has the contract.

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_adapter::{answer, origin, price, secret};
use tollbooth_services::azure_vision::{AzureVision, ENDPOINT_VARIABLE, KEY_VARIABLE};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    answer(settings(), request, out).await;
}

fn settings() -> Result<AzureVision, String> {
    Ok(AzureVision {
        endpoint: origin(ENDPOINT_VARIABLE)?,
        key: secret(KEY_VARIABLE)?,
        price_micros: price("azure_vision_price_micros")?,
    })
}
