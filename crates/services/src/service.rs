//! What an adapter implements: everything else about answering `POST /read` is the same for all.

use tollbooth_recognizer_contract::{Description, Failure, Hints, Reading};

use crate::{Call, Fitted, PhotoLimits, Reply, Secret};

/// A recognition service, with its settings.
pub trait Service {
    /// Who reads, and for how much.
    fn description(&self) -> Description;

    /// What photos the service takes; others are made to fit before [`Self::call`].
    fn photo_limits(&self) -> PhotoLimits;

    /// The key that the service is called with. It is taken out of every text that leaves the adapter.
    fn secret(&self) -> &Secret;

    /// The request that has a photo read.
    ///
    /// # Errors
    /// `unauthorized` when a setting is missing or wrong; the text names the variable. Nobody is called then.
    fn call(&self, photo: &Fitted<'_>, hints: &Hints) -> Result<Call, Failure>;

    /// What the reply means.
    ///
    /// # Errors
    /// The class of whatever is no reading.
    fn understand(&self, reply: &Reply<'_>, photo: &Fitted<'_>, hints: &Hints) -> Result<Reading, Failure>;
}
