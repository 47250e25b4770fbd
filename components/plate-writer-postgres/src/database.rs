//! The connection: out of the host's pool, given back as soon as an instance waits for others.
//!
//! What a connection was used for before is unknown: Spin hands on one whose guest died inside a transaction with that
//! transaction open. The ledger's first statement ends it, before anything is read.
//!
//! Nothing is decided from the words of an error. Spin 4 gives the code of an error that a command met, and of one that
//! a query met before it ran; where there is no code, the failure is an outage like any other.

use std::cell::RefCell;
use std::thread::LocalKey;

use spin_sdk::pg4::{self, ParameterValue, PgError, QueryError};
use spin_sdk::variables;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::{self, Dialect};
use tollbooth_ledger::{Ledger, LedgerError};
use tollbooth_ledger_port::Connection;

use crate::value::{from_spin, to_spin};

/// The variable with the database's address. Holds a password: it never appears in an error.
const ADDRESS: &str = "ledger_address";

pub struct SpinPostgres(pg4::Connection);

impl Db for SpinPostgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let translated = dialect::postgres(sql);
        let parameters: Vec<ParameterValue> = parameters.iter().map(to_spin).collect();
        if !translated.returns_rows {
            self.0.execute(&translated.sql, &parameters).map_err(failed)?;
            return Ok(Vec::new());
        }
        let answer = self.0.query(&translated.sql, &parameters).map_err(failed)?;
        answer.rows.into_iter().map(|row| row.into_iter().map(from_spin).collect::<Result<_, _>>().map(Row)).collect()
    }
}

thread_local! {
    // A component's instance serves one request; all calls of that request share this connection.
    static LEDGER: RefCell<Option<Ledger<SpinPostgres>>> = const { RefCell::new(None) };
}

impl Connection for SpinPostgres {
    // The server has some hundred for all replicas.
    const SCARCE: bool = true;

    fn open() -> Result<Self, LedgerError> {
        let not_opened = |text| LedgerError::not_opened("the database at `ledger_address`", text);
        let address = variables::get(ADDRESS).map_err(|error| {
            not_opened(match error {
                variables::Error::Undefined(_) => {
                    format!("the component has no variable `{ADDRESS}`; its manifest must pass it on")
                }
                out_of_reach => format!("the variable `{ADDRESS}` cannot be read now: {out_of_reach}"),
            })
        })?;
        if address.is_empty() {
            return Err(not_opened(format!(
                "the variable `{ADDRESS}` is empty; give it postgres://USER:PASSWORD@HOST/DATABASE"
            )));
        }
        pg4::Connection::open(&address).map(Self).map_err(|error| not_opened(failed(error).text))
    }

    fn ledger() -> &'static LocalKey<RefCell<Option<Ledger<Self>>>> {
        &LEDGER
    }
}

fn failed(error: PgError) -> DbError {
    match error {
        PgError::QueryFailed(QueryError::DbError(said)) => {
            DbError::with_sqlstate(format!("{} ({})", said.message, said.code), &said.code)
        }
        PgError::QueryFailed(QueryError::Text(text))
        | PgError::ConnectionFailed(text)
        | PgError::BadParameter(text)
        | PgError::ValueConversionFailed(text)
        | PgError::Other(text) => DbError::new(text),
    }
}
