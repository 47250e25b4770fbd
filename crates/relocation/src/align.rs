//! Makes a table of one database what it is in another, by writing only what differs.
//!
//! Both are read in the order of the primary key, side by side. A table that is empty is filled, one that was filled before
//! is brought up to date, one that is the same is only read: so the same walk begins a move, goes on with it and ends it.

use std::cmp::Ordering;

use tollbooth_ledger::db::{Db, Value};

use crate::error::{RelocationError, Side};
use crate::rows::{Rows, order};
use crate::table::Table;

/// Rows of one statement. Few sizes, so that few statements are prepared.
const BATCHES: [usize; 3] = [256, 16, 1];

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that were missing.
    pub inserted: u64,
    /// Rows that were others.
    pub updated: u64,
    /// Rows that the source has not, or not any more.
    pub deleted: u64,
}

impl Changes {
    /// How many rows were written.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }

    pub(crate) const fn add(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.deleted += other.deleted;
    }
}

/// Makes a table of `target` what it is in `source`. `told` hears of every row that was looked at.
///
/// # Errors
/// [`RelocationError`]; what was written until then stays, and is no hindrance to the next time.
pub fn align(
    source: &impl Db,
    target: &impl Db,
    table: &Table,
    told: &mut dyn FnMut(u64),
) -> Result<Changes, RelocationError> {
    let mut ours = Rows::of(source, Side::Source, table);
    let mut theirs = Rows::of(target, Side::Target, table);
    let mut copy = Copy { target, table, missing: Vec::new(), changes: Changes::default() };
    let (mut one, mut other, mut looked_at) = (ours.next()?, theirs.next()?, 0);
    loop {
        let which = match (&one, &other) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => order(table.key_of(one), table.key_of(other)),
        };
        match which {
            Ordering::Less => copy.insert(one.take())?,
            Ordering::Greater => copy.delete(other.as_deref())?,
            Ordering::Equal => copy.update(one.as_deref(), other.as_deref())?,
        }
        if which.is_le() {
            looked_at += 1;
            told(looked_at);
            one = ours.next()?;
        }
        if which.is_ge() {
            other = theirs.next()?;
        }
    }
    copy.flush()?;
    Ok(copy.changes)
}

/// Removes what `target` has of a table and `source` has not; how many rows. To be done for all tables before any of them is
/// aligned, those that refer to others first: a row that is referred to cannot go.
///
/// # Errors
/// As [`align`].
pub fn prune(source: &impl Db, target: &impl Db, table: &Table) -> Result<u64, RelocationError> {
    let keys = table.keys();
    let mut ours = Rows::of(source, Side::Source, &keys);
    let mut theirs = Rows::of(target, Side::Target, &keys);
    let mut copy = Copy { target, table: &keys, missing: Vec::new(), changes: Changes::default() };
    let mut one: Option<Vec<Value>> = None;
    while let Some(other) = theirs.next()? {
        while one.as_deref().is_none_or(|one| order(one, &other).is_lt()) {
            one = ours.next()?;
            if one.is_none() {
                break;
            }
        }
        if one.as_deref().is_none_or(|one| order(one, &other).is_ne()) {
            copy.delete(Some(other.as_slice()))?;
        }
    }
    Ok(copy.changes.deleted)
}

/// The table that is written.
struct Copy<'a, D> {
    target: &'a D,
    table: &'a Table,
    missing: Vec<Vec<Value>>,
    changes: Changes,
}

impl<D: Db> Copy<'_, D> {
    fn insert(&mut self, row: Option<Vec<Value>>) -> Result<(), RelocationError> {
        self.missing.extend(row);
        if self.missing.len() >= BATCHES[0] { self.flush() } else { Ok(()) }
    }

    /// A row that is gone may have what a row to come must be alone with, so what is missing waits until it is written.
    fn delete(&mut self, row: Option<&[Value]>) -> Result<(), RelocationError> {
        let Some(row) = row else { return Ok(()) };
        let (name, key) = (&self.table.name, self.is_key(1));
        self.run(&format!("DELETE FROM \"{name}\" WHERE {key}"), self.table.key_of(row))?;
        self.changes.deleted += 1;
        Ok(())
    }

    fn update(&mut self, ours: Option<&[Value]>, theirs: Option<&[Value]>) -> Result<(), RelocationError> {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { return Ok(()) };
        if ours == theirs {
            return Ok(());
        }
        let (key, rest) = ours.split_at(self.table.key.min(ours.len()));
        let columns = self.table.columns.iter().skip(self.table.key).zip(1..);
        let set = columns.map(|(column, n)| format!("\"{column}\" = ?{n}")).collect::<Vec<_>>().join(", ");
        let (name, is_key) = (&self.table.name, self.is_key(rest.len() + 1));
        let values: Vec<Value> = rest.iter().chain(key).cloned().collect();
        self.run(&format!("UPDATE \"{name}\" SET {set} WHERE {is_key}"), &values)?;
        self.changes.updated += 1;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RelocationError> {
        let rows = std::mem::take(&mut self.missing);
        let mut left = rows.as_slice();
        while !left.is_empty() {
            let size = BATCHES.into_iter().find(|size| *size <= left.len()).unwrap_or(1);
            let (now, later) = left.split_at(size);
            self.run(&self.insertion(size), &now.concat())?;
            self.changes.inserted += size as u64;
            left = later;
        }
        Ok(())
    }

    fn insertion(&self, rows: usize) -> String {
        let width = self.table.columns.len();
        let places = |row: usize| {
            let numbers = (1..=width).map(|column| format!("?{}", row * width + column));
            format!("({})", numbers.collect::<Vec<_>>().join(", "))
        };
        let values = (0..rows).map(places).collect::<Vec<_>>().join(", ");
        format!("INSERT INTO \"{}\" ({}) VALUES {values}", self.table.name, Table::list(&self.table.columns))
    }

    /// The condition that finds a row by its key, whose parameters begin with this number.
    fn is_key(&self, first: usize) -> String {
        let columns = self.table.columns.iter().take(self.table.key).zip(first..);
        columns.map(|(column, n)| format!("\"{column}\" = ?{n}")).collect::<Vec<_>>().join(" AND ")
    }

    fn run(&self, sql: &str, values: &[Value]) -> Result<(), RelocationError> {
        self.target.execute(sql, values).map(drop).map_err(RelocationError::table(Side::Target, &self.table.name))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tollbooth_ledger::native::NativeDb;

    use super::*;
    use crate::table::tables;

    fn database(rows: impl IntoIterator<Item = (i64, &'static str)>) -> NativeDb {
        let db = NativeDb::open(Path::new(":memory:")).unwrap();
        db.execute(
            "CREATE TABLE t (b TEXT NOT NULL, a INTEGER NOT NULL, c TEXT UNIQUE, PRIMARY KEY (a, b)) STRICT",
            &[],
        )
        .unwrap();
        for (a, c) in rows {
            db.execute("INSERT INTO t (a, b, c) VALUES (?1, 'x', ?2)", &[a.into(), c.into()]).unwrap();
        }
        db
    }

    #[test]
    fn whatever_a_copy_holds_it_becomes_what_the_source_is_and_then_nothing_is_written() {
        let many = || (0..1_000_i64).map(|n| (n, if n == 500 { "five hundred" } else { "" })).map(|(a, c)| (a * 2, c));
        let source = NativeDb::open(Path::new(":memory:")).unwrap();
        source.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, c TEXT) STRICT", &[]).unwrap();
        for (a, c) in many() {
            source.execute("INSERT INTO t VALUES (?1, ?2)", &[a.into(), c.into()]).unwrap();
        }
        let all = tables(&source).unwrap();
        let table = &all[0];
        let empty = || {
            let db = NativeDb::open(Path::new(":memory:")).unwrap();
            db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, c TEXT) STRICT", &[]).unwrap();
            db
        };
        let copy = empty();
        let mut seen = 0;
        let first = align(&source, &copy, table, &mut |n| seen = n).unwrap();
        assert_eq!((first, seen), (Changes { inserted: 1_000, ..Changes::default() }, 1_000));
        // Odd numbers are not of the source, some are missing, one is another.
        for sql in [
            "INSERT INTO t VALUES (7, 'odd'), (5001, 'behind')",
            "DELETE FROM t WHERE a > 1900 AND a < 2000",
            "UPDATE t SET c = 'other' WHERE a = 1000",
        ] {
            copy.execute(sql, &[]).unwrap();
        }
        assert_eq!(prune(&source, &copy, table).unwrap(), 2);
        assert_eq!(prune(&source, &copy, table).unwrap(), 0);
        let again = align(&source, &copy, table, &mut |_| ()).unwrap();
        assert_eq!(again, Changes { inserted: 49, updated: 1, deleted: 0 });
        assert_eq!(align(&source, &copy, table, &mut |_| ()).unwrap(), Changes::default());
    }

    #[test]
    fn what_must_be_unique_may_have_gone_to_another_row_meanwhile() {
        let (source, copy) = (database([(2, "one")]), database([(1, "one")]));
        let all = tables(&source).unwrap();
        assert_eq!(all[0].columns, ["a", "b", "c"]);
        align(&source, &copy, &all[0], &mut |_| ()).unwrap();
        let moved = align(&database([(1, "one")]), &copy, &all[0], &mut |_| ()).unwrap();
        assert_eq!(moved, Changes { inserted: 1, updated: 0, deleted: 1 });
    }
}
