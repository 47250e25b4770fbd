//! Where the services are: one private route each, named in the manifest.

use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_web::variable;

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
/// Says what the manifest lacks, or what cannot be read now.
pub fn origin(service: &str) -> Result<String, String> {
    let name = format!("{}_origin", service.replace('-', "_"));
    let origin = variable(&name)?;
    if origin.is_empty() { Err(format!("the manifest gives this stage no variable {name}")) } else { Ok(origin) }
}
