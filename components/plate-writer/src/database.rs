//! The file's connection: opened once an instance, migrated at first use.

use std::cell::RefCell;
use std::thread::LocalKey;

use spin_sdk::sqlite3::{self, Error, Value as SpinValue};
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::{Ledger, LedgerError};
use tollbooth_ledger_port::Connection;

/// The label in `spin.toml`.
const LABEL: &str = "default";

pub struct SpinDb(sqlite3::Connection);

impl Db for SpinDb {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let parameters: Vec<SpinValue> = parameters.iter().map(to_spin).collect();
        let answer = self.0.execute(sql, &parameters).map_err(|error| DbError::new(text(error)))?;
        Ok(answer.rows.into_iter().map(|row| Row(row.values.into_iter().map(from_spin).collect())).collect())
    }
}

thread_local! {
    // A component's instance serves one request; all calls of that request share this connection.
    static LEDGER: RefCell<Option<Ledger<SpinDb>>> = const { RefCell::new(None) };
}

impl Connection for SpinDb {
    // An open file disturbs nobody.
    const SCARCE: bool = false;

    fn open() -> Result<Self, LedgerError> {
        sqlite3::Connection::open(LABEL)
            .map(Self)
            .map_err(|error| LedgerError::not_opened(&format!("database `{LABEL}`"), text(error)))
    }

    fn ledger() -> &'static LocalKey<RefCell<Option<Ledger<Self>>>> {
        &LEDGER
    }
}

fn text(error: Error) -> String {
    match error {
        Error::NoSuchDatabase => format!("the host has no database `{LABEL}`"),
        Error::AccessDenied => format!("spin.toml does not grant `sqlite_databases = [\"{LABEL}\"]`"),
        Error::InvalidConnection => "the connection is no longer open".to_owned(),
        Error::DatabaseFull => "the database is full".to_owned(),
        Error::Io(text) => text,
    }
}

fn to_spin(value: &Value) -> SpinValue {
    match value {
        Value::Null => SpinValue::Null,
        Value::Integer(number) => SpinValue::Integer(*number),
        Value::Real(number) => SpinValue::Real(*number),
        Value::Text(text) => SpinValue::Text(text.clone()),
        Value::Blob(bytes) => SpinValue::Blob(bytes.clone()),
    }
}

fn from_spin(value: SpinValue) -> Value {
    match value {
        SpinValue::Null => Value::Null,
        SpinValue::Integer(number) => Value::Integer(number),
        SpinValue::Real(number) => Value::Real(number),
        SpinValue::Text(text) => Value::Text(text),
        SpinValue::Blob(bytes) => Value::Blob(bytes),
    }
}
