//! How the plates of each state look and how their serials are formed.
//!
//! Colours and series follow common passenger plates; art work is left out. Nothing here is a
//! check of a serial: real plates have more series than a table can hold.

use crate::tone::Tone;
use crate::typeface::Face;

/// The issuers that have a design, as ISO 3166-2 codes in lower case.
pub const JURISDICTIONS: [&str; 13] = [
    "us-tx", "us-ok", "us-nm", "us-ar", "us-ks", "us-la", "us-co", "us-mo", "us-ca", "us-az", "us-fl", "us-il", "us-ny",
];

/// Letters without those that look like digits.
const NO_LOOKALIKES: &str = "ABCDEFGHJKLMNPRSTUVWXYZ";
/// Texas leaves out vowels as well, so that no words appear.
pub(crate) const CONSONANTS: &str = "BCDFGHJKLMNPRSTVWXYZ";

/// What stands between the groups of a serial; it is not part of the serial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// A gap.
    Space,
    /// A raised dot.
    Dot,
    /// A short bar.
    Bar,
    /// A filled emblem of about a character's width: state outline or seal.
    Emblem,
}

/// One plate design.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Design {
    /// Issuer, one of [`JURISDICTIONS`].
    pub(crate) jurisdiction: &'static str,
    /// The state's name as on the plate.
    pub(crate) header: &'static str,
    /// Slogan at the lower edge.
    pub(crate) footer: &'static str,
    /// Colour of the sheet at its upper edge.
    pub(crate) sheet_top: Tone,
    /// Colour of the sheet at its lower edge.
    pub(crate) sheet_bottom: Tone,
    /// Colour of the serial.
    pub(crate) ink: Tone,
    /// Colour of header and footer.
    pub(crate) header_ink: Tone,
    /// `L` letter, `#` digit, `1` digit but not zero, `-` separator.
    pub(crate) pattern: &'static str,
    /// Letters the series uses.
    pub(crate) letters: &'static str,
    /// What is painted for `-`.
    pub(crate) separator: Separator,
    /// Typeface of the serial.
    pub(crate) face: Face,
}

const WHITE_PLATE: Design = Design {
    jurisdiction: "us-tx",
    header: "TEXAS",
    footer: "THE LONE STAR STATE",
    sheet_top: Tone::rgb(238, 240, 242),
    sheet_bottom: Tone::rgb(228, 231, 235),
    ink: Tone::rgb(22, 22, 26),
    header_ink: Tone::rgb(24, 28, 48),
    pattern: "LLL-####",
    letters: CONSONANTS,
    separator: Separator::Dot,
    face: Face::Condensed,
};

/// Every design; a state may have several.
pub(crate) const DESIGNS: [Design; 16] = [
    WHITE_PLATE,
    Design {
        sheet_top: Tone::rgb(196, 216, 236),
        sheet_bottom: Tone::rgb(240, 238, 232),
        separator: Separator::Space,
        footer: "",
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-ok",
        header: "OKLAHOMA",
        footer: "IMAGINE THAT",
        sheet_top: Tone::rgb(206, 226, 238),
        sheet_bottom: Tone::rgb(236, 240, 240),
        ink: Tone::rgb(26, 34, 62),
        header_ink: Tone::rgb(178, 34, 40),
        pattern: "LLL-###",
        letters: NO_LOOKALIKES,
        separator: Separator::Emblem,
        face: Face::Noto,
    },
    Design {
        jurisdiction: "us-ok",
        header: "OKLAHOMA",
        footer: "NATIVE AMERICA",
        sheet_top: Tone::rgb(242, 242, 238),
        sheet_bottom: Tone::rgb(222, 230, 226),
        ink: Tone::rgb(20, 60, 44),
        header_ink: Tone::rgb(20, 60, 44),
        pattern: "###-LLL",
        letters: NO_LOOKALIKES,
        separator: Separator::Space,
        face: Face::Condensed,
    },
    Design {
        jurisdiction: "us-nm",
        header: "NEW MEXICO USA",
        footer: "LAND OF ENCHANTMENT",
        sheet_top: Tone::rgb(236, 198, 52),
        sheet_bottom: Tone::rgb(236, 198, 52),
        ink: Tone::rgb(166, 30, 34),
        header_ink: Tone::rgb(166, 30, 34),
        pattern: "LLL-###",
        letters: NO_LOOKALIKES,
        separator: Separator::Emblem,
        face: Face::Sans,
    },
    Design {
        jurisdiction: "us-nm",
        header: "NEW MEXICO USA",
        footer: "LAND OF ENCHANTMENT",
        sheet_top: Tone::rgb(32, 150, 156),
        sheet_bottom: Tone::rgb(32, 150, 156),
        ink: Tone::rgb(246, 218, 76),
        header_ink: Tone::rgb(246, 218, 76),
        pattern: "LLL-###",
        letters: NO_LOOKALIKES,
        separator: Separator::Dot,
        face: Face::Sans,
    },
    Design {
        jurisdiction: "us-ar",
        header: "ARKANSAS",
        footer: "THE NATURAL STATE",
        pattern: "LLL-##L",
        letters: NO_LOOKALIKES,
        sheet_bottom: Tone::rgb(214, 226, 232),
        header_ink: Tone::rgb(140, 24, 30),
        separator: Separator::Space,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-ks",
        header: "KANSAS",
        footer: "TO THE STARS",
        pattern: "###-LLL",
        letters: NO_LOOKALIKES,
        sheet_top: Tone::rgb(178, 208, 226),
        sheet_bottom: Tone::rgb(214, 224, 206),
        ink: Tone::rgb(20, 34, 74),
        separator: Separator::Space,
        face: Face::Sans,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-la",
        header: "LOUISIANA",
        footer: "SPORTSMAN'S PARADISE",
        pattern: "###-LLL",
        letters: NO_LOOKALIKES,
        ink: Tone::rgb(24, 38, 90),
        header_ink: Tone::rgb(150, 26, 40),
        separator: Separator::Emblem,
        face: Face::Noto,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-co",
        header: "COLORADO",
        footer: "",
        pattern: "LLL-L##",
        letters: NO_LOOKALIKES,
        sheet_top: Tone::rgb(236, 240, 236),
        sheet_bottom: Tone::rgb(176, 208, 180),
        ink: Tone::rgb(14, 70, 44),
        header_ink: Tone::rgb(14, 70, 44),
        separator: Separator::Bar,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-mo",
        header: "MISSOURI",
        footer: "SHOW-ME STATE",
        pattern: "LL#-L#L",
        letters: NO_LOOKALIKES,
        ink: Tone::rgb(24, 40, 92),
        header_ink: Tone::rgb(24, 40, 92),
        separator: Separator::Space,
        face: Face::Sans,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-ca",
        header: "CALIFORNIA",
        footer: "DMV.CA.GOV",
        pattern: "1LLL###",
        letters: NO_LOOKALIKES,
        ink: Tone::rgb(28, 38, 96),
        header_ink: Tone::rgb(186, 32, 44),
        separator: Separator::Space,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-az",
        header: "ARIZONA",
        footer: "GRAND CANYON STATE",
        pattern: "LLL####",
        letters: NO_LOOKALIKES,
        sheet_top: Tone::rgb(160, 190, 206),
        sheet_bottom: Tone::rgb(232, 196, 148),
        ink: Tone::rgb(30, 66, 52),
        header_ink: Tone::rgb(90, 46, 110),
        separator: Separator::Space,
        face: Face::Noto,
    },
    Design {
        jurisdiction: "us-fl",
        header: "MYFLORIDA.COM",
        footer: "SUNSHINE STATE",
        pattern: "LLL-L##",
        letters: NO_LOOKALIKES,
        ink: Tone::rgb(16, 86, 62),
        header_ink: Tone::rgb(16, 86, 62),
        separator: Separator::Emblem,
        face: Face::Sans,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-il",
        header: "ILLINOIS",
        footer: "LAND OF LINCOLN",
        pattern: "LL-#####",
        letters: NO_LOOKALIKES,
        sheet_top: Tone::rgb(176, 204, 226),
        ink: Tone::rgb(176, 32, 44),
        header_ink: Tone::rgb(34, 52, 110),
        separator: Separator::Space,
        ..WHITE_PLATE
    },
    Design {
        jurisdiction: "us-ny",
        header: "NEW YORK",
        footer: "EXCELSIOR",
        pattern: "LLL-####",
        letters: NO_LOOKALIKES,
        sheet_top: Tone::rgb(238, 196, 84),
        sheet_bottom: Tone::rgb(238, 190, 70),
        ink: Tone::rgb(24, 34, 74),
        header_ink: Tone::rgb(24, 34, 74),
        separator: Separator::Bar,
        face: Face::Noto,
    },
];

/// All designs of one issuer.
pub(crate) fn designs_of(jurisdiction: &str) -> Vec<Design> {
    DESIGNS.iter().filter(|design| design.jurisdiction == jurisdiction).copied().collect()
}

/// The plainest design; what an unknown issuer would get if options were not checked.
pub(crate) const PLAIN: Design = WHITE_PLATE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jurisdiction_has_a_design_and_every_design_a_jurisdiction() {
        assert!(JURISDICTIONS.iter().all(|code| !designs_of(code).is_empty()));
        assert!(DESIGNS.iter().all(|design| JURISDICTIONS.contains(&design.jurisdiction)));
    }

    #[test]
    fn every_pattern_consists_of_known_marks_and_fits_a_plate() {
        for design in DESIGNS {
            assert!(design.pattern.chars().all(|mark| matches!(mark, 'L' | '#' | '1' | '-')));
            let characters = design.pattern.chars().filter(|mark| *mark != '-').count();
            assert!((6..=7).contains(&characters), "{}", design.header);
        }
    }
}
