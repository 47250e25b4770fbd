//! The database as the ledger sees it: one statement in, rows out.
//!
//! As small as it can be, because it has two very different implementations: a file in this process, and a host
//! call out of a WebAssembly component. Invariants an implementation must keep: one connection for the lifetime of
//! the value (transactions and pragmas hold on it), exactly one statement per call, all rows returned at once.
//!
//! Statements write `+?1` instead of `?1` after LIMIT and in comparisons where it matters. SQLite otherwise plans
//! for the very value of the parameter, and compiles the statement again for each new one: measured, recording a
//! passage took 220 µs that way and 26 µs without. A test counts what is compiled twice.

use crate::error::LedgerError;

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

/// Why a statement was not carried out, in the database's words.
///
/// Hosts pass on text only, so nothing is decided from it: what may fail for a reason of ours is asked for with
/// `ON CONFLICT … RETURNING` or a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbError(pub String);

/// One connection to a database.
pub trait Db {
    /// Runs exactly one statement and returns all its rows.
    ///
    /// # Errors
    /// The database's own text. Nothing was changed by this statement then.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError>;
}

impl<D: Db + ?Sized> Db for &D {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        (**self).execute(sql, parameters)
    }
}

/// One row, values in the order of the statement's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// Reads the columns one after the other.
    pub(crate) fn columns(self) -> Columns {
        Columns { values: self.0.into_iter(), position: 0 }
    }
}

/// Reads a row column by column; a value of another type than expected means that the ledger is damaged.
pub(crate) struct Columns {
    values: std::vec::IntoIter<Value>,
    position: usize,
}

impl Columns {
    fn next(&mut self) -> Result<Value, LedgerError> {
        self.position += 1;
        self.values.next().ok_or_else(|| LedgerError::Damaged(format!("the row has no column {}", self.position)))
    }

    fn wrong<T>(&self, expected: &str, found: &Value) -> Result<T, LedgerError> {
        let found = match found {
            Value::Null => "nothing",
            Value::Integer(_) => "a whole number",
            Value::Real(_) => "a number",
            Value::Text(_) => "a text",
            Value::Blob(_) => "bytes",
        };
        Err(LedgerError::Damaged(format!("column {} holds {found}, not {expected}", self.position)))
    }

    pub fn integer(&mut self) -> Result<i64, LedgerError> {
        self.opt_integer()?.map_or_else(|| self.wrong("a whole number", &Value::Null), Ok)
    }

    pub fn opt_integer(&mut self) -> Result<Option<i64>, LedgerError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            other => self.wrong("a whole number", &other),
        }
    }

    /// A whole number of a narrower type.
    pub fn number<T: TryFrom<i64>>(&mut self) -> Result<T, LedgerError> {
        let number = self.integer()?;
        T::try_from(number)
            .map_err(|_| LedgerError::Damaged(format!("column {} holds {number}, out of range", self.position)))
    }

    pub fn opt_number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, LedgerError> {
        let Some(number) = self.opt_integer()? else { return Ok(None) };
        T::try_from(number)
            .map(Some)
            .map_err(|_| LedgerError::Damaged(format!("column {} holds {number}, out of range", self.position)))
    }

    pub fn flag(&mut self) -> Result<bool, LedgerError> {
        Ok(self.integer()? != 0)
    }

    #[allow(clippy::cast_possible_truncation, reason = "confidences were f32 when they were stored")]
    pub fn opt_real(&mut self) -> Result<Option<f32>, LedgerError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Real(number) => Ok(Some(number as f32)),
            other => self.wrong("a number", &other),
        }
    }

    pub fn text(&mut self) -> Result<String, LedgerError> {
        self.opt_text()?.map_or_else(|| self.wrong("a text", &Value::Null), Ok)
    }

    pub fn opt_text(&mut self) -> Result<Option<String>, LedgerError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => self.wrong("a text", &other),
        }
    }

    pub fn blob(&mut self) -> Result<Vec<u8>, LedgerError> {
        match self.next()? {
            Value::Blob(bytes) => Ok(bytes),
            other => self.wrong("bytes", &other),
        }
    }

    /// A text that a domain type reads.
    pub fn parsed<T>(&mut self) -> Result<T, LedgerError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.text()?.parse().map_err(|e: T::Err| LedgerError::Damaged(e.to_string()))
    }
}

/// Shorthand for a parameter list of mixed types.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
pub(crate) use params;
