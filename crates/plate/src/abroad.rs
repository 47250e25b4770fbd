//! The serials that Canadian provinces and Mexican states put on standard passenger plates, as patterns.
//!
//! Some are series of one state as well (`AA999A` of British Columbia and New Jersey), so whoever weighs issuers must know of them.
//! They say nothing of what a text of the United States may look like: that is asked of [`crate::serial`] alone.
//!
//! Sources, as of 2026: Wikipedia, "Canadian licence plate designs and serial formats"; for Mexico the serials of the federal
//! standard NOM-001-SCT-2, of the plates since 2016 and of those before.

const ABROAD: [(&str, &[&str]); 13] = [
    ("ca-ab", &["AAA9999", "AAA999"]),
    ("ca-bc", &["AA999A", "999AAA", "AAA999"]),
    ("ca-mb", &["AAA999"]),
    ("ca-nb", &["AAA999"]),
    ("ca-nl", &["AAA999"]),
    ("ca-ns", &["AAA999"]),
    ("ca-nt", &["999999"]),
    ("ca-nu", &["999999"]),
    ("ca-on", &["AAAA999", "AAA999"]),
    ("ca-pe", &["99AA9"]),
    ("ca-qc", &["A99AAA", "AAA999", "999AAA"]),
    ("ca-sk", &["999AAA"]),
    ("ca-yt", &["AAA999"]),
];

/// Of every state of Mexico.
const OF_MEXICO: &[&str] = &["AAA999A", "AAA9999"];

/// The patterns of a province's or a Mexican state's plates, the one issued today first; empty of others.
pub(crate) fn patterns(code: &str) -> &'static [&'static str] {
    if code.starts_with("mx-") {
        return OF_MEXICO;
    }
    ABROAD.iter().find(|(province, _)| *province == code).map_or(&[], |(_, patterns)| *patterns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::{ISSUERS, IssuerKind};

    #[test]
    fn every_province_and_mexican_state_has_patterns_and_nobody_else() {
        for issuer in ISSUERS {
            let is_abroad = matches!(issuer.kind, IssuerKind::Province | IssuerKind::MexicanState);
            assert_eq!(!patterns(issuer.code).is_empty(), is_abroad, "{}", issuer.code);
        }
        let mut all = ABROAD.iter().flat_map(|(_, patterns)| *patterns).chain(OF_MEXICO);
        assert!(all.all(|pattern| pattern.bytes().all(|b| b == b'A' || b == b'9')));
    }
}
