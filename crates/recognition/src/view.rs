//! What one look at a photo found.

use tollbooth_plate::{PlateSighting, Spelling, TextLine};

/// A plate as one look saw it, with all its readings.
pub(crate) struct View {
    pub sighting: PlateSighting,
    /// The text as found, then as read from other crops; of a plate with a stacked pair, what was read with the pair laid
    /// flat.
    pub votes: Vec<Spelling>,
    /// True when two small letters above each other were read.
    pub is_stacked: bool,
    /// True when it has been read from every crop, so that reading it again would only mix what must not be mixed.
    pub is_reread: bool,
}

/// What one look found.
pub(crate) struct Look {
    pub lines: Vec<TextLine>,
    /// Most plausible first.
    pub views: Vec<View>,
}
