//! How everything stands, as the ledger hands it over.

use tollbooth_ports::ledger::telemetry;
use tollbooth_telemetry::Standing;
use tollbooth_web::Problem;

/// The standing as it is stored.
pub fn standing() -> Result<Standing, Problem> {
    serde_json::from_str(&telemetry::standing()?)
        .map_err(|error| Problem::internal(format!("the ledger sent a standing that cannot be read: {error}")))
}
