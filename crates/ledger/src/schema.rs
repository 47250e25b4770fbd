//! The migrations this program knows, in order, for each database, and how a file is taken apart into statements.

use crate::dialect::Dialect;

use tollbooth_pipeline::ident::sha256_hex;

/// A numbered step of the schema. Applied once, never edited afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: u32,
    /// Of the file, without number and ending.
    pub name: &'static str,
    /// The file for SQLite.
    pub sql: &'static str,
    /// The file for PostgreSQL, with the same meaning.
    pub postgres: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal, $file:literal) => {
        Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/", $file)),
            postgres: include_str!(concat!("../migrations/postgres/", $file)),
        }
    };
}

/// Every migration.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "passages", "0001-passages.sql"),
    migration!(2, "readings", "0002-readings.sql"),
    migration!(3, "verdicts", "0003-verdicts.sql"),
    migration!(4, "exports", "0004-exports.sql"),
    migration!(5, "administration", "0005-administration.sql"),
    migration!(6, "refusals", "0006-refusals.sql"),
    migration!(7, "recognizers", "0007-recognizers.sql"),
    migration!(8, "crossing", "0008-crossing.sql"),
    migration!(9, "sessions", "0009-sessions.sql"),
    migration!(10, "restores", "0010-restores.sql"),
    migration!(11, "prints", "0011-prints.sql"),
    migration!(12, "quality", "0012-quality.sql"),
    migration!(13, "corrections", "0013-corrections.sql"),
    migration!(14, "messages", "0014-messages.sql"),
    migration!(15, "telemetry", "0015-telemetry.sql"),
    migration!(16, "signin", "0016-signin.sql"),
    migration!(17, "pushing-cameras", "0017-pushing-cameras.sql"),
    migration!(18, "log", "0018-log.sql"),
    migration!(19, "pieces", "0019-pieces.sql"),
    migration!(20, "profiles", "0020-profiles.sql"),
    migration!(21, "desk", "0021-desk.sql"),
    migration!(22, "pair", "0022-pair.sql"),
    migration!(23, "alerts", "0023-alerts.sql"),
    migration!(24, "trace", "0024-trace.sql"),
    migration!(25, "views", "0025-views.sql"),
    migration!(26, "digest", "0026-digest.sql"),
    migration!(27, "released-files", "0027-released-files.sql"),
    migration!(28, "storage", "0028-storage.sql"),
    migration!(29, "sealed-exports", "0029-sealed-exports.sql"),
    migration!(30, "looking-back", "0030-looking-back.sql"),
    migration!(31, "camera-turns", "0031-camera-turns.sql"),
    migration!(32, "stuck-cameras", "0032-stuck-cameras.sql"),
    migration!(33, "adopted-issuers", "0033-adopted-issuers.sql"),
    migration!(34, "order-of-arrival", "0034-order-of-arrival.sql"),
];

/// The schema this program works with.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

impl Migration {
    /// The file for a database.
    #[must_use]
    pub const fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sql,
            Dialect::Postgres => self.postgres,
        }
    }

    /// SHA-256 of the file, lower-case hex.
    #[must_use]
    pub fn checksum(&self, dialect: Dialect) -> String {
        sha256_hex(self.text(dialect).as_bytes())
    }

    /// The statements of the file. A database runs one per call, and would silently ignore the rest of a file.
    ///
    /// A statement ends with a line that ends in `;`, a trigger of SQLite with the line `END;`, a function of PostgreSQL
    /// with the line `$$;`. Comment lines between statements are dropped, those inside stay, for people who read the
    /// schema in the file.
    #[must_use]
    pub fn statements(&self, dialect: Dialect) -> Vec<String> {
        let mut statements = Vec::new();
        let mut current = String::new();
        for line in self.text(dialect).lines() {
            if current.is_empty() && (line.trim().is_empty() || line.starts_with("--")) {
                continue;
            }
            current.push_str(line);
            current.push('\n');
            let last = match dialect {
                Dialect::Sqlite if current.starts_with("CREATE TRIGGER") => line == "END;",
                Dialect::Postgres if current.starts_with("CREATE FUNCTION") => line == "$$;",
                Dialect::Sqlite | Dialect::Postgres => line.ends_with(';'),
            };
            if last {
                statements.push(std::mem::take(&mut current));
            }
        }
        if !current.trim().is_empty() {
            statements.push(current);
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        let numbers: Vec<_> = MIGRATIONS.iter().map(|m| m.number).collect();
        assert_eq!(numbers, (1..=SCHEMA_VERSION).collect::<Vec<_>>());
    }

    #[test]
    fn a_trigger_is_one_statement_and_every_statement_is_complete() {
        for (migration, dialect) in MIGRATIONS.iter().flat_map(|m| [(m, Dialect::Sqlite), (m, Dialect::Postgres)]) {
            for statement in migration.statements(dialect) {
                assert!(statement.trim_end().ends_with(';'), "{}: {statement}", migration.name);
                assert_eq!(statement.matches("\nCREATE ").count(), 0, "{}: {statement}", migration.name);
            }
        }
    }
}
