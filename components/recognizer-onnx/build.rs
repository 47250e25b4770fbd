//! Says what to do when the models are missing; `include_bytes!` would only say that a file is.

use std::path::Path;

fn main() {
    for model in ["plate_detection.onnx", "plate_recognition.onnx"] {
        let path = Path::new("../../models").join(model);
        println!("cargo::rerun-if-changed={}", path.display());
        if !path.exists() {
            println!("cargo::error=models/{model} is missing: run scripts/models (scripts/build does it by itself)");
        }
    }
}
