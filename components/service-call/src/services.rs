//! Where the services are: one private route each, named in the manifest.

use spin_sdk::variables;
use tollbooth_pipeline::recognizer::Recognizer;

/// Names of the services that this stage can call, for the ledger.
pub fn able() -> Vec<String> {
    services().map(|service| service.as_str().to_owned()).collect()
}

fn services() -> impl Iterator<Item = Recognizer> {
    Recognizer::ALL.iter().copied().filter(|recognizer| recognizer.is_service())
}

/// The origin of a service's route, `http://recognizer-plate-recognizer.spin.internal`; the variable is called
/// `plate_recognizer_origin`.
///
/// # Errors
/// Says what the manifest lacks.
pub fn origin(service: &str) -> Result<String, String> {
    let name = format!("{}_origin", service.replace('-', "_"));
    variables::get(&name).map_err(|e| format!("the manifest gives this stage no variable {name}: {e}"))
}
