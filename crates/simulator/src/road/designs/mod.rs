//! How the plates of every issuer look, as text and colour: name, slogans, sheet, ink.
//!
//! Art work is left out. Common passenger bases of recent years, from the published tables of designs (Wikipedia, "United
//! States license plate designs and serial formats", "Vehicle registration plates of Canada" and "of Mexico", as of mid
//! 2025). Several bases of one issuer are on the road together. What is not in the tables gets a plain sheet with the
//! issuer's name.

mod abroad;
mod states;

use tollbooth_plate::issuer::{Issuer, IssuerKind};

use crate::design::{self, Design, Separator};
use crate::dice::Dice;
use crate::tone::Tone;
use crate::typeface::Face;

use super::PlateKind;

/// How the issuer's name stands on a plate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heading {
    pub(crate) face: Face,
    /// Height of its capitals in millimetres.
    pub(crate) capital: f32,
    /// Whether it stands at the lower edge, and the slogan at the upper one.
    pub(crate) below: bool,
}

/// One base of one issuer.
#[derive(Debug, Clone, Copy)]
struct Look {
    code: &'static str,
    name: &'static str,
    /// One of them stands at the other edge; counties are no slogans, but stand there too.
    slogans: &'static [&'static str],
    /// Colours of the sheet at its upper and lower edge.
    sheet: (Tone, Tone),
    ink: Tone,
    name_ink: Tone,
    separator: Separator,
    face: Face,
    /// How the name is written.
    name_face: Face,
    /// Whether the name stands at the lower edge.
    below: bool,
}

impl Look {
    const fn of(
        code: &'static str,
        name: &'static str,
        slogans: &'static [&'static str],
        sheet: (Tone, Tone),
        ink: Tone,
        name_ink: Tone,
    ) -> Self {
        Self {
            code,
            name,
            slogans,
            sheet,
            ink,
            name_ink,
            separator: Separator::Space,
            face: Face::Condensed,
            name_face: Face::Sans,
            below: false,
        }
    }

    const fn below(self) -> Self {
        Self { below: true, ..self }
    }

    /// The name in lettering that leans and has feet, as near to script as the typefaces here come.
    const fn script(self) -> Self {
        Self { name_face: Face::Script, ..self }
    }

    const fn sans(self) -> Self {
        Self { face: Face::Sans, ..self }
    }

    const fn noto(self) -> Self {
        Self { face: Face::Noto, ..self }
    }

    const fn between(self, separator: Separator) -> Self {
        Self { separator, ..self }
    }
}

const WHITE: Tone = Tone::rgb(238, 240, 242);
const IVORY: Tone = Tone::rgb(236, 230, 210);
const SKY: Tone = Tone::rgb(176, 206, 232);
const BLUE: Tone = Tone::rgb(38, 82, 150);
const NAVY: Tone = Tone::rgb(24, 36, 86);
const BLACK: Tone = Tone::rgb(22, 22, 26);
const RED: Tone = Tone::rgb(178, 34, 40);
const GREEN: Tone = Tone::rgb(16, 82, 56);
const GOLD: Tone = Tone::rgb(238, 196, 66);
const ROSE: Tone = Tone::rgb(236, 206, 204);
const SAND: Tone = Tone::rgb(232, 200, 152);

/// Height of a name's capitals on the plate, in millimetres; about what most issuers print.
const NAME_MM: f32 = 20.0;
/// Of names that have to share the width with many letters.
const LONG_NAME_MM: f32 = 16.0;
/// From this many letters on.
const LONG_NAME: usize = 14;

/// One of the issuer's bases, and how its name is written.
pub(super) fn draw(issuer: &Issuer, kind: PlateKind, dice: &mut Dice) -> (Design, Heading) {
    let bases = bases(issuer);
    let (at, slogan) = (dice.below(bases.len()), dice.unit());
    let look = bases.get(at).copied().unwrap_or_else(|| plain(issuer));
    let index = (slogan * look.slogans.len() as f32) as usize;
    let slogan = look.slogans.get(index).copied().unwrap_or_default();
    let mut design = Design {
        jurisdiction: issuer.code,
        header: look.name,
        footer: slogan,
        sheet_top: look.sheet.0,
        sheet_bottom: look.sheet.1,
        ink: look.ink,
        header_ink: look.name_ink,
        separator: look.separator,
        face: look.face,
        ..design::PLAIN
    };
    // What a plate is for stands where the slogan would.
    match kind {
        // Metal since 2025-07-01 in Texas, in colours by kind (plates.gamepuppet.com); elsewhere paper, mostly white.
        PlateKind::Temporary => {
            design = Design { footer: "TEMPORARY", sheet_top: WHITE, sheet_bottom: WHITE, ink: BLACK, ..design };
        }
        PlateKind::Dealer => design.footer = "DEALER",
        PlateKind::Trailer => design.footer = "TRAILER",
        PlateKind::Standard
        | PlateKind::Personalised
        | PlateKind::Government
        | PlateKind::Nation
        | PlateKind::Foreign => {}
    }
    let capital = if look.name.len() >= LONG_NAME { LONG_NAME_MM } else { NAME_MM };
    (design, Heading { face: look.name_face, capital, below: look.below })
}

fn bases(issuer: &Issuer) -> Vec<Look> {
    let tables = states::LOOKS.iter().chain(&abroad::LOOKS);
    let mut bases: Vec<Look> = tables.filter(|look| look.code == issuer.code).copied().collect();
    let shared: &'static [Design] = &design::DESIGNS;
    bases.extend(shared.iter().filter(|known| known.jurisdiction == issuer.code).map(known));
    bases
}

/// A base that the other presets draw too.
fn known(design: &'static Design) -> Look {
    Look {
        code: design.jurisdiction,
        name: design.header,
        slogans: match design.footer {
            "" => &[],
            _ => std::slice::from_ref(&design.footer),
        },
        sheet: (design.sheet_top, design.sheet_bottom),
        ink: design.ink,
        name_ink: design.header_ink,
        separator: design.separator,
        face: design.face,
        name_face: match design.jurisdiction {
            "us-ca" => Face::Script,
            _ => Face::Sans,
        },
        below: design.jurisdiction == "us-co",
    }
}

/// What an issuer gets that is in no table: nations, whose plates share no base.
fn plain(issuer: &Issuer) -> Look {
    let sheet = match issuer.kind {
        IssuerKind::Nation => (WHITE, SAND),
        _ => (WHITE, WHITE),
    };
    Look::of(issuer.code, issuer.name, &[], sheet, BLACK, NAVY)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tollbooth_plate::{issuer::ISSUERS, jurisdiction};

    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn all_states_and_provinces_have_a_base_of_their_own() {
        let missing: Vec<_> = ISSUERS
            .iter()
            .filter(|issuer| matches!(issuer.kind, IssuerKind::State | IssuerKind::Province))
            .filter(|issuer| bases(issuer).is_empty())
            .map(|issuer| issuer.code)
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn what_is_drawn_names_its_issuer_and_no_other() {
        let mut dice = Dice::new(1, Purpose::Road);
        for issuer in ISSUERS.iter().filter(|issuer| issuer.kind == IssuerKind::State) {
            let names: HashSet<_> = (0..12).map(|_| draw(issuer, PlateKind::Standard, &mut dice).0.header).collect();
            for name in names {
                let read = jurisdiction::read(name, 1.0).map(|read| read.code);
                assert_eq!(read.as_deref(), Some(issuer.code), "{name}");
            }
        }
    }

    #[test]
    fn looks_belong_to_issuers() {
        for look in states::LOOKS.iter().chain(&abroad::LOOKS) {
            assert!(ISSUERS.iter().any(|issuer| issuer.code == look.code), "{}", look.code);
        }
    }
}
