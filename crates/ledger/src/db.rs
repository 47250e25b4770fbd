//! The database as the ledger sees it: one statement in, rows out.
//!
//! As small as it can be, because it has two very different implementations: a file in this process, and a host
//! call out of a WebAssembly component. Invariants an implementation must keep: one connection for the lifetime of
//! the value (transactions and pragmas hold on it), exactly one statement per call, all rows returned at once.
//!
//! Statements write `+?1` instead of `?1` after LIMIT and in comparisons where it matters. SQLite otherwise plans
//! for the very value of the parameter, and compiles the statement again for each new one: measured, recording a
//! passage took 220 µs that way and 26 µs without. A test counts what is compiled twice.
//!
//! The text is what both databases take, see [`crate::dialect`]; an implementation for PostgreSQL translates it.

use crate::dialect::Dialect;

/// A value stored in or read from the database: SQLite's five storage classes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating point number.
    Real(f64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u64> for Value {
    /// Numbers beyond SQLite's range are stored as the largest: none of ours (bytes, prices, cursors) comes near.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Why a statement was not carried out.
///
/// Nothing is decided from the text: what may fail for a reason of ours is asked for with `ON CONFLICT … RETURNING` or a
/// condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbError {
    /// In the database's words.
    pub text: String,
    /// What the database's code for it says; never read out of the text.
    pub cause: Cause,
}

/// Why a statement failed, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Another transaction was in the way; this one was undone and can be tried again at once.
    Conflict,
    /// Anything else. A retry may help, later.
    Other,
}

impl DbError {
    /// A failure of which only the text is known.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cause: Cause::Other }
    }

    /// A failure that PostgreSQL gave a code, its SQLSTATE.
    #[must_use]
    pub fn with_sqlstate(text: impl Into<String>, sqlstate: &str) -> Self {
        // serialization_failure and deadlock_detected: the class says that the transaction was rolled back.
        let cause = if matches!(sqlstate, "40001" | "40P01") { Cause::Conflict } else { Cause::Other };
        Self { text: text.into(), cause }
    }
}

/// One connection to a database.
pub trait Db {
    /// Which database this is. Decides how transactions begin and what they lock, never what a statement means.
    fn dialect(&self) -> Dialect;

    /// Runs exactly one statement and returns all its rows.
    ///
    /// # Errors
    /// The database's own text. Nothing was changed by this statement then.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError>;
}

impl<D: Db + ?Sized> Db for &D {
    fn dialect(&self) -> Dialect {
        (**self).dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        (**self).execute(sql, parameters)
    }
}

/// One row, values in the order of the statement's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

/// Shorthand for a parameter list of mixed types.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
pub(crate) use params;
