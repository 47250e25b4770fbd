//! What a reviewer decides.

use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::RejectCode;

/// A reviewer's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can be billed.
    Plate {
        /// Capital letters and digits.
        plate: String,
        /// `us-tx`
        jurisdiction: String,
        /// The same or nearly the same plate moments apart is another crossing, says the reviewer.
        another_crossing: bool,
        /// What looks like a placeholder is what the vehicle's plate says, says the reviewer.
        confirm_placeholder: bool,
        /// What kind of plate it is, where the reviewer says so.
        plate_type: Option<PlateType>,
    },
    /// It cannot.
    Reject {
        /// Why.
        code: RejectCode,
        /// Needed for [`RejectCode::Other`].
        remark: Option<String>,
    },
}
