//! Failures of the driver and the server, for guests.

use std::error::Error as _;

use crate::runtime::bindings::spin::postgres::postgres::{DbError, Error, QueryError};

/// A failure of a statement: what the server said of it, or the driver's words.
pub(super) fn of(error: tokio_postgres::Error) -> Error {
    let text = words(&error);
    Error::QueryFailed(match error.as_db_error() {
        None => QueryError::Text(text),
        Some(said) => QueryError::DbError(DbError {
            as_text: text,
            severity: said.severity().to_owned(),
            code: said.code().code().to_owned(),
            message: said.message().to_owned(),
            detail: said.detail().map(str::to_owned),
            extras: extras(said),
        }),
    })
}

/// The error with its cause, which the driver keeps apart.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Under the names that Spin gives them.
fn extras(said: &tokio_postgres::error::DbError) -> Vec<(String, String)> {
    [
        ("column", said.column().map(str::to_owned)),
        ("constraint", said.constraint().map(str::to_owned)),
        ("routine", said.routine().map(str::to_owned)),
        ("hint", said.hint().map(str::to_owned)),
        ("table", said.table().map(str::to_owned)),
        ("datatype", said.datatype().map(str::to_owned)),
        ("schema", said.schema().map(str::to_owned)),
        ("file", said.file().map(str::to_owned)),
        ("line", said.line().map(|line| line.to_string())),
        ("where_", said.where_().map(str::to_owned)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
