//! `spin:postgres/postgres` for guests: the address is checked, then the connection taken.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::GuestConnection;
use crate::{
    host_calls::{CallKind, Verdict},
    runtime::{
        GuestState,
        bindings::spin::postgres::postgres::{Error, Host, HostConnection, ParameterValue, QueryError, RowSet},
    },
};

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
    async fn open(&mut self, address: String) -> Answer<Resource<GuestConnection>> {
        if let Verdict::Fail(reason) = self.before(CallKind::Postgres, "open").await? {
            return Ok(Err(Error::ConnectionFailed(reason)));
        }
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        let opened = GuestConnection::open(&services.postgres, &address, &component.allowed_hosts).await;
        let connection = match opened {
            Ok(connection) => self.table.push(connection)?,
            Err(error) => return Ok(Err(error)),
        };
        self.after(CallKind::Postgres, "open").await?;
        Ok(Ok(connection))
    }

    async fn query(
        &mut self,
        connection: Resource<GuestConnection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<RowSet> {
        if let Some(error) = self.before_statement(&statement).await? {
            return Ok(Err(error));
        }
        let answer = self.table.get_mut(&connection)?.query(&statement, parameters).await;
        self.after(CallKind::Postgres, &statement).await?;
        Ok(answer)
    }

    async fn execute(
        &mut self,
        connection: Resource<GuestConnection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<u64> {
        if let Some(error) = self.before_statement(&statement).await? {
            return Ok(Err(error));
        }
        let answer = self.table.get_mut(&connection)?.execute(&statement, parameters).await;
        self.after(CallKind::Postgres, &statement).await?;
        Ok(answer)
    }

    async fn drop(&mut self, connection: Resource<GuestConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}
