//! A database that is a file opened by this process.

use std::path::Path;

use rusqlite::types::ValueRef;

use crate::db::{Db, DbError, Row, Value};
use crate::dialect::Dialect;

/// One connection to a SQLite file.
#[derive(Debug)]
pub struct NativeDb {
    connection: rusqlite::Connection,
}

impl NativeDb {
    /// Opens the file, creating it when it is missing.
    ///
    /// # Errors
    /// SQLite's own, when the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let connection = rusqlite::Connection::open(path).map_err(|e| DbError::new(e.to_string()))?;
        // Every statement of the ledger is a constant: all of them fit.
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection })
    }
}

impl Db for NativeDb {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.run(sql, parameters).map_err(|e| DbError::new(e.to_string()))
    }
}

impl NativeDb {
    fn run(&self, sql: &str, parameters: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..width).map(|at| row.get_ref(at)?.try_into()).collect::<rusqlite::Result<_>>()?;
            found.push(Row(values));
        }
        Ok(found)
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl TryFrom<ValueRef<'_>> for Value {
    type Error = rusqlite::Error;

    fn try_from(value: ValueRef<'_>) -> Result<Self, Self::Error> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) => Self::Text(String::from_utf8(bytes.to_vec()).map_err(|e| e.utf8_error())?),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        })
    }
}
