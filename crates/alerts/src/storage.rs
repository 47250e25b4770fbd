//! Whether there is room for photos. Nothing else fails while there is none: the ledger answers, and every photo is refused.

use crate::facts::Facts;
use crate::finding::Finding;
use crate::rule::Rule;
use crate::time::minute;

const MINUTE_MS: i64 = 60_000;
/// Whoever may send notes a refused photo every ten seconds at most, so after this long there is room for some.
const LATELY_MS: i64 = MINUTE_MS;
/// For so long after the last photo that was refused nobody knows whether there is room again, unless one was stored.
const UNKNOWN_MS: i64 = 60 * MINUTE_MS;

pub(crate) fn full(facts: &Facts, found: &mut Vec<(Rule, Finding)>) {
    // A note that lies ahead was made by a clock that has been set back since.
    let known = facts.storage_full_at.filter(|at| (0..UNKNOWN_MS).contains(&facts.now.saturating_sub(*at)));
    let Some(at) = known else { return };
    let none_since = facts.export.last_received_at.is_none_or(|stored| stored <= at);
    if !none_since && facts.now.saturating_sub(at) >= LATELY_MS {
        return;
    }
    let since = if none_since { ", and none was stored since" } else { "; smaller ones may still be stored" };
    let text = format!("A photo was refused at {} because there is no room for it{since}.", minute(at));
    found.push((Rule::StorageFull, Finding::new(Rule::StorageFull, "", text)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::conditions;
    use crate::facts::ExportFacts;

    const NOW: i64 = 1_795_168_800_000;

    fn told(refused: i64, stored: Option<i64>) -> Vec<String> {
        let export = ExportFacts { last_received_at: stored.map(|ago| NOW - ago), ..ExportFacts::default() };
        let facts = Facts { now: NOW, storage_full_at: Some(NOW - refused), export, ..Facts::default() };
        conditions(&facts).into_iter().map(|(_, finding)| finding.text).collect()
    }

    #[test]
    fn there_is_no_room_until_a_photo_is_stored_again_or_nobody_can_tell() {
        let none =
            "A photo was refused at 2026-11-20 10:00 UTC because there is no room for it, and none was stored since.";
        assert_eq!(told(0, None), [none]);
        assert_eq!(told(UNKNOWN_MS - 1, Some(UNKNOWN_MS)).len(), 1, "cameras that gave up prove nothing");
        assert_eq!(told(UNKNOWN_MS, Some(UNKNOWN_MS + 1)), [""; 0]);
        assert_eq!(told(LATELY_MS, Some(LATELY_MS - 1)), [""; 0], "there was room for the next one");
        let some = told(LATELY_MS - 1, Some(0));
        assert!(some[0].ends_with("smaller ones may still be stored."), "{some:?}");
        assert_eq!(told(-1, None), [""; 0], "by a clock that has been set back since");
    }
}
