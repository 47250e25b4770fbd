//! Settings as they are stored: only what differs from the defaults.

use tollbooth_pipeline::settings::Settings;

use crate::Ledger;
use crate::db::Db;
use crate::error::LedgerError;

/// Name and JSON value of a setting that differs from its default.
pub type SettingText = (String, String);

impl<D: Db> Ledger<D> {
    /// Settings that differ from their defaults, by name.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn changed_settings(&self) -> Result<Vec<SettingText>, LedgerError> {
        self.run("SELECT name, value FROM setting ORDER BY name", &[])?
            .into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok((columns.text()?, columns.text()?))
            })
            .collect()
    }
}

/// The settings in force.
///
/// # Errors
/// `Damaged` when the stored ones are not valid together: a change is checked as a whole before it is stored, so
/// somebody else wrote them, or an older program runs on a newer ledger.
pub(crate) fn in_force(changes: &[SettingText]) -> Result<Settings, LedgerError> {
    Settings::from_changes(changes.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| LedgerError::Damaged(format!("the stored settings are not valid: {e}")))
}

/// Seconds of a setting as milliseconds.
pub(crate) fn seconds_ms(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}
