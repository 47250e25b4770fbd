//! The migrations this program knows, in order, and how a file is taken apart into statements.

use tollbooth_pipeline::ident::sha256_hex;

/// A numbered step of the schema. Applied once, never edited afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: u32,
    /// Of the file, without number and ending.
    pub name: &'static str,
    /// The file.
    pub sql: &'static str,
}

/// Every migration.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "passages", sql: include_str!("../migrations/0001-passages.sql") },
    Migration { number: 2, name: "readings", sql: include_str!("../migrations/0002-readings.sql") },
    Migration { number: 3, name: "verdicts", sql: include_str!("../migrations/0003-verdicts.sql") },
    Migration { number: 4, name: "exports", sql: include_str!("../migrations/0004-exports.sql") },
    Migration { number: 5, name: "administration", sql: include_str!("../migrations/0005-administration.sql") },
    Migration { number: 6, name: "refusals", sql: include_str!("../migrations/0006-refusals.sql") },
    Migration { number: 7, name: "recognizers", sql: include_str!("../migrations/0007-recognizers.sql") },
];

/// The schema this program works with.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

impl Migration {
    /// SHA-256 of the file, lower-case hex.
    #[must_use]
    pub fn checksum(&self) -> String {
        sha256_hex(self.sql.as_bytes())
    }

    /// The statements of the file. A database runs one per call, and would silently ignore the rest of a file.
    ///
    /// A statement ends with a line that ends in `;`, a trigger with the line `END;`. Comment lines between
    /// statements are dropped, those inside stay, for people who read the schema in the file.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let mut statements = Vec::new();
        let mut current = String::new();
        for line in self.sql.lines() {
            if current.is_empty() && (line.trim().is_empty() || line.starts_with("--")) {
                continue;
            }
            current.push_str(line);
            current.push('\n');
            let in_trigger = current.starts_with("CREATE TRIGGER");
            if if in_trigger { line == "END;" } else { line.ends_with(';') } {
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
        for migration in MIGRATIONS {
            for statement in migration.statements() {
                assert!(statement.trim_end().ends_with(';'), "{}: {statement}", migration.name);
                assert_eq!(statement.matches("\nCREATE ").count(), 0, "{}: {statement}", migration.name);
            }
        }
    }
}
