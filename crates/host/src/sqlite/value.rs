//! Values between guests and SQLite.

use rusqlite::{
    CachedStatement, params_from_iter,
    types::{Null, ToSql, ToSqlOutput, ValueRef},
};

use crate::runtime::bindings::spin::sqlite::sqlite::{QueryResult as Rows_, RowResult, Value};

/// Results end here, as under Spin.
const MAX_BYTES: usize = 128 << 20;

pub(super) type Rows = Rows_;

/// A statement with its parameters.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) parameters: Vec<Value>,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::from(Null),
            Self::Integer(number) => ToSqlOutput::from(*number),
            Self::Real(number) => ToSqlOutput::from(*number),
            Self::Text(text) => ToSqlOutput::from(text.as_str()),
            Self::Blob(bytes) => ToSqlOutput::from(bytes.as_slice()),
        })
    }
}

/// Runs a statement to its end and collects its rows.
pub(super) fn query(statement: &mut CachedStatement<'_>, parameters: &[Value]) -> Result<Rows, String> {
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut found = statement.query(params_from_iter(parameters)).map_err(|error| error.to_string())?;
    while let Some(row) = found.next().map_err(|error| error.to_string())? {
        let mut values = Vec::with_capacity(columns.len());
        for column in 0..columns.len() {
            let value = row.get_ref(column).map_err(|error| error.to_string())?;
            let value = copy(value, &columns, column)?;
            bytes += size(&value);
            values.push(value);
        }
        if bytes > MAX_BYTES {
            return Err(format!("the query result exceeds the limit of {MAX_BYTES} bytes"));
        }
        rows.push(RowResult { values });
    }
    Ok(Rows { columns, rows })
}

fn copy(value: ValueRef<'_>, columns: &[String], column: usize) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).map_err(|_| {
            let name = columns.get(column).map_or("?", String::as_str);
            format!("the column `{name}` holds text that is not UTF-8")
        })?),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Real(_) => 0,
        }
}
