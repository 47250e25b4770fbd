//! One line of a component's log.
//!
//! The runtime joins what all instances write to one stream, piece by piece: a line that is written in pieces, as
//! `eprintln!` does, is torn by its neighbours. So each line is made whole first and written by one call. It begins with
//! its level, because the embedded host and log collectors sort by that, and has the time, because Spin adds none.
//!
//! No plate, token, address or text of a photo belongs in a line; see `docs/operations.md`.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::SystemTime;

use jiff::Timestamp;

/// The variable of the environment with the least level that is written: `debug`, `info`, `warn` or `error`.
pub const LEVEL_VARIABLE: &str = "LOG_LEVEL";

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a fault; not written unless [`LEVEL_VARIABLE`] says so.
    Debug,
    /// What happened.
    Info,
    /// What went wrong and is made good by itself, or is somebody else's mistake.
    Warn,
    /// What somebody has to look at.
    Error,
    /// A message of an alert, whose channel the log is.
    Notice,
}

impl Level {
    /// As a line has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Notice => "notice",
        }
    }

    /// The least level that is written, by the variable's value: information when it has none, or one that is no level.
    #[must_use]
    pub fn least(configured: Option<&str>) -> Self {
        let known = [Self::Debug, Self::Info, Self::Warn, Self::Error];
        known.into_iter().find(|level| configured == Some(level.as_str())).unwrap_or(Self::Info)
    }
}

/// A line, with its end: `level=warn time=2026-11-20T10:00:00.000Z stage=wake cause="no answer"`.
///
/// A value with anything but letters, digits and `-_.:/@+,` is quoted as in Rust, so that no value ends a line or forges a
/// field.
#[must_use]
pub fn line(level: Level, at: SystemTime, fields: &[(&str, &dyn Display)]) -> String {
    let mut line = format!("level={}", level.as_str());
    if let Ok(time) = Timestamp::try_from(at) {
        // Writing to a text never fails.
        let _ = write!(line, " time={time:.3}");
    }
    for (name, value) in fields {
        let value = value.to_string();
        let _ = if is_plain(&value) { write!(line, " {name}={value}") } else { write!(line, " {name}={value:?}") };
    }
    line.push('\n');
    line
}

/// Writes a line to the component's log, if its level is high enough.
pub fn write(level: Level, fields: &[(&str, &dyn Display)]) {
    let configured = std::env::var(LEVEL_VARIABLE).ok();
    if level >= Level::least(configured.as_deref()) {
        // Where nobody takes the log there is nobody to tell.
        let _ = std::io::stderr().write_all(line(level, SystemTime::now(), fields).as_bytes());
    }
}

/// Writes a line of the log: `log!(Warn, stage = "wake", cause = "no answer")`. Values are [`Display`]; what only has
/// `Debug` is given as `format_args!("{value:?}")`.
#[macro_export]
macro_rules! log {
    ($level:ident, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::write($crate::Level::$level, &[$((stringify!($name), &$value as &dyn ::std::fmt::Display)),+])
    };
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/@+,".contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Level, line};

    #[test]
    fn a_line_has_its_level_first_then_the_time_and_ends() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_000_000_123);
        let cause = format_args!("{:?}", Some(1));
        let text = line(Level::Warn, at, &[("stage", &"wake"), ("cause", &cause)]);
        assert_eq!(text, "level=warn time=2026-11-18T11:06:40.123Z stage=wake cause=\"Some(1)\"\n");
    }

    #[test]
    fn no_value_ends_a_line_or_forges_a_field() {
        let text = line(Level::Info, UNIX_EPOCH, &[("cause", &"a\nlevel=error b=\"c\" \u{202e}"), ("empty", &"")]);
        assert_eq!(
            text,
            "level=info time=1970-01-01T00:00:00.000Z cause=\"a\\nlevel=error b=\\\"c\\\" \\u{202e}\" empty=\"\"\n"
        );
    }

    #[test]
    fn lines_for_the_search_of_faults_are_written_on_demand_only() {
        assert_eq!(Level::least(None), Level::Info);
        assert_eq!(Level::least(Some("debug")), Level::Debug);
        assert_eq!(Level::least(Some("error")), Level::Error);
        for odd in ["", "notice", "WARN", "all"] {
            assert_eq!(Level::least(Some(odd)), Level::Info, "{odd}");
        }
        assert!(Level::Notice > Level::Error, "an alert is told at every level");
    }
}
