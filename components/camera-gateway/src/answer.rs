//! What cameras are told. One answer for all makers: status 200, which is all that most look at, and `"Result": true`, without
//! which Dahua's cameras send an event again and again.

use serde_json::json;
use tollbooth_intake::{Taken, receipt_members};
use tollbooth_web::{Answer, Response};

/// A passage is in the ledger, new or not.
pub fn taken(taken: &Taken) -> Answer {
    let mut body = receipt_members(&taken.receipt);
    body.insert("Result".into(), json!(true));
    body.insert("Message".into(), json!("success"));
    let location = format!("/v1/passages/{}", taken.receipt.passage);
    Ok(Response::json(200, &body)?.with_header("location", location))
}

/// A sign of life, or an event that is none of a vehicle.
pub fn notice() -> Answer {
    Response::json(200, &json!({ "Result": true, "Message": "nothing to store" }))
}
