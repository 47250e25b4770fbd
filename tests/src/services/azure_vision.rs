//! Azure AI Vision, Image Analysis 4.0, feature Read.

use serde_json::{Value, json};

use super::exchange::{Received, Sent};
use super::{Found, KEY, Seen, State, Step};

const PATH: &str = "/computervision/imageanalysis:analyze";

pub fn answer(state: &State, received: &Received) -> Sent {
    state.memory().seen.push(Seen {
        target: received.target.clone(),
        headers: received.headers.clone(),
        fields: Vec::new(),
        photo: received.body.clone(),
    });
    if let Some(refused) = refuse(received) {
        return refused;
    }
    let size = match image_size(&received.body) {
        Ok(size) => size,
        Err(refused) => return refused,
    };
    act(state.step(&received.body), size)
}

/// What the gateway refuses before it looks at the image.
fn refuse(received: &Received) -> Option<Sent> {
    if received.path() != PATH {
        return Some(error(404, "404", "Resource not found"));
    }
    if received.method != "POST" {
        return Some(error(405, "405", "Method not allowed"));
    }
    if received.header("ocp-apim-subscription-key") != Some(KEY) {
        return Some(error(401, "401", "Access denied due to invalid subscription key or wrong API endpoint."));
    }
    let query = received.query();
    if !query.contains(&("api-version", "2024-02-01")) || !query.contains(&("features", "read")) || query.len() != 2 {
        return Some(error(400, "InvalidRequest", "A query parameter is missing or unknown."));
    }
    (received.header("content-type") != Some("application/octet-stream"))
        .then(|| error(415, "UnsupportedMediaType", "Unsupported media type."))
}

fn image_size(bytes: &[u8]) -> Result<(u32, u32), Sent> {
    let refuse = |code: &str, message: &str| {
        let inner = json!({ "code": code, "message": message });
        let error =
            json!({ "code": "InvalidRequest", "message": "The image cannot be analysed.", "innererror": inner });
        Sent::json(400, &json!({ "error": error }))
    };
    if bytes.len() >= 20_000_000 {
        return Err(refuse("InvalidImageSize", "Image must be smaller than 20 megabytes."));
    }
    let image = image::load_from_memory(bytes)
        .map_err(|_| refuse("InvalidImageFormat", "The input data is not a valid image."))?;
    let (width, height) = (image.width(), image.height());
    let fits = |side: u32| side > 50 && side < 16_000;
    if !fits(width) || !fits(height) {
        return Err(refuse("InvalidImageSize", "Dimensions must be between 50 and 16000."));
    }
    Ok((width, height))
}

fn act(step: Option<Step>, (width, height): (u32, u32)) -> Sent {
    let sample = analysis(&[Found { text: "ABC 1234".into(), confidence: 0.99 }], (width, height));
    match step {
        None => Sent::json(200, &analysis(&[], (width, height))),
        Some(Step::Read(found) | Step::ReadVehicles(found)) => Sent::json(200, &analysis(&found, (width, height))),
        Some(Step::OtherImage) => {
            Sent::json(200, &analysis(&[Found { text: "XYZ9876".into(), confidence: 0.99 }], (width + 1, height)))
        }
        Some(odd) => super::script_reply(odd, &sample),
    }
}

/// Every plate as a line below the word TEXAS, with words but without a confidence of its own.
fn analysis(found: &[Found], (width, height): (u32, u32)) -> Value {
    let line = |text: &str, confidence: f64, y: f64, high: f64| {
        let (w, h) = (f64::from(width), f64::from(height));
        let (left, right, top, bottom) = (0.3 * w, 0.7 * w, y * h, (y + high) * h);
        let polygon = json!([{ "x": left, "y": top }, { "x": right, "y": top }, { "x": right, "y": bottom }, { "x": left, "y": bottom }]);
        let words: Vec<Value> = text
            .split(' ')
            .map(|word| json!({ "text": word, "confidence": confidence, "boundingPolygon": polygon }))
            .collect();
        json!({ "text": text, "boundingPolygon": polygon, "words": words })
    };
    let lines: Vec<Value> = found
        .iter()
        .flat_map(|found| [line("TEXAS", 0.99, 0.3, 0.08), line(&found.text, found.confidence, 0.4, 0.15)])
        .collect();
    json!({
        "modelVersion": "2023-10-01", "metadata": { "width": width, "height": height },
        "readResult": { "blocks": [{ "lines": lines }] }
    })
}

fn error(status: u16, code: &str, message: &str) -> Sent {
    Sent::json(status, &json!({ "error": { "code": code, "message": message } }))
}
