//! Places for running guests, shared out so that nobody can take them all.
//!
//! One half is for whoever comes first. The other half is given to callers that hold few places only, so a caller that
//! keeps its requests running for as long as it can leaves room for every other one. The last few are for components that
//! hold few: when many callers at once want the same of the application, all cameras after an outage for example, whoever
//! wants something else of it is served. Strangers, who show no credentials,
//! have places of their own beside those: they wait for nobody's token, and nobody with one waits for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::runtime::Caller;

/// Of all places, the part that one caller can get while the open half is taken.
const FEW: usize = 8;
/// It is never less than this: an instance goes on for a moment after its answer, when the caller's next request has come.
const LEAST: usize = 4;
/// Of all places, the part that a component which holds as many cannot get. None where there are fewer places than this.
const SPARE: usize = 16;
/// Places of strangers, as a part of the others. What they may ask is answered in milliseconds.
const STRANGERS: usize = 8;

/// The places of an application.
#[derive(Debug)]
pub(crate) struct Places {
    known: Arc<Room>,
    strangers: Arc<Room>,
}

impl Places {
    /// So many places for callers with credentials, at least one, and a few for strangers.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        Self { known: Room::new(limit), strangers: Room::new((limit / STRANGERS).max(4)) }
    }

    /// A place for a request of this caller to this component, or none when it has to come back.
    pub(crate) fn take(&self, caller: Caller, component: &Arc<str>) -> Option<Place> {
        let room = if caller.is_stranger() { &self.strangers } else { &self.known };
        room.take(caller, component)
    }
}

#[derive(Debug)]
struct Room {
    limit: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_caller: HashMap<Caller, usize>,
    by_component: HashMap<Arc<str>, usize>,
}

impl Room {
    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: Mutex::default() })
    }

    fn take(self: &Arc<Self>, caller: Caller, component: &Arc<str>) -> Option<Place> {
        let mut taken = self.lock();
        let held = taken.by_caller.get(&caller).copied().unwrap_or(0);
        let open = taken.all < self.limit.div_ceil(2);
        let few = held < (self.limit / FEW).max(LEAST);
        let spare = self.limit / SPARE;
        let much_wanted = taken.by_component.get(component).copied().unwrap_or(0) >= spare.max(1);
        let end = if much_wanted { self.limit - spare } else { self.limit };
        if taken.all >= end || !(open || few) {
            return None;
        }
        taken.all += 1;
        *taken.by_caller.entry(caller).or_default() += 1;
        *taken.by_component.entry(Arc::clone(component)).or_default() += 1;
        Some(Place { room: Arc::clone(self), caller, component: Arc::clone(component) })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Counts are whole after any panic.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    caller: Caller,
    component: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        taken.all -= 1;
        if let Some(held) = taken.by_caller.get_mut(&self.caller) {
            *held -= 1;
            if *held == 0 {
                taken.by_caller.remove(&self.caller);
            }
        }
        // Components are few, and each is known for as long as the application runs: none is taken out.
        if let Some(held) = taken.by_component.get_mut(&self.component) {
            *held -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(places: &Places, caller: Caller) -> Vec<Place> {
        let component = component("any");
        std::iter::from_fn(|| places.take(caller, &component)).collect()
    }

    fn component(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    #[test]
    fn one_caller_cannot_take_the_places_of_others() {
        let places = Places::new(256);
        let greedy = all(&places, Caller::Token(1));
        assert_eq!(greedy.len(), 128);
        assert_eq!(all(&places, Caller::Token(2)).len(), 32);
        // The places are free again at once.
        assert_eq!(all(&places, Caller::Token(2)).len(), 32);
        drop(greedy);
        assert_eq!(all(&places, Caller::Token(2)).len(), 128);
    }

    #[test]
    fn strangers_take_nothing_from_those_with_credentials_and_leave_something_to_each_other() {
        let places = Places::new(256);
        let strangers = all(&places, Caller::Stranger([192, 0, 2, 1].into()));
        assert_eq!(strangers.len(), 16);
        assert!(places.take(Caller::Stranger([192, 0, 2, 2].into()), &component("any")).is_some());
        assert_eq!(all(&places, Caller::Token(1)).len(), 128);
    }

    #[test]
    fn even_one_place_is_a_place() {
        let places = Places::new(1);
        let any = component("any");
        let only = places.take(Caller::Token(1), &any);
        assert!(only.is_some() && places.take(Caller::Token(2), &any).is_none());
        drop(only);
        assert!(places.take(Caller::Token(2), &any).is_some());
    }

    #[test]
    fn what_many_callers_want_at_once_leaves_places_for_what_few_want() {
        let places = Places::new(256);
        let (intake, reviews) = (component("image-intake"), component("manual-review"));
        // A booth each: none of them holds more than one.
        let cameras: Vec<Place> = (0..).map_while(|booth| places.take(Caller::Token(booth), &intake)).collect();
        assert_eq!(cameras.len(), 240);
        let people: Vec<Place> = (1_000..).map_while(|person| places.take(Caller::Token(person), &reviews)).collect();
        assert_eq!(people.len(), 16);
        // As before when they have gone, whoever had the places.
        drop((cameras, people));
        let people: Vec<Place> = (1_000..).map_while(|person| places.take(Caller::Token(person), &reviews)).collect();
        assert_eq!(people.len(), 240);
    }
}
