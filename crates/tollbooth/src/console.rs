//! `tollbooth console`: a link that signs somebody in at the console.

use clap::{Args, ValueEnum};
use tollbooth_client::{Api, ClientError, Person};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Print a one-time link that signs somebody in at the console
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth console --token-file operator.token --as supervisor
  tollbooth console --as reviewer --name Ann
  tollbooth console --as reviewer --name Bob --booth north --booth north-2
  tollbooth console --sign-out tok_0123456789abcdefghjkmnpqrs

The link works once, for ten minutes, in one browser; whoever opens it is signed in. Give it to nobody else.
The history names the person, so everybody gets a name of their own: --name registers them when they are new, and
finds them again later. Without --as the link signs in whoever the token belongs to: an operator, who sees neither
photos nor reviews. An operator revokes a person like any token, and every session of theirs ends at once.

--booth limits a new reviewer or supervisor to booths: what happens at others is not there for them. Who is registered
keeps the booths that they have: to change them, revoke the person and register them again.

--sign-out ends every session of a person and prints no link: of somebody who left, or whose browser is in foreign
hands. They may sign in again, unless their provider or an operator took that from them. GET /v1/tokens lists the ids.

A token of an operator is needed for --as and --sign-out; any but a camera's is enough without.
Exit codes: 0 done, 1 refused, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Console {
    /// For somebody with this role
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<Role>,
    /// Who it is, for the history
    #[arg(long, value_name = "NAME", default_value = "console", requires = "role")]
    name: String,
    /// A booth that the person is limited to; may be repeated. Without any they work at all booths
    #[arg(long = "booth", value_name = "BOOTH", requires = "role")]
    booths: Vec<String>,
    /// End all sessions of the person with this token instead
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["role", "name", "booths"])]
    sign_out: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// The roles that people have.
#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// Decides what the machine could not
    Reviewer,
    /// Reviews, opens decisions again and answers for what was billed
    Supervisor,
    /// Runs the installation; sees no photos
    Operator,
    /// Fetches what is billed
    Billing,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Billing => "billing",
        }
    }
}

impl Console {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.print())
    }

    fn print(&self) -> Result<u8, ClientError> {
        let api = self.server.api()?;
        if let Some(token) = &self.sign_out {
            let ended = api.end_sessions(token)?;
            say(format!("{ended} session{} ended", if ended == 1 { "" } else { "s" }));
            return Ok(0);
        }
        let whose = self.role.map(|role| self.person(&api, role.as_str())).transpose()?;
        let link = api.sign_in_link(whose.as_deref())?;
        say(link.url(&api));
        eprintln!("Works once, until {}.", link.expires_at);
        Ok(0)
    }

    /// The token of this person, made when there is none.
    fn person(&self, api: &Api, role: &str) -> Result<String, ClientError> {
        let name = self.name.trim();
        let mut known: Vec<Person> = api.people()?;
        known.retain(|person| person.role == role && person.name == name);
        match chosen(&known, &self.booths) {
            Choice::Known(person) => Ok(person.id.clone()),
            Choice::New => api.create_person(role, name, &self.booths).map(|person| person.id),
            Choice::Elsewhere(person) => Err(ClientError::Usage(format!(
                "{name} is registered as a {role} {}, by the token {}. Nobody's booths are changed: leave \
                 --booth out for a link with these rights, give another --name, or revoke the token and run this again.",
                place(person),
                person.id
            ))),
        }
    }
}

/// Whose link it is.
#[derive(Debug, PartialEq, Eq)]
enum Choice<'a> {
    Known(&'a Person),
    New,
    /// Somebody of this name and role has other booths.
    Elsewhere(&'a Person),
}

/// Of those with the name and the role. Without booths whoever is registered is meant, wherever they work.
fn chosen<'a>(known: &'a [Person], booths: &[String]) -> Choice<'a> {
    let mut wanted = booths.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let fits = |person: &&Person| wanted.is_empty() || person.booths.as_ref() == Some(&wanted);
    match (known.iter().find(fits), known.first()) {
        (Some(person), _) => Choice::Known(person),
        (None, Some(other)) => Choice::Elsewhere(other),
        (None, None) => Choice::New,
    }
}

fn place(person: &Person) -> String {
    match &person.booths {
        Some(booths) => format!("at {} only", booths.join(", ")),
        None => "at all booths".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, booths: Option<&[&str]>) -> Person {
        let booths = booths.map(|booths| booths.iter().map(|booth| (*booth).to_owned()).collect());
        Person { id: id.to_owned(), role: "reviewer".to_owned(), name: "Ann".to_owned(), booths }
    }

    fn booths(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn somebody_is_known_by_the_booths_that_are_asked_for_and_nobody_s_are_changed() {
        let (everywhere, north) = (person("tok_1", None), person("tok_2", Some(&["north", "south"])));
        let known = [everywhere.clone(), north.clone()];
        assert_eq!(chosen(&[], &booths(&["north"])), Choice::New);
        assert_eq!(chosen(&known, &[]), Choice::Known(&everywhere));
        assert_eq!(chosen(&known, &booths(&["south", "north", "south"])), Choice::Known(&north));
        assert_eq!(chosen(&known, &booths(&["north"])), Choice::Elsewhere(&everywhere));
        assert_eq!(chosen(&known[1..], &[]), Choice::Known(&north), "as she is registered");
        assert_eq!((place(&everywhere), place(&north)), ("at all booths".into(), "at north, south only".into()));
    }
}
