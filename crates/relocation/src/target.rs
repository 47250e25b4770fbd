//! The PostgreSQL database that is moved into: claimed while it is empty, closed to everybody, opened at the end.

use tollbooth_ledger::db::{Db, Row, Value};
use tollbooth_ledger::moving;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_pipeline::Instant;

use crate::error::{RelocationError, Side};
use crate::rows::count;
use crate::source::Source;
use crate::table::{Table, in_order};
use crate::{Changes, align, prune};

/// Held by whoever moves into a database, until the connection ends; a number of ours alone.
const MOVER: &str = "SELECT pg_try_advisory_lock(CAST(7309453422 AS BIGINT))";

/// Components may not even look while a ledger is moved; what they may is granted again at the end.
const CLOSE: &str = "DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'tollbooth_application') THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tollbooth_application;
        REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM tollbooth_application;
    END IF;
END $$;";

pub(crate) struct Target<'a> {
    pub db: &'a PostgresDb,
    /// In an order in which rows can be inserted.
    pub tables: Vec<Table>,
}

impl<'a> Target<'a> {
    /// Makes the schema, and claims the database for a source: one that is empty, or was claimed for it before.
    pub(crate) fn claim(db: &'a PostgresDb, source: &Source, now: Instant) -> Result<Self, RelocationError> {
        let ledger = || RelocationError::ledger(Side::Target);
        if !flag(one(db, MOVER, "waiting for others")?) {
            return Err(RelocationError::Busy);
        }
        moving::make_schema(db, now).map_err(ledger())?;
        let tables = in_order(source.tables.clone(), &references(db)?)?;
        match moving::guest_of(db).map_err(ledger())? {
            Some(guest) if guest == source.identity => {}
            Some(_) => return Err(RelocationError::AnotherGuest),
            None if source.standing == moving::Standing::Sealed => {
                return Err(RelocationError::MovedBefore { path: source.path.clone() });
            }
            None => {
                must_be_empty(db, &source.fresh()?)?;
                begin(db, source, &tables, now)?;
            }
        }
        Ok(Self { db, tables })
    }

    /// Makes every table what it is in the source.
    pub(crate) fn align(
        &self,
        source: &Source,
        told: &mut dyn FnMut(&str, u64, u64),
    ) -> Result<Changes, RelocationError> {
        let mut changes = Changes::default();
        for table in self.tables.iter().rev() {
            changes.deleted += prune(&source.reader, self.db, table)?;
        }
        for table in &self.tables {
            let total = source.rows(table)?;
            changes.add(align(&source.reader, self.db, table, &mut |done| told(&table.name, done, total))?);
        }
        Ok(changes)
    }

    /// Numbers go on behind the highest, rules are in force again, components may what `grants` says, and the database can
    /// be opened: all of it or nothing.
    pub(crate) fn open_up(&self, grants: &str) -> Result<(), RelocationError> {
        let mut script = String::from("BEGIN;\n");
        for (table, column) in identities(self.db)? {
            script += &format!(
                "SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), coalesce(max(\"{column}\"), 1), \
                 max(\"{column}\") IS NOT NULL) FROM \"{table}\";\n"
            );
        }
        script += moving::NOTE_PENDING;
        script += ";\n";
        for table in &self.tables {
            script += &format!("ALTER TABLE \"{}\" ENABLE TRIGGER USER;\n", table.name);
        }
        script += &format!("DROP TABLE {};\n{grants}\n;COMMIT;", moving::MARKER);
        self.db.script(&script).map_err(RelocationError::database(Side::Target, "opening it"))?;
        // What the planner knows of an empty table makes every first question a slow one.
        self.db.script("ANALYZE").map_err(RelocationError::database(Side::Target, "counting for its planner"))
    }
}

fn begin(db: &PostgresDb, source: &Source, tables: &[Table], now: Instant) -> Result<(), RelocationError> {
    let failed = || RelocationError::database(Side::Target, "claiming it");
    db.script("BEGIN").map_err(failed())?;
    moving::begin(db, &source.identity, now).map_err(RelocationError::ledger(Side::Target))?;
    let mut script = String::from(CLOSE);
    for table in tables {
        // History is copied, not made again. References are still checked.
        script += &format!("\nALTER TABLE \"{}\" DISABLE TRIGGER USER;", table.name);
    }
    script += "\nCOMMIT;";
    db.script(&script).map_err(failed())
}

/// Refuses a database that has rows where a new ledger has none.
fn must_be_empty(db: &PostgresDb, fresh: &[(Table, i64)]) -> Result<(), RelocationError> {
    for (table, rows_of_a_new_one) in fresh {
        let rows = count(db, Side::Target, table)?;
        if rows > *rows_of_a_new_one {
            return Err(RelocationError::NotEmpty { table: table.name.clone(), rows });
        }
    }
    Ok(())
}

/// Which table refers to which.
fn references(db: &PostgresDb) -> Result<Vec<(String, String)>, RelocationError> {
    pairs(
        db,
        "SELECT CAST(t.relname AS TEXT), CAST(o.relname AS TEXT) FROM pg_constraint c
         JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid
         JOIN pg_namespace s ON s.oid = t.relnamespace
         WHERE c.contype = 'f' AND s.nspname = 'public' AND t.oid <> o.oid ORDER BY 1, 2",
    )
}

/// Columns that number their rows themselves.
fn identities(db: &PostgresDb) -> Result<Vec<(String, String)>, RelocationError> {
    pairs(
        db,
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
         WHERE table_schema = 'public' AND is_identity = 'YES' ORDER BY 1, 2",
    )
}

fn pairs(db: &PostgresDb, sql: &str) -> Result<Vec<(String, String)>, RelocationError> {
    let rows = db.execute(sql, &[]).map_err(RelocationError::database(Side::Target, "its tables"))?;
    let pair = |row: Row| match <[Value; 2]>::try_from(row.0) {
        Ok([Value::Text(one), Value::Text(other)]) => Some((one, other)),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

fn one(db: &PostgresDb, sql: &str, what: &'static str) -> Result<Option<Value>, RelocationError> {
    let rows = db.execute(sql, &[]).map_err(RelocationError::database(Side::Target, what))?;
    Ok(rows.into_iter().next().and_then(|row| row.0.into_iter().next()))
}

fn flag(value: Option<Value>) -> bool {
    value == Some(Value::Integer(1))
}
