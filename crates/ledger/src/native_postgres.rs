//! One connection to PostgreSQL, opened by this process: for tests, and for tools that change the schema.
//!
//! As strict about types as Spin's interface, so that what passes here passes there: a parameter is sent as the type it
//! has, never cast to the one that the server expects.

use std::cell::RefCell;
use std::collections::HashMap;

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls, Statement};

use crate::db::{Db, DbError, Row, Value};
use crate::dialect::{self, Dialect};

/// One connection to a PostgreSQL database.
pub struct PostgresDb {
    client: RefCell<Client>,
    /// Every statement of the ledger is a constant, or one of few forms: they are translated and prepared once.
    prepared: RefCell<HashMap<String, Statement>>,
}

impl std::fmt::Debug for PostgresDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresDb").finish_non_exhaustive()
    }
}

impl PostgresDb {
    /// Connects.
    ///
    /// # Errors
    /// The driver's words.
    pub fn open(url: &str) -> Result<Self, DbError> {
        let client = Client::connect(url, NoTls).map_err(|e| text(&e))?;
        Ok(Self::on(client))
    }

    /// The ledger on a connection that was made elsewhere, with TLS for example.
    #[must_use]
    pub fn on(client: Client) -> Self {
        Self { client: RefCell::new(client), prepared: RefCell::default() }
    }

    /// Runs a script: all its statements in one transaction, without parameters and rows.
    ///
    /// # Errors
    /// The server's words; nothing was changed then.
    pub fn script(&self, sql: &str) -> Result<(), DbError> {
        self.client.borrow_mut().batch_execute(sql).map_err(|e| text(&e))
    }

    fn run(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, postgres::Error> {
        let mut client = self.client.borrow_mut();
        let known = self.prepared.borrow().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = client.prepare(&dialect::postgres(sql).sql)?;
                self.prepared.borrow_mut().insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|value| value as _).collect();
        client.query(&statement, &parameters)?.iter().map(row).collect()
    }
}

impl Db for PostgresDb {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.run(sql, parameters).map_err(|e| text(&e))
    }
}

/// What the server said, where it said anything.
fn text(error: &postgres::Error) -> DbError {
    match error.as_db_error() {
        Some(said) => {
            let code = said.code().code();
            DbError::with_sqlstate(format!("{} ({code})", said.message()), code)
        }
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            DbError::new(format!("{error}{cause}"))
        }
    }
}

fn row(found: &postgres::Row) -> Result<Row, postgres::Error> {
    (0..found.len()).map(|at| value(found, at)).collect::<Result<_, _>>().map(Row)
}

/// A condition is 0 or 1 to the ledger, and whole numbers have one width.
fn value(row: &postgres::Row, at: usize) -> Result<Value, postgres::Error> {
    let kind = row.columns().get(at).map(|column| column.type_().clone());
    Ok(match kind {
        Some(Type::BOOL) => row.try_get::<_, Option<bool>>(at)?.map(i64::from).into(),
        Some(Type::INT4) => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
        Some(Type::INT8) => row.try_get::<_, Option<i64>>(at)?.into(),
        Some(Type::FLOAT8) => row.try_get::<_, Option<f64>>(at)?.into(),
        Some(Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(at)?.map_or(Value::Null, Value::Blob),
        // What is none of the ledger's types fails here, with the name of the type.
        Some(_) | None => row.try_get::<_, Option<String>>(at)?.into(),
    })
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql_checked(kind, out),
            Self::Real(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Blob(bytes) => bytes.to_sql_checked(kind, out),
        }
    }

    /// Decided by the value, in [`ToSql::to_sql`]: nothing fits any type.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
