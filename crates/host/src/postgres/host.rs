//! `spin:postgres/postgres` for guests: the address is checked, then the connection taken.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::GuestConnection;
use crate::{
    host_calls::{CallKind, Verdict},
    runtime::{
        GuestState, Handle, HandleTable as _,
        bindings::spin::postgres::postgres::{
            Connection, Error, Host, HostConnection, ParameterValue, QueryError, RowSet,
        },
    },
};

impl Handle for Connection {
    type Kept = GuestConnection;
}

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl Host for GuestState {}

impl GuestState {
    /// The operation of a bench is the statement's text, as for SQLite.
    async fn before_statement(&mut self, statement: &str) -> wasmtime::Result<Option<Error>> {
        Ok(match self.before(CallKind::Postgres, statement).await? {
            Verdict::Fail(reason) => Some(Error::QueryFailed(QueryError::Text(reason))),
            _ => None,
        })
    }
}

impl HostConnection for GuestState {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        if let Verdict::Fail(reason) = self.before(CallKind::Postgres, "open").await? {
            return Ok(Err(Error::ConnectionFailed(reason)));
        }
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        let opened = GuestConnection::open(&services.postgres, &address, &component.allowed_hosts).await;
        let connection = match opened {
            Ok(connection) => self.table.keep::<Connection>(connection)?,
            Err(error) => return Ok(Err(error)),
        };
        self.after(CallKind::Postgres, "open").await?;
        Ok(Ok(connection))
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<RowSet> {
        if let Some(error) = self.before_statement(&statement).await? {
            return Ok(Err(error));
        }
        let answer = self.table.kept_mut(&connection)?.query(&statement, parameters).await;
        self.after(CallKind::Postgres, &statement).await?;
        Ok(answer)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<u64> {
        if let Some(error) = self.before_statement(&statement).await? {
            return Ok(Err(error));
        }
        let answer = self.table.kept_mut(&connection)?.execute(&statement, parameters).await;
        self.after(CallKind::Postgres, &statement).await?;
        Ok(answer)
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.take_out(&connection)?;
        Ok(())
    }
}
