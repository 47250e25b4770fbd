//! Has plates read by Plate Recognizer, in the cloud or on a server of one's own.
//!
//! On a private route, with one allowed host and one secret of its own; `docs/recognizers.md` has the contract.

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_adapter::{answer, origin, price, secret};
use tollbooth_services::plate_recognizer::{PlateRecognizer, TOKEN_VARIABLE, URL_VARIABLE};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    answer(settings(), request, out).await;
}

fn settings() -> Result<PlateRecognizer, String> {
    Ok(PlateRecognizer {
        url: origin(URL_VARIABLE)?,
        token: secret(TOKEN_VARIABLE)?,
        price_micros: price("plate_recognizer_price_micros")?,
    })
}
