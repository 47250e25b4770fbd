//! Paints the writing on vehicles that is no badge.

use crate::plan::VehiclePlan;
use crate::stage::{Lettering, Stage};
use crate::tone::Tone;
use crate::typeface::{Face, TextStyle};

/// Paints what a vehicle carries onto its tail.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &VehiclePlan) {
    let plane = plan.pose.across(-0.014);
    let bright = (plan.paint.red + plan.paint.green + plan.paint.blue) / 3.0 > 0.45;
    let tone = if bright { Tone::rgb(24, 30, 60) } else { Tone::WHITE };
    for marking in &plan.markings {
        let style = TextStyle { face: Face::Sans, capital: marking.capital, squeeze: 0.9, tracking: 0.1 };
        let line = Lettering { text: &marking.text, style, x: marking.x, y: marking.y, widest: marking.widest };
        stage.letters(&plane, line, tone);
    }
}
