//! The database of this instance: opened once, migrated at first use.

use std::cell::OnceCell;

use spin_sdk::sqlite3::{Connection, Error, Value as SpinValue};
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::{Ledger, LedgerError};
use tollbooth_pipeline::Instant;

/// The label in `spin.toml`.
const LABEL: &str = "default";

pub struct SpinDb(Connection);

impl Db for SpinDb {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let parameters: Vec<SpinValue> = parameters.iter().map(to_spin).collect();
        let answer = self.0.execute(sql, &parameters).map_err(text)?;
        Ok(answer.rows.into_iter().map(|row| Row(row.values.into_iter().map(from_spin).collect())).collect())
    }
}

thread_local! {
    // A component's instance serves one request; all calls of that request share this connection.
    static LEDGER: OnceCell<Ledger<SpinDb>> = const { OnceCell::new() };
}

/// Runs `work` on the ledger. A ledger that could not be opened is tried again by the next call.
pub fn with_ledger<T, E: From<LedgerError>>(
    now: Option<Instant>,
    work: impl FnOnce(&Ledger<SpinDb>) -> Result<T, E>,
) -> Result<T, E> {
    LEDGER.with(|cell| match cell.get() {
        Some(ledger) => work(ledger),
        None => {
            let ledger = Ledger::open(open()?, now)?;
            work(cell.get_or_init(|| ledger))
        }
    })
}

fn open() -> Result<SpinDb, LedgerError> {
    Connection::open(LABEL)
        .map(SpinDb)
        .map_err(|e| LedgerError::Unavailable { step: format!("open database `{LABEL}`"), text: text(e).0 })
}

fn text(error: Error) -> DbError {
    DbError(match error {
        Error::NoSuchDatabase => format!("the host has no database `{LABEL}`"),
        Error::AccessDenied => format!("spin.toml does not grant `sqlite_databases = [\"{LABEL}\"]`"),
        Error::InvalidConnection => "the connection is no longer open".to_owned(),
        Error::DatabaseFull => "the database is full".to_owned(),
        Error::Io(text) => text,
    })
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
