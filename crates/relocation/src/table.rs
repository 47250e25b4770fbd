//! The tables of a ledger, as the SQLite file describes them. Both databases have the same, by a test of the ledger; so a
//! table that a later migration adds is moved without a line here.

use tollbooth_ledger::db::{Db, Row, Value};

use crate::error::{RelocationError, Side};

/// Its rows tell what made the schema of each database, which is another in each.
const OF_THE_SCHEMA: &str = "schema_migration";

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, those of the primary key first.
    pub columns: Vec<String>,
    /// How many of them are the primary key.
    pub key: usize,
}

/// Every table of a SQLite ledger but that of the migrations, by name.
///
/// # Errors
/// [`RelocationError`]; a table without a primary key is one, for its rows cannot be told apart.
pub fn tables(db: &impl Db) -> Result<Vec<Table>, RelocationError> {
    let failed = RelocationError::database(Side::Source, "its tables");
    let rows = db
        .execute(
            "SELECT m.name, c.name, c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND m.name <> ?1
             ORDER BY m.name, CASE WHEN c.pk > 0 THEN c.pk ELSE 1000000 + c.cid END",
            &[Value::from(OF_THE_SCHEMA)],
        )
        .map_err(failed)?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let (name, column, is_key) = read(row)?;
        match tables.last_mut() {
            Some(last) if last.name == name => {
                last.columns.push(column);
                last.key += usize::from(is_key);
            }
            _ => tables.push(Table { name, columns: vec![column], key: usize::from(is_key) }),
        }
    }
    match tables.iter().find(|table| table.key == 0) {
        Some(table) => Err(RelocationError::Table {
            side: Side::Source,
            table: table.name.clone(),
            text: "it has no primary key".to_owned(),
        }),
        None => Ok(tables),
    }
}

fn read(row: Row) -> Result<(String, String, bool), RelocationError> {
    match <[Value; 3]>::try_from(row.0) {
        Ok([Value::Text(table), Value::Text(column), Value::Integer(key)]) => Ok((table, column, key > 0)),
        _ => Err(RelocationError::Database {
            side: Side::Source,
            what: "its tables",
            text: "SQLite describes them in a way unknown here".to_owned(),
        }),
    }
}

impl Table {
    /// The primary key of a row.
    #[must_use]
    pub fn key_of<'a>(&self, row: &'a [Value]) -> &'a [Value] {
        row.get(..self.key).unwrap_or(row)
    }

    /// Its primary key alone.
    pub(crate) fn keys(&self) -> Self {
        let columns = self.columns.iter().take(self.key).cloned().collect();
        Self { name: self.name.clone(), columns, key: self.key }
    }

    /// Names in quotes, with commas between them.
    pub(crate) fn list(names: &[String]) -> String {
        names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// The names of the primary key, as a list.
    pub(crate) fn key_list(&self) -> String {
        Self::list(self.columns.get(..self.key).unwrap_or(&self.columns))
    }
}

/// Puts tables that others refer to before these. `references` are pairs of a table and one that it refers to.
pub(crate) fn in_order(tables: Vec<Table>, references: &[(String, String)]) -> Result<Vec<Table>, RelocationError> {
    let mut left = tables;
    let mut ordered: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |table: &Table| {
            references
                .iter()
                .any(|(from, to)| *from == table.name && to != from && left.iter().any(|other| other.name == *to))
        };
        let (later, now): (Vec<Table>, Vec<Table>) = left.iter().cloned().partition(waits);
        if now.is_empty() {
            let names: Vec<String> = later.into_iter().map(|table| table.name).collect();
            return Err(RelocationError::Circle(names.join(", ")));
        }
        ordered.extend(now);
        left = later;
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        Table { name: name.to_owned(), columns: vec!["id".to_owned()], key: 1 }
    }

    #[test]
    fn tables_that_others_refer_to_come_first_and_a_circle_is_named() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let all = || ["bill_line", "event", "export", "passage"].map(table).to_vec();
        let references = [
            pair("bill_line", "export"),
            pair("bill_line", "passage"),
            pair("event", "passage"),
            pair("passage", "export"),
            pair("passage", "passage"),
        ];
        let names: Vec<String> = in_order(all(), &references).unwrap().into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["export", "passage", "bill_line", "event"]);
        let circle = [pair("event", "passage"), pair("passage", "event")];
        assert!(matches!(in_order(all(), &circle), Err(RelocationError::Circle(names)) if names == "event, passage"));
    }
}
