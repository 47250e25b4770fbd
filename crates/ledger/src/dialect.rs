//! One SQL text for two databases.
//!
//! Statements are written once, in what SQLite and PostgreSQL both take (CONTRIBUTING.md says what that is), so that
//! what is measured and tested on one is what runs on the other. The rest is mechanical and happens here: how a
//! parameter is written, which index SQLite is told to use, and which rows PostgreSQL must hold because it has no
//! lock for the whole database.

/// The database behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file, one writer at a time.
    Sqlite,
    /// Many writers at a time, in READ COMMITTED.
    Postgres,
}

/// A statement as PostgreSQL takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSql {
    /// The statement.
    pub sql: String,
    /// Whether it answers with rows. One that does not is better sent as a command: Spin then passes on what went
    /// wrong in full.
    pub returns_rows: bool,
}

/// The statement for PostgreSQL: `+?1` and `?1` become `$1`, `INDEXED BY name` goes, and what stands in
/// `/*pg … */`, a comment to SQLite, becomes part of it. Text in quotes stays as it is.
#[must_use]
pub fn postgres(common: &str) -> PostgresSql {
    let mut sql = String::with_capacity(common.len());
    let mut rest = common;
    loop {
        // Most of a statement is the same; a component translates each one it sends.
        let (plain, other) = rest.split_at(same(rest));
        sql.push_str(plain);
        rest = other;
        let Some(first) = rest.chars().next() else { break };
        let taken = if first == '\'' {
            quoted(rest)
        } else if let Some(digits) = parameter(rest) {
            sql.push('$');
            rest = digits;
            continue;
        } else if let Some(after) = rest.strip_prefix(" INDEXED BY ") {
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            continue;
        } else if let Some((only_here, after)) = rest.strip_prefix("/*pg ").and_then(|inside| inside.split_once("*/")) {
            sql.push_str(only_here);
            rest = after;
            continue;
        } else {
            first.len_utf8()
        };
        let (kept, after) = rest.split_at(taken);
        sql.push_str(kept);
        rest = after;
    }
    let returns_rows = ["SELECT", "WITH"].iter().any(|word| sql.starts_with(word)) || sql.contains("RETURNING");
    PostgresSql { sql, returns_rows }
}

/// Length of the text before the next place where something may begin that is written differently.
fn same(text: &str) -> usize {
    text.bytes().position(|byte| matches!(byte, b'\'' | b'+' | b'?' | b' ' | b'/')).unwrap_or(text.len())
}

/// Length of the text in quotes that begins here; a quote inside is doubled, which reads as two texts.
fn quoted(text: &str) -> usize {
    text.char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(text.len(), |(at, _)| at + 1)
}

/// What follows the sign of a parameter, when one begins here.
fn parameter(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("+?").or_else(|| text.strip_prefix('?'))?;
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_with_a_dollar_whatever_stood_before_them() {
        let found = postgres("SELECT a FROM t WHERE b = +?2 AND c <= ?1 + ?12 LIMIT +?3");
        assert_eq!(found.sql, "SELECT a FROM t WHERE b = $2 AND c <= $1 + $12 LIMIT $3");
        assert!(found.returns_rows);
    }

    #[test]
    fn what_is_nothing_special_is_left_alone_at_both_ends() {
        for common in ["", "x", "é ü/é", "SELECT a + b / c -- done? no", " INDEXED B"] {
            assert_eq!(postgres(common).sql, common);
        }
    }

    #[test]
    fn text_in_quotes_is_left_alone() {
        let common = "SELECT 'what is ?1, and /*pg this */', 'it''s +?2' FROM t WHERE a = '?3'";
        assert_eq!(postgres(common).sql, common);
    }

    #[test]
    fn the_index_for_sqlite_goes_and_the_lock_for_postgres_comes() {
        let found = postgres("SELECT 1 FROM passage INDEXED BY passage_state WHERE id = ?1 /*pg FOR UPDATE */");
        assert_eq!(found.sql, "SELECT 1 FROM passage WHERE id = $1 FOR UPDATE ");
    }

    #[test]
    fn only_what_answers_with_rows_is_a_query() {
        for (sql, rows) in [
            ("SELECT 1", true),
            ("WITH a AS (SELECT 1) SELECT * FROM a", true),
            ("UPDATE t SET a = 1 RETURNING a", true),
            ("UPDATE t SET a = 1", false),
            ("INSERT INTO t SELECT 1", false),
            ("BEGIN", false),
        ] {
            assert_eq!(postgres(sql).returns_rows, rows, "{sql}");
        }
    }
}
