//! From what several looks found to the plates of the photo.
//!
//! Views of the same spot are one plate; their readings vote. A plate that every reading agrees on, clearly
//! and without any doubt about which plate it is, is certain, and nobody looks further.

use crate::view::{Look, View};
use tollbooth_plate::{Doubt, PlateSighting, Spelling, TextLine, consensus, pair, serial};

/// Probability that the least sure contested character must have, on average over the readings, to be certain.
const CERTAIN_CHARACTER: f32 = 0.85;
/// Readings that must agree to be certain.
const CERTAIN_VOTES: u32 = 3;
/// Characters of a text that can be certain; shorter ones are often parts of something, longer ones have a part too many.
const CERTAIN_LENGTHS: std::ops::RangeInclusive<u32> = 5..=7;

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
    let scores: Vec<(String, f32)> = groups.iter().map(|group| (best_text(group), group.score)).collect();
    groups.iter().filter_map(|group| settled(group, &scores)).collect()
}

fn settled(group: &Group, scores: &[(String, f32)]) -> Option<PlateSighting> {
    let mut sighting = group.views.first()?.sighting.clone();
    // Before the votes, for a text that this state does not issue is a doubtful one.
    let named = group.views.iter().filter_map(|view| view.sighting.jurisdiction.as_ref());
    sighting.jurisdiction = named.max_by(|a, b| a.confidence.total_cmp(&b.confidence)).cloned();
    sighting.evidence.has_nearer_text = group.views.iter().any(|view| view.sighting.evidence.has_nearer_text);
    sighting.evidence.is_of_other_register = group.views.iter().any(|view| view.sighting.evidence.is_of_other_register);
    sighting.evidence.has_barred_zeros = group.views.iter().any(|view| view.sighting.evidence.has_barred_zeros);
    // Who saw that small letters are stacked read more than the others did.
    let is_stacked = group.views.iter().any(|view| view.is_stacked);
    if is_stacked {
        sighting.evidence.is_joined = true;
    }
    let readers = group.views.iter().filter(|view| view.is_stacked == is_stacked);
    let votes: Vec<_> = readers.flat_map(|view| view.votes.iter().cloned()).collect();
    if let Some(consensus) = consensus::count(&votes) {
        sighting.settle(&consensus, &votes);
    }
    sighting.votes = votes;
    sighting.issuers = pair::merged(group.views.iter().flat_map(|view| view.sighting.issuers.clone()));
    // A text that is part of the other is the same plate seen in two pieces, not another one.
    let own = best_text(group);
    let is_rival = |(text, _): &&(String, f32)| !text.contains(&own) && !own.contains(text.as_str());
    let rival = scores.iter().filter(is_rival).map(|(_, score)| *score).fold(0.0, f32::max);
    sighting.score = group.score;
    sighting.weigh(group.score / (group.score + rival).max(f32::EPSILON));
    Some(sighting)
}

fn best_text(group: &Group) -> String {
    let best = group.views.first().and_then(|view| view.sighting.best());
    best.map(|candidate| candidate.text.clone()).unwrap_or_default()
}

/// True when nothing would be gained by looking again. A text that no state issues is looked at again, however clear it
/// seems: it is a vanity or truck plate, or one whose character looks like another from afar.
pub(crate) fn is_certain(sighting: &PlateSighting) -> bool {
    let evidence = &sighting.evidence;
    let agrees =
        evidence.agreement.is_some_and(|agreement| agreement.is_unanimous() && agreement.votes >= CERTAIN_VOTES);
    let is_no_hurdle = |doubt: &Doubt| matches!(doubt, Doubt::SmallText | Doubt::LetterOrDigit | Doubt::BarredZeros);
    let is_undoubted = sighting.doubts.iter().all(is_no_hurdle);
    agrees && is_undoubted && evidence.contested_character >= CERTAIN_CHARACTER && may_be_certain(sighting)
}

/// Whether a plate may be certain once it has been read from more crops.
pub(crate) fn may_be_certain(sighting: &PlateSighting) -> bool {
    CERTAIN_LENGTHS.contains(&sighting.evidence.length)
        && sighting.best().is_some_and(|best| serial::fits_any(&best.text))
}

/// Whether all votes so far are for the same text.
pub(crate) fn are_unanimous(votes: &[Spelling]) -> bool {
    consensus::count(votes).is_some_and(|consensus| consensus.agreement.is_unanimous())
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

#[cfg(test)]
mod tests {
    use super::*;
    use tollbooth_plate::{Quad, pick};

    const PHOTO: (u32, u32) = (1280, 720);

    fn line(text: &str, x: f32, width: f32, confidence: f32) -> TextLine {
        TextLine {
            quad: Quad::upright(x, 400.0, width, width / 3.5),
            text: text.to_owned(),
            confidence,
            characters: Vec::new(),
            detection: 0.8,
        }
    }

    /// A look that found these lines and read the foremost plate again as these texts.
    fn look(lines: &[TextLine], rereadings: &[&str]) -> Look {
        let vote = |text: &&str| Spelling { text: (*text).to_owned(), confidence: 0.97, characters: Vec::new() };
        let view = |(index, sighting)| View {
            sighting,
            votes: if index == 0 { rereadings.iter().map(vote).collect() } else { Vec::new() },
            is_stacked: false,
            is_reread: true,
        };
        let views = pick(lines, PHOTO.0, PHOTO.1).into_iter().enumerate().map(view).collect();
        Look { lines: lines.to_vec(), views }
    }

    #[test]
    fn a_plate_that_every_crop_agrees_on_is_certain() {
        let look = look(&[line("ABC1234", 500.0, 100.0, 0.97)], &["ABC1234"; 3]);
        let plates = settle(&[&look]);
        assert_eq!(plates.len(), 1);
        assert!(is_certain(&plates[0]), "{:?}", plates[0]);
    }

    #[test]
    fn disagreement_blur_and_rivals_are_not_certain() {
        let plate = line("ABC1234", 500.0, 100.0, 0.97);
        let disputed = look(std::slice::from_ref(&plate), &["ABC1234", "ABC1234", "A8C1234"]);
        let once = look(std::slice::from_ref(&plate), &["ABC1234"]);
        let rival = look(&[plate, line("XYZ9876", 900.0, 95.0, 0.97)], &["ABC1234"; 3]);
        for look in [disputed, once, rival] {
            let plates = settle(&[&look]);
            assert_eq!(plates[0].candidates[0].text, "ABC1234");
            assert!(!is_certain(&plates[0]), "{:?}", plates[0]);
        }
    }

    #[test]
    fn a_clear_text_that_no_state_issues_is_not_certain() {
        let look = look(&[line("LGLS168", 500.0, 100.0, 0.97)], &["LGLS168"; 3]);
        let plates = settle(&[&look]);
        assert!(plates[0].doubts.is_empty() && !is_certain(&plates[0]), "{:?}", plates[0]);
    }

    #[test]
    fn whoever_read_stacked_letters_overrules_those_who_did_not() {
        let digits = look(&[line("82590", 500.0, 100.0, 0.99)], &["82590"; 3]);
        let mut stacked = look(&[line("82590", 500.0, 100.0, 0.9)], &["PU82590"; 2]);
        stacked.views[0].is_stacked = true;
        stacked.views[0].sighting.stack();
        let plates = settle(&[&digits, &stacked]);
        assert_eq!(plates[0].candidates[0].text, "PU82590");
        assert!(plates[0].doubts.contains(&Doubt::LinesJoined));
        assert!(plates[0].candidates[0].confidence < tollbooth_plate::DEFAULT_ACCEPT_CONFIDENCE);
    }

    #[test]
    fn a_nearer_text_that_any_view_saw_is_a_doubt() {
        let word = line("REDDOG", 100.0, 130.0, 0.95);
        let plate = line("ABC1234", 500.0, 100.0, 0.97);
        let with = look(&[plate.clone(), word], &["ABC1234"; 3]);
        let without = look(&[plate], &["ABC1234"; 3]);
        assert!(settle(&[&without, &with])[0].doubts.contains(&Doubt::NearerText));
        assert!(is_certain(&settle(&[&without])[0]));
    }

    #[test]
    fn views_of_one_spot_vote_together() {
        let cut = look(&[line("BC1234", 515.0, 85.0, 0.9)], &["BC1234", "ABC1234", "BC1234"]);
        let whole = look(&[line("ABC1234", 500.0, 100.0, 0.97)], &["ABC1234"; 3]);
        let plates = settle(&[&cut, &whole]);
        assert_eq!(plates.len(), 1);
        assert_eq!(plates[0].candidates[0].text, "ABC1234");
        let agreement = plates[0].evidence.agreement.unwrap();
        assert_eq!((agreement.votes, agreement.agreeing), (6, 4));
        assert!(plates[0].doubts.contains(&Doubt::CropsDisagree));
    }

    #[test]
    fn a_plate_that_one_look_alone_saw_counts_as_a_rival_when_it_is_large() {
        let one = look(&[line("ABC1234", 200.0, 100.0, 0.97)], &["ABC1234"; 3]);
        let other = look(&[line("XYZ9876", 900.0, 98.0, 0.97)], &["XYZ9876"; 3]);
        let plates = settle(&[&one, &other]);
        assert_eq!(plates.len(), 2);
        assert!(plates[0].doubts.contains(&Doubt::RivalPlate));
    }

    #[test]
    fn the_state_seen_by_any_look_is_kept() {
        let mut state = line("TEXAS", 515.0, 70.0, 0.99);
        state.quad = Quad::upright(515.0, 378.0, 70.0, 20.0);
        let plate = line("ABC1234", 500.0, 100.0, 0.97);
        let without = look(std::slice::from_ref(&plate), &["ABC1234"; 3]);
        let with = look(&[plate, state], &["ABC1234"; 3]);
        assert_eq!(settle(&[&without, &with])[0].jurisdiction.clone().unwrap().code, "us-tx");
    }

    #[test]
    fn lines_on_the_same_spot_are_listed_once() {
        let first = look(&[line("ABC1234", 500.0, 100.0, 0.97)], &[]);
        let second = look(&[line("A8C1234", 502.0, 98.0, 0.9), line("EXIT", 900.0, 60.0, 0.9)], &[]);
        let texts: Vec<String> = lines(vec![first, second]).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["ABC1234", "EXIT"]);
    }

    #[test]
    fn nothing_found_is_no_plate() {
        assert!(settle(&[&look(&[], &[])]).is_empty());
    }
}
