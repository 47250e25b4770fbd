//! The rows of a table in the order of its primary key, a page at a time, from either database.

use std::cmp::Ordering;
use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};
use tollbooth_ledger::db::{Db, Value};

use crate::error::{RelocationError, Side};
use crate::table::Table;

/// Rows held at once. The largest have some 64 KB, so a page stays in the tens of megabytes.
const PAGE: usize = 256;

/// How many rows a table has.
pub(crate) fn count(db: &impl Db, side: Side, table: &Table) -> Result<i64, RelocationError> {
    let rows = db
        .execute(&format!("SELECT count(*) FROM \"{}\"", table.name), &[])
        .map_err(RelocationError::table(side, &table.name))?;
    match rows.first().and_then(|row| row.0.first()) {
        Some(Value::Integer(count)) => Ok(*count),
        _ => Err(RelocationError::Table { side, table: table.name.clone(), text: "it cannot be counted".to_owned() }),
    }
}

/// Rows of one table.
pub(crate) struct Rows<'a, D> {
    db: &'a D,
    side: Side,
    table: &'a Table,
    first: String,
    next: String,
    page: VecDeque<Vec<Value>>,
    after: Option<Vec<Value>>,
    is_last_page: bool,
}

impl<'a, D: Db> Rows<'a, D> {
    pub(crate) fn of(db: &'a D, side: Side, table: &'a Table) -> Self {
        let (columns, key, name) = (Table::list(&table.columns), table.key_list(), &table.name);
        let after = (1..=table.key).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let rows = format!("SELECT {columns} FROM \"{name}\"");
        let page = format!("ORDER BY {key} LIMIT {PAGE}");
        Self {
            db,
            side,
            table,
            first: format!("{rows} {page}"),
            next: format!("{rows} WHERE ({key}) > ({after}) {page}"),
            page: VecDeque::new(),
            after: None,
            is_last_page: false,
        }
    }

    /// The next row; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<Value>>, RelocationError> {
        if self.page.is_empty() && !self.is_last_page {
            let found = match &self.after {
                None => self.db.execute(&self.first, &[]),
                Some(after) => self.db.execute(&self.next, after),
            }
            .map_err(RelocationError::table(self.side, &self.table.name))?;
            self.is_last_page = found.len() < PAGE;
            self.after = found.last().map(|row| self.table.key_of(&row.0).to_vec());
            self.page = found.into_iter().map(|row| row.0).collect();
        }
        Ok(self.page.pop_front())
    }
}

/// The order of keys, which is that of both databases: numbers by value, texts and bytes byte by byte.
pub(crate) fn order(one: &[Value], other: &[Value]) -> Ordering {
    one.iter().zip(other).map(|(one, other)| compare(one, other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        (Value::Blob(one), Value::Blob(other)) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

const fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Integer(_) => 1,
        Value::Real(_) => 2,
        Value::Text(_) => 3,
        Value::Blob(_) => 4,
    }
}

/// Adds a row to a digest, so that no two different lists of rows have the same bytes.
pub(crate) fn digest(hasher: &mut Sha256, row: &[Value]) {
    for value in row {
        hasher.update([rank(value)]);
        match value {
            Value::Null => {}
            Value::Integer(number) => hasher.update(number.to_be_bytes()),
            Value::Real(number) => hasher.update(number.to_bits().to_be_bytes()),
            Value::Text(text) => long(hasher, text.as_bytes()),
            Value::Blob(bytes) => long(hasher, bytes),
        }
    }
}

fn long(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[&[Value]]) -> Vec<u8> {
        let mut hasher = Sha256::new();
        for row in rows {
            digest(&mut hasher, row);
        }
        hasher.finalize().to_vec()
    }

    #[test]
    fn a_digest_tells_types_and_places_of_values_apart() {
        let text = |text: &str| Value::from(text);
        assert_ne!(sum(&[&[text("ab"), text("c")]]), sum(&[&[text("a"), text("bc")]]));
        assert_ne!(sum(&[&[text("1")]]), sum(&[&[Value::Integer(1)]]));
        assert_ne!(sum(&[&[Value::Integer(1)]]), sum(&[&[Value::Real(1.0)]]));
        assert_ne!(sum(&[&[Value::Null]]), sum(&[&[text("")]]));
    }

    #[test]
    fn keys_are_ordered_as_both_databases_order_them() {
        let of = |texts: [&str; 2]| texts.map(Value::from);
        assert_eq!(order(&of(["B", "x"]), &of(["a", "a"])), Ordering::Less);
        assert_eq!(order(&of(["a", "b"]), &of(["a", "a"])), Ordering::Greater);
        assert_eq!(order(&[Value::Integer(9)], &[Value::Integer(10)]), Ordering::Less);
    }
}
