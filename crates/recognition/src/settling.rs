//! From what several looks found to the plates of the photo.
//!
//! Views of the same spot are one plate; their readings vote. A plate that every reading agrees on, clearly
//! and without any doubt about which plate it is, is certain, and nobody looks further.

use crate::look::{Look, View};
use tollbooth_plate::{Doubt, PlateSighting, TextLine, consensus};

/// Probability that the least sure character must have, on average over the readings, to be certain.
const CERTAIN_CHARACTER: f32 = 0.85;
/// Readings that must agree to be certain.
const CERTAIN_VOTES: u32 = 3;
/// Characters of a text that can be certain; shorter ones are often parts of something.
const CERTAIN_LENGTH: u32 = 5;

/// Several views of one plate, the best one first.
pub(crate) struct Group<'a> {
    pub views: Vec<&'a View>,
    /// Sum over the looks of the score in each.
    pub score: f32,
}

/// The plates that the looks found, best first. Views are one plate when they lie on the same spot.
pub(crate) fn groups<'a>(looks: &[&'a Look]) -> Vec<Group<'a>> {
    let mut views: Vec<&View> = looks.iter().flat_map(|look| &look.views).collect();
    views.sort_by(|a, b| b.sighting.score.total_cmp(&a.sighting.score));
    let mut out: Vec<Group> = Vec::new();
    for view in views {
        let score = view.sighting.score;
        let here = |group: &&mut Group| group.views.iter().any(|seen| seen.sighting.overlaps(&view.sighting));
        match out.iter_mut().find(here) {
            Some(group) => {
                group.views.push(view);
                group.score += score;
            }
            None => out.push(Group { views: vec![view], score }),
        }
    }
    out.sort_by(|a, b| b.score.total_cmp(&a.score));
    out
}

/// The photo's plates: each group's best view, settled by the votes of all its views.
pub(crate) fn settle(looks: &[&Look]) -> Vec<PlateSighting> {
    let groups = groups(looks);
    let text_of = |group: &Group| best_text(group).unwrap_or_default();
    let scores: Vec<(String, f32)> = groups.iter().map(|group| (text_of(group), group.score)).collect();
    groups
        .iter()
        .filter_map(|group| {
            let mut sighting = group.views.first()?.sighting.clone();
            let votes: Vec<_> = group.views.iter().flat_map(|view| view.votes.iter().cloned()).collect();
            if let Some(consensus) = consensus::count(&votes) {
                sighting.settle(&consensus);
            }
            sighting.jurisdiction = group.views.iter().filter_map(|view| view.sighting.jurisdiction.clone()).max_by(|a, b| a.confidence.total_cmp(&b.confidence));
            let own = text_of(group);
            let is_rival = |(text, _): &&(String, f32)| !text.contains(&own) && !own.contains(text.as_str());
            let rival = scores.iter().filter(is_rival).map(|(_, score)| *score).fold(0.0, f32::max);
            sighting.score = group.score;
            sighting.weigh(group.score / (group.score + rival).max(f32::EPSILON));
            Some(sighting)
        })
        .collect()
}

fn best_text(group: &Group) -> Option<String> {
    Some(group.views.first()?.sighting.best()?.text.clone())
}

/// True when nothing would be gained by looking again.
pub(crate) fn is_certain(sighting: &PlateSighting) -> bool {
    let evidence = &sighting.evidence;
    let agrees = evidence
        .agreement
        .is_some_and(|agreement| agreement.is_unanimous() && agreement.votes >= CERTAIN_VOTES);
    let is_undoubted = sighting.doubts.iter().all(|doubt| matches!(doubt, Doubt::SmallText));
    agrees && is_undoubted && evidence.weakest_character >= CERTAIN_CHARACTER && evidence.length >= CERTAIN_LENGTH
}

/// The lines of all looks, without those that lie on a line of an earlier look.
pub(crate) fn lines(looks: Vec<Look>) -> Vec<TextLine> {
    let mut out: Vec<TextLine> = Vec::new();
    for look in looks {
        let is_new = |line: &TextLine| !out.iter().any(|seen| seen.quad.covers(line.quad.centre()));
        let mut new: Vec<TextLine> = look.lines.iter().filter(|line| is_new(line)).cloned().collect();
        out.append(&mut new);
    }
    out
}
