//! Values between guests and PostgreSQL.
//!
//! A parameter goes as the type it has: the server decides whether that is the one it expects. Numbers of arbitrary
//! precision and ranges are not implemented; a guest that sends one is told, and one it reads comes as bytes.

use std::error::Error as StdError;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};
use uuid::Uuid;

use crate::runtime::bindings::spin::postgres::postgres::{Column, DbDataType, DbValue, Interval, ParameterValue};

type Refused = Box<dyn StdError + Sync + Send>;

/// A guest's parameter.
#[derive(Debug)]
pub(super) struct Parameter(pub(super) ParameterValue);

impl ToSql for Parameter {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Refused> {
        match &self.0 {
            ParameterValue::DbNull => Ok(IsNull::Yes),
            ParameterValue::Boolean(v) => v.to_sql_checked(kind, out),
            ParameterValue::Int8(v) => v.to_sql_checked(kind, out),
            ParameterValue::Int16(v) => v.to_sql_checked(kind, out),
            ParameterValue::Int32(v) => v.to_sql_checked(kind, out),
            ParameterValue::Int64(v) => v.to_sql_checked(kind, out),
            ParameterValue::Floating32(v) => v.to_sql_checked(kind, out),
            ParameterValue::Floating64(v) => v.to_sql_checked(kind, out),
            ParameterValue::Str(v) => v.to_sql_checked(kind, out),
            ParameterValue::Binary(v) => v.to_sql_checked(kind, out),
            ParameterValue::Date(v) => date(v)?.to_sql_checked(kind, out),
            ParameterValue::Time(v) => time(v)?.to_sql_checked(kind, out),
            &ParameterValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
                let moment = date(&(year, month, day))?.and_time(time(&(hour, minute, second, nanosecond))?);
                moment.to_sql_checked(kind, out)
            }
            ParameterValue::Timestamp(v) => DateTime::from_timestamp(*v, 0)
                .ok_or_else(|| format!("{v} is beyond what a timestamp holds"))?
                .to_sql_checked(kind, out),
            ParameterValue::Uuid(v) => Uuid::parse_str(v)?.to_sql_checked(kind, out),
            ParameterValue::Jsonb(v) => serde_json::from_slice::<serde_json::Value>(v)?.to_sql_checked(kind, out),
            ParameterValue::ArrayInt32(v) => v.to_sql_checked(kind, out),
            ParameterValue::ArrayInt64(v) => v.to_sql_checked(kind, out),
            ParameterValue::ArrayStr(v) => v.to_sql_checked(kind, out),
            ParameterValue::Interval(v) if *kind == Type::INTERVAL => {
                out.extend_from_slice(&v.micros.to_be_bytes());
                out.extend_from_slice(&v.days.to_be_bytes());
                out.extend_from_slice(&v.months.to_be_bytes());
                Ok(IsNull::No)
            }
            ParameterValue::Interval(_) => Err(format!("an interval where {kind} is expected").into()),
            ParameterValue::Decimal(_)
            | ParameterValue::ArrayDecimal(_)
            | ParameterValue::RangeInt32(_)
            | ParameterValue::RangeInt64(_)
            | ParameterValue::RangeDecimal(_) => {
                Err("this host has no decimals and ranges as parameters; send text and cast it".into())
            }
        }
    }

    /// Decided by the value, in [`ToSql::to_sql`]: nothing fits any type.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn date((year, month, day): &(i32, u8, u8)) -> Result<NaiveDate, Refused> {
    NaiveDate::from_ymd_opt(*year, (*month).into(), (*day).into())
        .ok_or_else(|| format!("{year}-{month}-{day} is no date").into())
}

fn time((hour, minute, second, nanosecond): &(u8, u8, u8, u32)) -> Result<NaiveTime, Refused> {
    NaiveTime::from_hms_nano_opt((*hour).into(), (*minute).into(), (*second).into(), *nanosecond)
        .ok_or_else(|| format!("{hour}:{minute}:{second} and {nanosecond} ns is no time").into())
}

/// A row, value by value.
pub(super) fn row(row: &Row) -> Result<Vec<DbValue>, tokio_postgres::Error> {
    (0..row.len()).map(|at| value(row, at)).collect()
}

fn value(row: &Row, at: usize) -> Result<DbValue, tokio_postgres::Error> {
    let kind = row.columns().get(at).map(|column| column.type_().clone());
    let value = match kind {
        Some(Type::BOOL) => row.try_get::<_, Option<bool>>(at)?.map(DbValue::Boolean),
        Some(Type::INT2) => row.try_get::<_, Option<i16>>(at)?.map(DbValue::Int16),
        Some(Type::INT4) => row.try_get::<_, Option<i32>>(at)?.map(DbValue::Int32),
        Some(Type::INT8) => row.try_get::<_, Option<i64>>(at)?.map(DbValue::Int64),
        Some(Type::FLOAT4) => row.try_get::<_, Option<f32>>(at)?.map(DbValue::Floating32),
        Some(Type::FLOAT8) => row.try_get::<_, Option<f64>>(at)?.map(DbValue::Floating64),
        Some(Type::TEXT | Type::VARCHAR | Type::BPCHAR) => row.try_get::<_, Option<String>>(at)?.map(DbValue::Str),
        Some(Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(at)?.map(DbValue::Binary),
        Some(Type::DATE) => row.try_get::<_, Option<NaiveDate>>(at)?.map(|date| DbValue::Date(parts_of_date(date))),
        Some(Type::TIME) => row.try_get::<_, Option<NaiveTime>>(at)?.map(|time| DbValue::Time(parts_of_time(time))),
        Some(Type::TIMESTAMP) => row.try_get::<_, Option<NaiveDateTime>>(at)?.map(moment),
        Some(Type::TIMESTAMPTZ) => {
            row.try_get::<_, Option<DateTime<chrono::Utc>>>(at)?.map(|with_zone| moment(with_zone.naive_utc()))
        }
        Some(Type::UUID) => row.try_get::<_, Option<Uuid>>(at)?.map(|id| DbValue::Uuid(id.to_string())),
        Some(Type::JSONB) => {
            row.try_get::<_, Option<serde_json::Value>>(at)?.map(|json| DbValue::Jsonb(json.to_string().into_bytes()))
        }
        Some(Type::INT4_ARRAY) => row.try_get::<_, Option<Vec<Option<i32>>>>(at)?.map(DbValue::ArrayInt32),
        Some(Type::INT8_ARRAY) => row.try_get::<_, Option<Vec<Option<i64>>>>(at)?.map(DbValue::ArrayInt64),
        Some(Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY) => {
            row.try_get::<_, Option<Vec<Option<String>>>>(at)?.map(DbValue::ArrayStr)
        }
        Some(Type::INTERVAL) => row.try_get::<_, Option<Raw>>(at)?.map(interval),
        Some(_) | None => row.try_get::<_, Option<Raw>>(at)?.map(|raw| DbValue::Unsupported(raw.0)),
    };
    Ok(value.unwrap_or(DbValue::DbNull))
}

/// Bytes of any type.
struct Raw(Vec<u8>);

impl FromSql<'_> for Raw {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Refused> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Microseconds, days, months, in this order and width on the wire.
fn interval(raw: Raw) -> DbValue {
    let parts = raw.0.split_first_chunk().and_then(|(micros, rest)| {
        let (days, rest) = rest.split_first_chunk()?;
        Some((i64::from_be_bytes(*micros), i32::from_be_bytes(*days), i32::from_be_bytes(*rest.first_chunk()?)))
    });
    match parts {
        Some((micros, days, months)) => DbValue::Interval(Interval { micros, days, months }),
        None => DbValue::Unsupported(raw.0),
    }
}

/// Parts of a calendar date or a time of day are small by what they are.
fn small(part: u32) -> u8 {
    u8::try_from(part).unwrap_or(u8::MAX)
}

fn parts_of_date(date: NaiveDate) -> (i32, u8, u8) {
    (date.year(), small(date.month()), small(date.day()))
}

fn parts_of_time(time: NaiveTime) -> (u8, u8, u8, u32) {
    (small(time.hour()), small(time.minute()), small(time.second()), time.nanosecond())
}

fn moment(moment: NaiveDateTime) -> DbValue {
    let ((year, month, day), (hour, minute, second, nanosecond)) =
        (parts_of_date(moment.date()), parts_of_time(moment.time()));
    DbValue::Datetime((year, month, day, hour, minute, second, nanosecond))
}

/// Name and type of a column.
pub(super) fn column(column: &tokio_postgres::Column) -> Column {
    let data_type = match *column.type_() {
        Type::BOOL => DbDataType::Boolean,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::BYTEA => DbDataType::Binary,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB => DbDataType::Jsonb,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        Type::INTERVAL => DbDataType::Interval,
        ref other => DbDataType::Other(other.name().to_owned()),
    };
    Column { name: column.name().to_owned(), data_type }
}
