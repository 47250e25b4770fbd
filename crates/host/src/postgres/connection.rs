//! A connection of a guest.

use std::{pin::pin, sync::Arc, time::Duration};

use deadpool_postgres::Object;
use futures_util::TryStreamExt as _;
use tokio::time::{error::Elapsed, timeout};
use tokio_postgres::Statement;

use super::{
    failure,
    pools::{Postgres, PostgresPooling},
    value::{self, Parameter},
};
use crate::{
    outbound::AllowedHosts,
    runtime::bindings::spin::postgres::postgres::{Error, ParameterValue, QueryError, RowSet},
};

/// Results end here, as under Spin.
const MAX_BYTES: usize = 128 << 20;
/// Prepared statements kept on a connection. The texts are a guest's: it must not fill the server's memory.
const STATEMENTS: usize = 256;
/// When a server has still not answered. Its own limits come first.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a guest holds.
pub struct GuestConnection {
    postgres: Arc<Postgres>,
    /// None after a statement was given up: nobody knows what the connection is at.
    held: Option<Object>,
    /// Between BEGIN and its end, as far as the texts of statements tell.
    in_transaction: bool,
    /// A statement was sent whose answer has not come.
    in_statement: bool,
}

impl GuestConnection {
    pub(super) async fn open(postgres: &Arc<Postgres>, address: &str, allowed: &AllowedHosts) -> Result<Self, Error> {
        let held = postgres.take(address, allowed).await?;
        Ok(Self { postgres: Arc::clone(postgres), held: Some(held), in_transaction: false, in_statement: false })
    }

    pub(super) async fn query(&mut self, sql: &str, parameters: Vec<ParameterValue>) -> Result<RowSet, Error> {
        self.starts(sql);
        let connection = self.held.as_ref().ok_or_else(given_up)?;
        let answer = timeout(PATIENCE, rows(connection, sql, parameters)).await;
        self.ended(sql, answer)
    }

    pub(super) async fn execute(&mut self, sql: &str, parameters: Vec<ParameterValue>) -> Result<u64, Error> {
        self.starts(sql);
        let connection = self.held.as_ref().ok_or_else(given_up)?;
        let answer = timeout(PATIENCE, command(connection, sql, parameters)).await;
        self.ended(sql, answer)
    }

    fn starts(&mut self, sql: &str) {
        self.in_statement = true;
        self.in_transaction = in_transaction_after(sql).unwrap_or(self.in_transaction);
    }

    #[expect(clippy::result_large_err, reason = "the error is what the interface prescribes")]
    fn ended<T>(&mut self, sql: &str, answer: Result<Result<T, Error>, Elapsed>) -> Result<T, Error> {
        self.in_statement = false;
        let Ok(answer) = answer else {
            drop(self.held.take().map(Object::take));
            return Err(given_up());
        };
        if answer.is_err()
            && let Some(connection) = &self.held
        {
            // Prepared before the schema changed, or unknown to the server after all: the next use prepares anew.
            connection.statement_cache.remove(sql, &[]);
        }
        answer
    }
}

impl Drop for GuestConnection {
    fn drop(&mut self) {
        let left_open = self.in_statement || self.in_transaction;
        if left_open && self.postgres.pooling() == PostgresPooling::Fresh {
            // Out of the pool and closed: the server rolls back and frees the locks at once, not when the next guest
            // happens to come.
            drop(self.held.take().map(Object::take));
        }
    }
}

async fn prepared(connection: &Object, sql: &str) -> Result<Statement, Error> {
    if connection.statement_cache.size() >= STATEMENTS {
        connection.statement_cache.clear();
    }
    connection.prepare_cached(sql).await.map_err(failure::of)
}

async fn command(connection: &Object, sql: &str, parameters: Vec<ParameterValue>) -> Result<u64, Error> {
    let statement = prepared(connection, sql).await?;
    let parameters: Vec<Parameter> = parameters.into_iter().map(Parameter).collect();
    connection.execute_raw(&statement, parameters).await.map_err(failure::of)
}

async fn rows(connection: &Object, sql: &str, parameters: Vec<ParameterValue>) -> Result<RowSet, Error> {
    let statement = prepared(connection, sql).await?;
    let parameters: Vec<Parameter> = parameters.into_iter().map(Parameter).collect();
    let mut found = pin!(connection.query_raw(&statement, parameters).await.map_err(failure::of)?);
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.try_next().await.map_err(failure::of)? {
        bytes += row.raw_size_bytes();
        if bytes > MAX_BYTES {
            let text = format!("the query result exceeds the limit of {MAX_BYTES} bytes");
            return Err(Error::QueryFailed(QueryError::Text(text)));
        }
        rows.push(value::row(&row).map_err(failure::of)?);
    }
    Ok(RowSet { columns: statement.columns().iter().map(value::column).collect(), rows })
}

/// Whether a transaction is open after this statement; none when it changes nothing about that. A guess by the first
/// word, as good as needed: a wrong yes closes a connection for nothing, and what ends a transaction begins so.
fn in_transaction_after(sql: &str) -> Option<bool> {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is(&["BEGIN", "START"]) {
        return Some(true);
    }
    // ROLLBACK TO a savepoint stays inside.
    let to_savepoint = sql.to_ascii_uppercase().contains(" TO ");
    (is(&["COMMIT", "ROLLBACK", "END", "ABORT"]) && !to_savepoint).then_some(false)
}

fn given_up() -> Error {
    let text = format!("the server did not answer within {} seconds; the connection was closed", PATIENCE.as_secs());
    Error::QueryFailed(QueryError::Text(text))
}
