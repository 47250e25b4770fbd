//! Values between the ledger and `spin:postgres`. A parameter has the type of its column: the server is never asked to
//! convert.

use spin_sdk::pg4::{DbValue, ParameterValue};
use tollbooth_ledger::db::{DbError, Value};

pub fn to_spin(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::DbNull,
        Value::Integer(number) => ParameterValue::Int64(*number),
        Value::Real(number) => ParameterValue::Floating64(*number),
        Value::Text(text) => ParameterValue::Str(text.clone()),
        Value::Blob(bytes) => ParameterValue::Binary(bytes.clone()),
    }
}

/// A condition is 0 or 1 to the ledger, and whole numbers have one width.
///
/// # Errors
/// For a type that no column of the ledger has.
pub fn from_spin(value: DbValue) -> Result<Value, DbError> {
    Ok(match value {
        DbValue::DbNull => Value::Null,
        DbValue::Boolean(condition) => Value::Integer(condition.into()),
        DbValue::Int32(number) => Value::Integer(number.into()),
        DbValue::Int64(number) => Value::Integer(number),
        DbValue::Floating64(number) => Value::Real(number),
        DbValue::Str(text) => Value::Text(text),
        DbValue::Binary(bytes) => Value::Blob(bytes),
        other => {
            return Err(DbError::new(format!("a column of a type that the ledger does not use: {}", name(&other))));
        }
    })
}

/// The type alone: the value is data.
fn name(value: &DbValue) -> &'static str {
    match value {
        DbValue::Int8(_) | DbValue::Int16(_) => "a small whole number",
        DbValue::Floating32(_) => "a real",
        DbValue::Decimal(_) => "numeric",
        DbValue::Jsonb(_) => "jsonb",
        _ => "another",
    }
}
