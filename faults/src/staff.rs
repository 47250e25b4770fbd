//! What staff do in a random schedule beside deciding: about alerts and mail, at the console, and taking back what they did.

use crate::actor::Actor;
use crate::alerts;
use crate::dice::Dice;
use crate::post::Behaviour;
use crate::sessions;

/// Who reviews in a random schedule.
pub(crate) const PEOPLE: [&str; 2] = ["ann", "bob"];

/// What an operator or a supervisor does about alerts and mail.
#[derive(Debug, Clone, Copy)]
pub enum Handling {
    /// Wants to hear nothing of empty exports.
    Silences,
    /// Wants to hear of them again.
    Hears,
    /// Takes care of what goes on.
    Cares,
    /// Tries whether messages arrive.
    Tests,
    /// Has mail that was given up tried again.
    Retries,
    /// Takes it back.
    Withdraws,
}

impl Handling {
    /// One of them.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.below(6) {
            0 => Self::Silences,
            1 => Self::Hears,
            2 => Self::Cares,
            3 => Self::Tests,
            4 => Self::Retries,
            _ => Self::Withdraws,
        }
    }

    /// Does it. Whether an answer came is nobody's concern here.
    pub(crate) fn run(self, actor: &mut Actor) {
        let _ = match self {
            Self::Silences => alerts::silenced(actor),
            Self::Hears => alerts::hear_again(actor, "export-empty"),
            Self::Cares => alerts::take_care(actor),
            Self::Tests => alerts::test(actor),
            Self::Retries => alerts::handle_dead(actor, "retry"),
            Self::Withdraws => alerts::handle_dead(actor, "withdraw"),
        };
    }
}

/// Somebody who hears of alerts by mail.
pub(crate) fn receiver(which: u64) -> &'static str {
    let behaviours = Behaviour::ALL.len() as u64;
    let index = usize::try_from(which / 7 % behaviours).unwrap_or_default();
    Behaviour::ALL.get(index).map_or("", |behaviour| behaviour.address())
}

/// A person takes back what they decided last.
pub(crate) fn undo(actor: &mut Actor, person: usize) {
    let (Some(person), passage) = (PEOPLE.get(person), actor.fact("seen").to_owned()) else { return };
    if let Some(version) = actor.version_for(person, &passage) {
        actor.undo(person, &passage, version);
    }
}

/// A person signs in with one more browser.
pub(crate) fn sign_in(actor: &mut Actor, person: usize) {
    let Some(person) = PEOPLE.get(person) else { return };
    if sessions::link(actor, person, "next") {
        sessions::open(actor, person, "next", "");
    }
    // Somebody whom this client does not know of may sign the person out at this very moment.
    actor.witness.ending(|_, session| session.person == *person);
}

/// A person signs out.
pub(crate) fn sign_out(actor: &mut Actor, person: usize, everywhere: bool) {
    let Some(person) = PEOPLE.get(person) else { return };
    let mut open = actor.witness.sessions.iter().filter(|(_, session)| session.person == *person && !session.ended);
    let Some(mine) = open.next().map(|(cookie, _)| cookie.clone()) else { return };
    if everywhere {
        sessions::leave(actor, "/v1/sessions", &mine, |_, session| session.person == *person);
    } else {
        sessions::leave(actor, "/v1/sessions/current", &mine, |cookie, _| cookie == mine);
    }
}
