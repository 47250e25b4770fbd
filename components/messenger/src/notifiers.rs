//! Where the notifiers are: one private route each, named in the manifest.

use tollbooth_messages::{Channel, Class, Failure};
use tollbooth_pipeline::settings::Settings;
use tollbooth_web::variable;

/// The origin of the notifier that carries this channel by the settings in force.
///
/// # Errors
/// [`Class::NotSetUp`], saying what the manifest lacks; [`Class::Outage`] for what cannot be read now.
pub fn origin(channel: Channel, settings: &Settings) -> Result<String, Failure> {
    let name = match channel {
        Channel::Mail if settings.alerts_mail_via == "graph" => "notifier_graph_origin",
        Channel::Mail | Channel::Log => "notifier_mail_origin",
        Channel::Chat => "notifier_webhook_origin",
    };
    told(name, variable(name))
}

fn told(name: &str, read: Result<String, String>) -> Result<String, Failure> {
    match read {
        Ok(origin) if origin.is_empty() => {
            Err(Failure::new(Class::NotSetUp, &format!("the manifest gives the messenger no variable {name}")))
        }
        Ok(origin) => Ok(origin),
        Err(cause) => Err(Failure::new(Class::Outage, &cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_now_is_tried_again_and_what_nobody_set_waits_for_an_operator() {
        let class = |read: Result<&str, &str>| {
            let read = read.map(str::to_owned).map_err(str::to_owned);
            told("notifier_mail_origin", read).map_err(|failure| failure.class)
        };
        assert_eq!(class(Ok("http://notifier-mail.spin.internal")).unwrap(), "http://notifier-mail.spin.internal");
        assert_eq!(class(Ok("")).unwrap_err(), Class::NotSetUp);
        assert_eq!(class(Err("the vault is sealed")).unwrap_err(), Class::Outage);
    }
}
