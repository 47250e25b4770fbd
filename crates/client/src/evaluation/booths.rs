//! Which state's booth each photo of an evaluation passes.

use tollbooth_pipeline::ident::check_jurisdiction;

use super::truth::TruthRow;

/// Where photos are sent. By default each goes to a booth of its plate's own state.
#[derive(Debug, Clone, Copy)]
pub struct BoothChoice<'a> {
    /// Everything goes to a booth of this jurisdiction (`us-tx`), as at a real plaza.
    pub everywhere: Option<&'a str>,
    /// Without `everywhere`: where photos go whose plate has no jurisdiction in the table, or an issuer that has no toll
    /// booths, like a government or a nation.
    pub otherwise: &'a str,
}

impl<'a> BoothChoice<'a> {
    /// The jurisdiction of the booth that a photo passes.
    #[must_use]
    pub fn of(&self, row: &'a TruthRow) -> &'a str {
        let own = || row.jurisdiction.as_deref().and_then(subdivision);
        self.everywhere.or_else(own).unwrap_or(self.otherwise)
    }
}

/// A booth's jurisdiction as an operator types it.
///
/// # Errors
/// What it must be, for what is no state or province: booths stand in those alone.
pub fn booth_jurisdiction(text: &str) -> Result<String, String> {
    check_jurisdiction(text).map_err(|error| error.to_string())?;
    match subdivision(text) {
        Some(code) if code == text => Ok(text.to_owned()),
        _ => Err("must be a state or province, like us-tx".to_owned()),
    }
}

/// The state or province of an issuer: `us-tx` of its passenger plates and of plates it keeps apart, like
/// `us-tx-temporary`; none of an issuer that is neither.
fn subdivision(code: &str) -> Option<&str> {
    let mut parts = code.splitn(3, '-').map(str::len);
    (parts.next() == Some(2) && parts.next() == Some(2)).then(|| code.get(..5)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(jurisdiction: Option<&str>) -> TruthRow {
        TruthRow { jurisdiction: jurisdiction.map(str::to_owned), ..TruthRow::default() }
    }

    #[test]
    fn each_photo_passes_a_booth_of_its_own_state_unless_one_is_chosen_for_all() {
        let own = BoothChoice { everywhere: None, otherwise: "us-ca" };
        for (issuer, booth) in
            [("us-ok", "us-ok"), ("us-tx-temporary", "us-tx"), ("us-gov", "us-ca"), ("us-osage-nation", "us-ca")]
        {
            let issuer = Some(issuer);
            assert_eq!(own.of(&row(issuer)), booth);
        }
        assert_eq!(booth_jurisdiction("us-tx").as_deref(), Ok("us-tx"));
        assert!(["texas", "us-tz", "mx-tam"].iter().all(|code| booth_jurisdiction(code).is_err()));
        assert_eq!(own.of(&row(None)), "us-ca");
        let texas = BoothChoice { everywhere: Some("us-tx"), ..own };
        assert_eq!((texas.of(&row(Some("us-ok"))), texas.of(&row(None))), ("us-tx", "us-tx"));
    }
}
