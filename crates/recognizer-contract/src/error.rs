//! What can be wrong with a message of this contract.

use thiserror::Error;

/// Why a message breaks the contract. The text names the member and the rule; it never holds a plate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContractError {
    /// The body is longer than any valid one.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// Most bytes allowed.
        limit: usize,
    },
    /// The body is no JSON of the right shape.
    #[error("the answer is not the expected JSON: {reason}")]
    Shape {
        /// What the parser found, with line and column.
        reason: String,
    },
    /// The shape is right but a value breaks a rule.
    #[error("{member}: {rule}")]
    Value {
        /// The member, `sightings[0].candidates`.
        member: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// A hint's header is missing or malformed.
    #[error("header {header}: {rule}")]
    Header {
        /// The header's name.
        header: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

impl ContractError {
    pub(crate) fn value(member: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Value { member: member.into(), rule: rule.into() }
    }

    /// What serde says, without the values it quotes: a body may hold a plate, and this text is logged.
    pub(crate) fn shape(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io => "it could not be read",
            serde_json::error::Category::Syntax => "malformed JSON or not UTF-8",
            serde_json::error::Category::Data => "a member is missing, unknown or of another type",
            serde_json::error::Category::Eof => "it ends too early",
        };
        Self::Shape { reason: format!("{what} (line {}, column {})", error.line(), error.column()) }
    }
}
