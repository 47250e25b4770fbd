//! Who is told, and by which channel.

use std::collections::BTreeSet;

use tollbooth_messages::Channel;
use tollbooth_pipeline::mail_address::addresses;
use tollbooth_pipeline::settings::Settings;

use crate::rule::Rule;

/// Somebody, by one channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// The channel's name.
    pub channel: &'static str,
    /// The address; empty where the channel has one receiver.
    pub addressee: String,
}

impl Recipient {
    fn of(channel: Channel, addressee: &str) -> Self {
        Self { channel: channel.as_str(), addressee: addressee.to_owned() }
    }

    pub(crate) fn mail(address: &str) -> Self {
        Self::of(Channel::Mail, address)
    }

    pub(crate) fn chat() -> Self {
        Self::of(Channel::Chat, "")
    }
}

/// The log, and, where they are `wanted`, those who hear of every rule by the settings.
pub(crate) fn of_settings(settings: &Settings, wanted: bool) -> BTreeSet<Recipient> {
    let mut found = BTreeSet::from([Recipient::of(Channel::Log, "")]);
    if wanted {
        found.extend(addresses(&settings.alerts_mail_to).map(Recipient::mail));
        if settings.alerts_chat {
            found.insert(Recipient::chat());
        }
    }
    found
}

/// Who is told of an alert of this rule. `inhibited`: another alert that fires explains it. `failing`: channels that take
/// nothing; an alert about them goes by the others.
///
/// Those of `alerts.export_empty_mail_to` asked for this one alert and hear of no other, so nothing explains it to them.
#[must_use]
pub fn recipients(rule: Rule, settings: &Settings, inhibited: bool, failing: &BTreeSet<String>) -> Vec<Recipient> {
    let mut found = BTreeSet::new();
    let own = if rule == Rule::ExportEmpty { settings.alerts_export_empty_mail_to.as_str() } else { "" };
    found.extend(addresses(own).map(Recipient::mail));
    if !inhibited {
        found.extend(of_settings(settings, true));
    }
    if rule == Rule::DeliveryDead {
        found.retain(|recipient| !failing.contains(recipient.channel));
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            alerts_mail_to: "it@x.org, boss@x.org".into(),
            alerts_export_empty_mail_to: "service@x.org".into(),
            alerts_chat: true,
            ..Settings::default()
        }
    }

    fn told(rule: Rule, inhibited: bool, failing: &[&str]) -> Vec<String> {
        let failing = failing.iter().map(|name| (*name).to_owned()).collect();
        let found = recipients(rule, &settings(), inhibited, &failing);
        found.into_iter().map(|one| format!("{}:{}", one.channel, one.addressee)).collect()
    }

    #[test]
    fn customer_service_hears_of_an_empty_export_and_of_nothing_else() {
        let all = ["chat:", "log:", "mail:boss@x.org", "mail:it@x.org"];
        assert_eq!(told(Rule::SilentBooth, false, &[]), all);
        assert_eq!(told(Rule::ExportEmpty, false, &[]), [&all[..], &["mail:service@x.org"]].concat());
    }

    #[test]
    fn what_is_explained_is_told_to_those_only_who_asked_for_it() {
        assert_eq!(told(Rule::ExportEmpty, true, &[]), ["mail:service@x.org"]);
        assert_eq!(told(Rule::OldestWaiting, true, &[]), [""; 0]);
    }

    #[test]
    fn that_mail_is_not_delivered_is_not_told_by_mail() {
        assert_eq!(told(Rule::DeliveryDead, false, &["mail"]), ["chat:", "log:"]);
        assert_eq!(told(Rule::DeliveryDead, false, &["chat"]), ["log:", "mail:boss@x.org", "mail:it@x.org"]);
    }

    #[test]
    fn an_address_that_stands_in_both_settings_is_told_once() {
        let both = Settings { alerts_export_empty_mail_to: "it@x.org".into(), ..settings() };
        let mails = recipients(Rule::ExportEmpty, &both, false, &BTreeSet::new());
        assert_eq!(mails.iter().filter(|one| one.addressee == "it@x.org").count(), 1);
    }
}
