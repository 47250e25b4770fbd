//! `tollbooth console`: a link that signs somebody in at the console.

use clap::{Args, ValueEnum};
use tollbooth_client::{Api, ClientError};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Print a one-time link that signs somebody in at the console
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth console --token-file operator.token --as supervisor
  tollbooth console --as reviewer --name Ann
  tollbooth console --sign-out tok_0123456789abcdefghjkmnpqrs

The link works once, for ten minutes, in one browser; whoever opens it is signed in. Give it to nobody else.
The history names the person, so everybody gets a name of their own: --name registers them when they are new, and
finds them again later. Without --as the link signs in whoever the token belongs to: an operator, who sees neither
photos nor reviews. An operator revokes a person like any token, and every session of theirs ends at once.

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
    /// End all sessions of the person with this token instead
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["role", "name"])]
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
        let known = api.people()?.into_iter().find(|person| person.role == role && person.name == name);
        match known {
            Some(person) => Ok(person.id),
            None => api.create_person(role, name).map(|person| person.id),
        }
    }
}
