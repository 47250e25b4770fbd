//! Rows, read column by column into the domain's types.

use crate::db::{Row, Value};
use crate::error::LedgerError;

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

    pub fn opt_double(&mut self) -> Result<Option<f64>, LedgerError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Real(number) => Ok(Some(number)),
            other => self.wrong("a number", &other),
        }
    }

    pub fn double(&mut self) -> Result<f64, LedgerError> {
        self.opt_double()?.map_or_else(|| self.wrong("a number", &Value::Null), Ok)
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

    /// A text that a domain type reads, or nothing.
    pub fn opt_parsed<T>(&mut self) -> Result<Option<T>, LedgerError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let Some(text) = self.opt_text()? else { return Ok(None) };
        text.parse().map(Some).map_err(|e: T::Err| LedgerError::Damaged(e.to_string()))
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
