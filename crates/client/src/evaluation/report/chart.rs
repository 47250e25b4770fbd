//! The two diagrams of a report, as SVG. Coordinates are pixels of the view box.

use std::fmt::Write as _;

use super::super::reliability::Bin;
use super::super::threshold::Threshold;

const SIDE: f64 = 360.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 46.0;
const BOTTOM: f64 = 40.0;
/// The right axis ends here: a share of wrong bills that is far beyond any use.
const MOST_WRONG: f64 = 0.2;
const TENTHS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// Share right over what was told, `along`.
pub(super) fn reliability(bins: &[Bin], along: &str) -> String {
    let mut svg = frame(along, "share right");
    let _ = write!(
        svg,
        "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"var(--line)\" stroke-dasharray=\"5 4\"/>",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for bin in bins {
        let (at, [low, high]) = (x(bin.mean_confidence), bin.right_interval);
        let _ = write!(
            svg,
            "<circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"6\" fill=\"none\" stroke=\"var(--one)\"/>\
             <line x1=\"{at:.1}\" y1=\"{:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"var(--one)\"/>\
             <circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"var(--one)\"><title>{:.2} to {:.2}: {} photos</title>\
             </circle><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            y(bin.right_folded),
            y(low),
            y(high),
            y(bin.right),
            bin.from,
            bin.to,
            bin.photos,
            at - 7.0,
            y(bin.right) + 4.0,
            bin.photos
        );
    }
    svg + "</svg>"
}

/// Accepted and wrong shares over the threshold.
pub(super) fn thresholds(curve: &[Threshold]) -> String {
    let mut svg = frame("judge.min_confidence", "accepted");
    for tenth in TENTHS {
        let label = format!("{:.0} %", tenth * MOST_WRONG * 100.0);
        let _ = write!(svg, "<text x=\"{}\" y=\"{}\" fill=\"var(--two)\">{label}</text>", x(1.0) + 5.0, y(tenth) + 4.0);
    }
    svg.push_str(&line(curve.iter().map(|step| (step.min_confidence, step.accepted)), "var(--one)"));
    let wrong = curve.iter().map(|step| (step.min_confidence, (step.wrong_accepted / MOST_WRONG).min(1.0)));
    svg.push_str(&line(wrong, "var(--two)"));
    svg + "</svg>"
}

fn line(points: impl Iterator<Item = (f64, f64)>, colour: &str) -> String {
    let points: Vec<String> = points.map(|(along, up)| format!("{:.1},{:.1}", x(along), y(up))).collect();
    format!("<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", points.join(" "))
}

/// Axes from 0 to 1 with their names.
fn frame(along: &str, up: &str) -> String {
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" width=\"452\" role=\"img\" aria-label=\"{up} by {along}\">\
         <rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"var(--line)\"/>",
        LEFT + SIDE + RIGHT,
        TOP + SIDE + BOTTOM
    );
    for tenth in TENTHS {
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{tenth:.1}</text>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.0} %</text>",
            x(tenth),
            y(0.0) + 16.0,
            LEFT - 5.0,
            y(tenth) + 4.0,
            tenth * 100.0
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{along}</text><text x=\"{}\" y=\"{}\">{up}</text>",
        x(0.5),
        y(0.0) + 34.0,
        LEFT + 6.0,
        TOP + 14.0
    );
    svg
}

fn x(share: f64) -> f64 {
    LEFT + share * SIDE
}

fn y(share: f64) -> f64 {
    TOP + (1.0 - share) * SIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_stands_at_its_confidence_and_share() {
        let bin = Bin {
            from: 0.4,
            to: 0.6,
            photos: 7,
            mean_confidence: 0.5,
            right: 1.0,
            right_interval: [0.59, 1.0],
            right_folded: 1.0,
        };
        let svg = reliability(&[bin], "confidence");
        assert!(svg.contains("cx=\"226.0\" cy=\"12.0\"") && svg.contains("0.40 to 0.60: 7 photos"), "{svg}");
    }

    #[test]
    fn wrong_shares_beyond_the_axis_stay_in_the_picture() {
        let step =
            Threshold { min_confidence: 0.5, accepted: 0.5, wrong_accepted: 0.9, wrong_interval: [0.0, 1.0], wrong: 9 };
        assert!(thresholds(&[step]).contains("points=\"226.0,12.0\""), "clipped to the upper edge");
    }
}
