//! What hangs around a plate: dealers, teams and schools, some of another state than the plate's.

use crate::dice::Dice;
use crate::frame_plan::FramePlan;

use super::designs::Heading;
use super::{RoadCase, RoadOptions};

/// A frame with its writing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) bars: FramePlan,
    /// The state that it names in words, `us-tx`.
    pub(crate) names: Option<&'static str>,
}

/// Writing above and below, and the state it names.
#[derive(Debug, Clone, Copy)]
struct Writing {
    above: &'static str,
    below: &'static str,
    names: Option<&'static str>,
}

const fn team(names: &'static str, above: &'static str, below: &'static str) -> Writing {
    Writing { above, below, names: Some(names) }
}

const fn dealer(above: &'static str, below: &'static str) -> Writing {
    Writing { above, below, names: None }
}

/// Frames that people carry from one state into another.
const OF_STATES: [Writing; 16] = [
    team("us-tx", "TEXAS", "LONGHORNS"),
    team("us-tx", "TEXAS A&M", "AGGIES"),
    team("us-ok", "OKLAHOMA", "SOONERS"),
    team("us-ok", "BOOMER SOONER", "OKLAHOMA"),
    team("us-ar", "ARKANSAS", "RAZORBACKS"),
    team("us-nm", "NEW MEXICO", "LOBOS"),
    team("us-al", "ALABAMA", "CRIMSON TIDE"),
    team("us-fl", "FLORIDA", "GATORS"),
    team("us-ga", "GEORGIA", "BULLDOGS"),
    team("us-mi", "MICHIGAN", "WOLVERINES"),
    team("us-ks", "KANSAS", "JAYHAWKS"),
    team("us-ne", "NEBRASKA", "HUSKERS"),
    team("us-tn", "TENNESSEE", "VOLS"),
    team("us-ca", "CALIFORNIA", "GOLDEN BEARS"),
    // A city that is called like another state's people.
    team("us-ks", "KANSAS CITY", "CHIEFS"),
    team("us-co", "COLORADO", "UNIVERSITY"),
];

/// Cities and makes; two are called like a state, and are none here.
const OF_DEALERS: [Writing; 12] = [
    dealer("HUB CITY FORD", "AMARILLO"),
    dealer("RIVER AUTO", "WACO"),
    dealer("PRAIRIE HONDA", "WICHITA FALLS"),
    dealer("MESA MOTOR CO", "EL PASO"),
    dealer("ROUTE 66 AUTO MALL", "TULSA"),
    dealer("BAYOU TOYOTA", "HOUSTON"),
    dealer("METRO NISSAN", "DALLAS"),
    dealer("ALAMO KIA", "SAN ANTONIO"),
    dealer("CAPITAL MAZDA", "AUSTIN"),
    dealer("GULF RAM", "LAKE CHARLES"),
    dealer("BIG SKY CHEVROLET", "MIDLAND"),
    dealer("PIKE AUTO", "LITTLE ROCK"),
];

/// Of all frames, those that name a state.
const STATE_SHARE: f32 = 0.15;
/// Frames that cover nothing, and those that cover half of what stands at an edge; the others cover all of it.
const THIN_SHARE: f32 = 0.55;
const HALF_SHARE: f32 = 0.15;

/// Draws the frame of a plate that has one.
pub(super) fn draw(framed: bool, issuer: &str, heading: Heading, road: &RoadOptions, dice: &mut Dice) -> Option<Frame> {
    let forced = matches!(road.only, Some(RoadCase::ForeignFrame | RoadCase::SloganOnly));
    let foreign = road.only == Some(RoadCase::ForeignFrame);
    let of_state = dice.chance(STATE_SHARE) || foreign;
    let writing = if of_state { of_state_writing(issuer, foreign, dice) } else { dice.pick(&OF_DEALERS) };
    let (above, below) = (thickness(dice), thickness(dice));
    // Frames stand out over the plate, so a thin one has room for writing too.
    let mut bars =
        FramePlan { top: above, bottom: below, chrome: dice.chance(0.35), above: writing.above, below: writing.below };
    if road.only == Some(RoadCase::SloganOnly) {
        (bars.top, bars.bottom) = if heading.below { (6.0, 34.0) } else { (34.0, 6.0) };
    }
    (framed || forced).then_some(Frame { bars, names: writing.names })
}

fn of_state_writing(issuer: &str, foreign: bool, dice: &mut Dice) -> Writing {
    loop {
        let writing = dice.pick(&OF_STATES);
        if !foreign || writing.names.is_some_and(|code| !issuer.starts_with(code)) {
            return writing;
        }
    }
}

/// How far a bar reaches over the plate, in millimetres.
fn thickness(dice: &mut Dice) -> f32 {
    let (sort, share) = (dice.unit(), dice.unit());
    if sort < THIN_SHARE {
        4.0 + share * 5.0
    } else if sort < THIN_SHARE + HALF_SHARE {
        14.0 + share * 8.0
    } else {
        31.0
    }
}
