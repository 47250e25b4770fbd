//! `spin:sqlite/sqlite` and the elder `fermyon:spin/sqlite` for guests: grants first, then the connection.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::GuestConnection;
use crate::{
    host_calls::{CallKind, Verdict},
    runtime::{
        GuestState, Handle, HandleTable as _, as_named_by,
        bindings::{
            fermyon::spin::sqlite as elder,
            spin::sqlite::sqlite::{Connection, Error, Host, HostConnection, QueryResult, Value},
        },
    },
};

/// Connections one instance may hold open at once, as under Spin.
const MAX_OPEN: usize = 256;

impl Handle for Connection {
    type Kept = GuestConnection;
}

impl Handle for elder::Connection {
    type Kept = GuestConnection;
}

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl Host for GuestState {}

impl HostConnection for GuestState {
    async fn open(&mut self, database: String) -> Answer<Resource<Connection>> {
        if let Verdict::Fail(reason) = self.before(CallKind::Sqlite, "open").await? {
            return Ok(Err(Error::Io(reason)));
        }
        if !self.component.sqlite_databases.contains(&database) {
            return Ok(Err(Error::AccessDenied));
        }
        if self.open_connections >= MAX_OPEN {
            return Ok(Err(Error::Io("too many connections opened".to_owned())));
        }
        let services = Arc::clone(&self.services);
        let connection = match GuestConnection::open(&services.database, Arc::clone(&self.urgency)).await {
            Ok(connection) => connection,
            Err(reason) => return Ok(Err(Error::Io(reason))),
        };
        let connection = self.table.keep::<Connection>(connection)?;
        self.open_connections += 1;
        self.after(CallKind::Sqlite, "open").await?;
        Ok(Ok(connection))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> Answer<QueryResult> {
        // The operation of a bench is the statement's text: a crash "at the second insert" needs it.
        let operation = self.control.calls.is_some().then(|| statement.clone());
        if let Some(operation) = &operation
            && let Verdict::Fail(reason) = self.before(CallKind::Sqlite, operation).await?
        {
            return Ok(Err(Error::Io(reason)));
        }
        let open = self.table.kept_mut(&connection)?;
        let answer = open.execute(statement, parameters).await;
        if let Some(operation) = &operation {
            self.after(CallKind::Sqlite, operation).await?;
        }
        Ok(answer.map_err(Error::Io))
    }

    async fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.table.kept(&connection)?.last_insert_rowid())
    }

    async fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.table.kept(&connection)?.changes())
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.take_out(&connection)?;
        self.open_connections -= 1;
        Ok(())
    }
}

impl elder::Host for GuestState {}

impl elder::HostConnection for GuestState {
    async fn open(&mut self, database: String) -> Answer<Resource<elder::Connection>> {
        Ok(HostConnection::open(self, database).await?.map(|connection| as_named_by(&connection)))
    }

    async fn execute(
        &mut self,
        connection: Resource<elder::Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> Answer<QueryResult> {
        HostConnection::execute(self, as_named_by(&connection), statement, parameters).await
    }

    async fn drop(&mut self, connection: Resource<elder::Connection>) -> wasmtime::Result<()> {
        HostConnection::drop(self, as_named_by(&connection)).await
    }
}
