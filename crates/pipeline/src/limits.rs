//! The limits that hold for each recogniser.

use crate::recognizer::Recognizer;
use crate::settings::Settings;

/// What protects a recogniser and the purse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Calls in flight over all replicas; 0 pauses it.
    pub concurrency: u32,
    /// What holds for services only.
    pub service: Option<ServiceLimits>,
}

/// Limits of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceLimits {
    /// Evenly spaced.
    pub calls_per_second: f64,
    /// Per UTC day.
    pub calls_per_day: u64,
    /// Per UTC day, in millionths of the accounting currency.
    pub money_per_day_micros: u64,
}

impl Limits {
    /// The limits in force.
    #[must_use]
    pub fn of(recognizer: Recognizer, settings: &Settings) -> Self {
        let (concurrency, calls_per_second, calls_per_day, money_per_day_micros) = match recognizer {
            Recognizer::InProcess => return Self { concurrency: settings.reading_concurrency, service: None },
            Recognizer::AzureVision => (
                settings.azure_vision_concurrency,
                settings.azure_vision_calls_per_second,
                settings.azure_vision_calls_per_day,
                settings.azure_vision_money_per_day_micros,
            ),
            Recognizer::PlateRecognizer => (
                settings.plate_recognizer_concurrency,
                settings.plate_recognizer_calls_per_second,
                settings.plate_recognizer_calls_per_day,
                settings.plate_recognizer_money_per_day_micros,
            ),
            Recognizer::Custom => (
                settings.custom_concurrency,
                settings.custom_calls_per_second,
                settings.custom_calls_per_day,
                settings.custom_money_per_day_micros,
            ),
        };
        // Zero for readings pauses reading as a whole, whoever reads.
        let concurrency = if settings.reading_concurrency == 0 { 0 } else { concurrency };
        Self { concurrency, service: Some(ServiceLimits { calls_per_second, calls_per_day, money_per_day_micros }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DEFINITIONS, Kind};

    #[test]
    fn every_recogniser_can_be_chosen_and_every_service_has_its_limits_as_settings() {
        let names: Vec<_> = Recognizer::ALL.iter().map(|r| r.as_str()).collect();
        for setting in ["reading.recognizer", "reading.second_recognizer"] {
            let kind = DEFINITIONS.iter().find(|d| d.name == setting).unwrap().kind;
            assert_eq!(kind, Kind::Word(&["in-process", "azure-vision", "plate-recognizer", "custom"]));
            assert_eq!(names, ["in-process", "azure-vision", "plate-recognizer", "custom"]);
        }
        for service in Recognizer::ALL.iter().copied().filter(|r| r.is_service()) {
            let changes = [("concurrency", "7"), ("calls_per_second", "0.5"), ("calls_per_day", "8")];
            let names: Vec<_> = changes.iter().map(|(name, value)| (format!("{service}.{name}"), *value)).collect();
            let money = (format!("{service}.money_per_day_micros"), "9");
            let changes = names.iter().chain([&money]).map(|(name, value)| (name.as_str(), *value));
            let limits = Limits::of(service, &Settings::from_changes(changes).unwrap());
            let expected = ServiceLimits { calls_per_second: 0.5, calls_per_day: 8, money_per_day_micros: 9 };
            assert_eq!(limits, Limits { concurrency: 7, service: Some(expected) });
        }
    }

    #[test]
    fn pausing_reading_pauses_services_too() {
        let paused = Settings { reading_concurrency: 0, ..Settings::default() };
        for recognizer in Recognizer::ALL {
            assert_eq!(Limits::of(*recognizer, &paused).concurrency, 0);
        }
    }
}
