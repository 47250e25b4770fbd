//! Where the notifiers are: one private route each, named in the manifest.

use spin_sdk::variables;
use tollbooth_messages::{Channel, Class, Failure};
use tollbooth_pipeline::settings::Settings;

/// The origin of the notifier that carries this channel by the settings in force.
///
/// # Errors
/// Says what the manifest lacks.
pub fn origin(channel: Channel, settings: &Settings) -> Result<String, Failure> {
    let name = match channel {
        Channel::Mail if settings.alerts_mail_via == "graph" => "notifier_graph_origin",
        Channel::Mail | Channel::Log => "notifier_mail_origin",
        Channel::Chat => "notifier_webhook_origin",
    };
    variables::get(name).map_err(|e| {
        Failure::new(Class::NotSetUp, &format!("the manifest gives the messenger no variable {name}: {e}"))
    })
}
