//! Passages through the eyes of somebody: the same questions as in [`crate::passages`], answered without what is kept back.

use serde_json::{Value as Json, json};
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;

use super::{Eyes, KEPT_BACK, Opinion, is_kept_back};
use crate::Ledger;
use crate::booths::is_within;
use crate::crossing::Related;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind};
use crate::passages::{Attempt, Event, MAX_PAGE, Passage, Sought};

/// Events of a blind review that say nothing of what was read: the rest is kept back with it.
const HARMLESS: [EventKind; 7] = [
    EventKind::Received,
    EventKind::Accepted,
    EventKind::Rejected,
    EventKind::Undone,
    EventKind::Reopened,
    EventKind::Reprocessed,
    EventKind::Billed,
];

/// Of those, the ones that say who looks, or was to: one's own only.
const OF_ONESELF: [EventKind; 6] = [
    EventKind::Claimed,
    EventKind::Released,
    EventKind::Flagged,
    EventKind::Unflagged,
    EventKind::Assigned,
    EventKind::Unassigned,
];

/// What happens beside the moves of a passage: shown to whoever may see all.
const BESIDE: [EventKind; 3] = [EventKind::OpinionGiven, EventKind::OpinionWithdrawn, EventKind::Disputed];

/// Of these, the ones that say who answered.
const ANSWERING: [EventKind; 2] = [EventKind::OpinionGiven, EventKind::OpinionWithdrawn];

/// Which passages somebody searches for, and where they may.
struct Wanted<'a> {
    sought: &'a Sought<'a>,
    booths: Option<&'a [String]>,
}

impl<D: Db> Ledger<D> {
    /// [`Ledger::passage`] as somebody may see it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn passage_for(&self, viewer: &Actor, id: &str) -> Result<Option<Passage>, LedgerError> {
        let Some(passage) = self.passage_within(viewer, id)? else { return Ok(None) };
        let eyes = self.eyes(passage.sequence, viewer)?;
        self.looked_at(&eyes, passage).map(Some)
    }

    /// The passage as these eyes see it, with the type of plate that whoever they take for its decider recorded.
    fn looked_at(&self, eyes: &Eyes, passage: Passage) -> Result<Passage, LedgerError> {
        let decider = passage.decided_by.clone();
        let mut seen = eyes.look_at(passage);
        if seen.decided_by != decider {
            seen.plate_type = match &seen.decided_by {
                Some(who) => self.plate_type_by(seen.sequence, who)?,
                None => None,
            };
        }
        Ok(seen)
    }

    /// The passage, unless it is at a booth that is not the viewer's.
    fn passage_within(&self, viewer: &Actor, id: &str) -> Result<Option<Passage>, LedgerError> {
        let booths = self.booths_of(viewer)?;
        Ok(self.passage(id)?.filter(|passage| is_within(booths.as_deref(), &passage.booth)))
    }

    /// [`Ledger::attempts_of`] as somebody may see it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn attempts_for(&self, viewer: &Actor, id: &str) -> Result<Vec<Attempt>, LedgerError> {
        match self.passage_for(viewer, id)? {
            Some(passage) if passage.kept_back => Ok(Vec::new()),
            Some(_) => self.attempts_of(id),
            None => Ok(Vec::new()),
        }
    }

    /// [`Ledger::related_to`] as somebody may see it. What is related to a passage that is kept back would say what was
    /// read; of those that are, the plate is.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn related_for(&self, viewer: &Actor, id: &str) -> Result<Vec<Related>, LedgerError> {
        if self.passage_for(viewer, id)?.is_none_or(|passage| passage.kept_back) {
            return Ok(Vec::new());
        }
        let mut related = self.related_to(id)?;
        for other in &mut related {
            if let Some(passage) = self.passage_for(viewer, &other.passage)? {
                (other.plate, other.state) = (passage.plate, passage.state);
            }
        }
        Ok(related)
    }

    /// [`Ledger::history`] as somebody may see it: an answer of theirs that is held is the decision they took it for.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn history_for(&self, viewer: &Actor, id: &str, after: u64, limit: u32) -> Result<Vec<Event>, LedgerError> {
        let Some(passage) = self.passage_within(viewer, id)? else { return Ok(Vec::new()) };
        let eyes = self.eyes(passage.sequence, viewer)?;
        if eyes.blind.is_none() {
            return self.history(id, after, limit);
        }
        let kept_back = eyes.is_kept_back(passage.export_sequence.is_some());
        // Pages are cut after what is kept back is left out, so that their length says nothing.
        let limit = limit.min(MAX_PAGE) as usize;
        let (mut seen, mut cursor) = (Vec::new(), after);
        while seen.len() < limit {
            let page = self.history(id, cursor, MAX_PAGE)?;
            let Some(last) = page.last() else { break };
            cursor = last.sequence;
            seen.extend(page.into_iter().filter_map(|event| told(event, viewer, kept_back, eyes.is_disputed())));
        }
        seen.truncate(limit);
        Ok(seen)
    }

    /// The newest passages that are wanted, as somebody may see them.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn search_for(
        &self,
        viewer: &Actor,
        sought: &Sought<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let booths = self.booths_of(viewer)?;
        let conditions = Wanted { sought, booths: booths.as_deref() };
        let is_wanted = |passage: &Passage| {
            sought.state.is_none_or(|wanted| wanted == passage.state)
                && sought.decided_by.is_none_or(|wanted| passage.decided_by.as_deref() == Some(wanted))
                && sought.plate_type.is_none_or(|wanted| passage.plate_type == Some(wanted))
        };
        let full = |page: &[Passage]| page.len() >= limit as usize;
        let (mut looked, mut cursor) = (Vec::<Passage>::new(), before);
        // Pages are cut after what is in another state to this person is left out, so that their length says nothing.
        loop {
            let page = self.page_for(viewer, &conditions, cursor, limit)?;
            let (is_last, last) = (!full(&page), page.last().map(|passage| passage.sequence));
            for passage in page {
                let passage = self.looked_at(&self.eyes(passage.sequence, viewer)?, passage)?;
                if is_wanted(&passage) {
                    looked.push(passage);
                }
            }
            cursor = last.and_then(|last| u64::try_from(last).ok());
            if is_last || cursor.is_none() || full(&looked) {
                break;
            }
        }
        looked.truncate(limit as usize);
        let last = looked.last().filter(|_| full(&looked));
        let next = last.and_then(|last| u64::try_from(last.sequence).ok());
        Ok((looked, next))
    }

    /// A page of what is in this state, and of what this person takes for decided.
    fn page_for(
        &self,
        viewer: &Actor,
        wanted: &Wanted<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Passage>, LedgerError> {
        let sought = wanted.sought;
        let (mut found, _) = self.newest(sought, wanted.booths, before, limit)?;
        // What somebody takes for decided, and by themselves, is in review: it moves from one list to the other.
        let of_oneself = sought.decided_by == Some(viewer.id.as_str());
        let of_others = sought.decided_by.is_some() && !of_oneself;
        let by_answer = of_oneself || sought.plate_type.is_some();
        if !of_others && (by_answer || matches!(sought.state, Some(State::Accepted | State::Rejected))) {
            found.extend(self.held_of(viewer, wanted, before, limit)?);
            found.sort_by_key(|passage| std::cmp::Reverse(passage.sequence));
            found.truncate(limit as usize);
        }
        Ok(found)
    }

    /// The passages with an answer of this person that is held, of the booth and the time that are wanted.
    fn held_of(
        &self,
        viewer: &Actor,
        wanted: &Wanted<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Passage>, LedgerError> {
        let (mut held, mut before) = (Vec::new(), before.unwrap_or(u64::MAX));
        // Those of other booths and times fill no page: it would be a short one, and be taken for the last.
        loop {
            let rows = self.run(
                "SELECT p.id, p.booth_id, p.sequence FROM opinion o JOIN passage p ON p.sequence = o.passage_sequence
                 WHERE o.actor_id = +?1 AND o.waiting = 1 AND o.passage_sequence < +?2
                 ORDER BY o.passage_sequence DESC LIMIT +?3",
                params![viewer.id.as_str(), before, limit],
            )?;
            let is_last = rows.len() < limit as usize;
            for row in rows {
                let mut columns = row.columns();
                let (id, at) = (columns.text()?, columns.text()?);
                before = columns.number()?;
                if wanted.sought.booth.is_none_or(|booth| booth == at) && is_within(wanted.booths, &at) {
                    held.extend(self.passage(&id)?.filter(|passage| wanted.sought.is_of_time(passage)));
                }
            }
            if is_last || held.len() >= limit as usize {
                return Ok(held);
            }
        }
    }
}

impl Eyes {
    fn look_at(&self, passage: Passage) -> Passage {
        let mut seen = Passage { version: passage.version + self.offset(), ..passage };
        let open = seen.state == State::InReview;
        if let (true, Some(opinion)) = (open, self.decision()) {
            seen = decided(seen, opinion);
        } else if open && self.is_disputed() && self.may_settle() {
            seen.reason = Some(ReviewReason::Disputed.as_str().to_owned());
        }
        if self.is_kept_back(seen.export_sequence.is_some()) {
            seen.kept_back = true;
            (seen.attempts, seen.confidence) = (0, None);
            if seen.state == State::InReview {
                let own = self.taken_back();
                seen.reason = Some(ReviewReason::Unprompted.as_str().to_owned());
                seen.detail = Some(KEPT_BACK.to_owned());
                seen.plate = own.and_then(|opinion| opinion.plate.clone());
                seen.jurisdiction = own.and_then(|opinion| opinion.jurisdiction.clone());
            }
        }
        seen
    }
}

/// A passage with somebody's answer as the decision they take it for.
fn decided(passage: Passage, opinion: &Opinion) -> Passage {
    let plate = opinion.plate.clone();
    Passage {
        state: if plate.is_some() { State::Accepted } else { State::Rejected },
        jurisdiction_source: plate.is_some().then(|| JurisdictionSource::Reviewer.as_str().to_owned()),
        plate,
        jurisdiction: opinion.jurisdiction.clone(),
        reason: opinion.reject_code.clone(),
        detail: opinion.remark.clone(),
        decided_by: Some(opinion.actor.clone()),
        decided_at: Some(opinion.at),
        confidence: None,
        ..passage
    }
}

/// An event as somebody may know of it; none where it is kept back.
pub(crate) fn told(event: Event, viewer: &Actor, kept_back: bool, disputed: bool) -> Option<Event> {
    let is = |kinds: &[EventKind]| kinds.iter().any(|kind| kind.as_str() == event.kind);
    let own = event.actor_id == viewer.id;
    if own && is(&BESIDE) {
        return Some(as_decision(event));
    }
    if !kept_back {
        // Who sees all sees this as well, except that somebody else answered before: that is for supervisors.
        let supervises = viewer.role != tollbooth_pipeline::role::Role::Reviewer.as_str();
        // Who settles a dispute knows the answers, and not whose they are.
        let names = disputed && !own && (is(&OF_ONESELF) || is(&ANSWERING));
        let told = (!names && (supervises || !is(&BESIDE))).then_some(event);
        return if supervises { told } else { told.map(plain) };
    }
    if is(&HARMLESS) || (own && is(&OF_ONESELF)) {
        let is_receipt = event.kind == EventKind::Received.as_str();
        return Some(if is_receipt { Event { detail: "{}".to_owned(), ..event } } else { plain(event) });
    }
    None
}

/// A decision without what brought it to a supervisor: that there was an answer before is for supervisors.
fn plain(event: Event) -> Event {
    let decides = [EventKind::Accepted, EventKind::Rejected].iter().any(|kind| kind.as_str() == event.kind);
    let Ok(Json::Object(mut detail)) = serde_json::from_str(&event.detail) else { return event };
    if !decides || detail.remove("adjudicates").is_none() {
        return event;
    }
    Event { detail: Json::Object(detail).to_string(), ..event }
}

/// An answer that is held, or was taken back, as the move that its author takes it for.
fn as_decision(event: Event) -> Event {
    let detail: Json = serde_json::from_str(&event.detail).unwrap_or_else(|_| json!({}));
    let decided = if detail.get("plate").is_some_and(Json::is_string) { State::Accepted } else { State::Rejected };
    let (kind, from, to) = if event.kind == EventKind::OpinionGiven.as_str() {
        let kind = if decided == State::Accepted { EventKind::Accepted } else { EventKind::Rejected };
        (kind, State::InReview, decided)
    } else {
        (EventKind::Undone, decided, State::InReview)
    };
    let detail = if kind == EventKind::Undone { "{}".to_owned() } else { event.detail };
    Event {
        kind: kind.as_str().to_owned(),
        from_state: Some(from.to_string()),
        to_state: Some(to.to_string()),
        detail,
        ..event
    }
}

/// Whether a row of a list, of this standing, is kept back from somebody; for lists of what is in review.
pub(crate) fn row_is_kept_back(viewer: &Actor, standing: Option<Standing>) -> bool {
    standing.is_some_and(|standing| is_kept_back(&viewer.role, standing, false))
}
