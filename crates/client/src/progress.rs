//! Progress on standard error: a bar on a terminal, now and then a line elsewhere. Standard output stays the result's.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

/// How far a piece of work is. Shared by the threads that do it.
pub struct Progress {
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
    Nothing,
}

struct Lines {
    what: String,
    total: Option<u64>,
    done: u64,
    last: Instant,
}

impl Progress {
    /// Progress of `what`, of `total` steps where that is known.
    #[must_use]
    pub fn new(what: &str, total: Option<u64>) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            Shown::Bar(bar(what, total))
        } else {
            Shown::Lines(Mutex::new(Lines { what: what.to_owned(), total, done: 0, last: Instant::now() }))
        };
        Self { shown }
    }

    /// Progress that nobody sees.
    #[must_use]
    pub const fn silent() -> Self {
        Self { shown: Shown::Nothing }
    }

    /// One step is done.
    pub fn step(&self) {
        match &self.shown {
            Shown::Bar(bar) => bar.inc(1),
            Shown::Lines(lines) => tell(lines, |done| done + 1),
            Shown::Nothing => {}
        }
    }

    /// So many steps are done in all.
    pub fn set(&self, done: u64) {
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines(lines) => tell(lines, |_| done),
            Shown::Nothing => {}
        }
    }

    /// A line for the person who watches, above the bar.
    pub fn say(&self, line: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Lines(_) => eprintln!("{line}"),
            Shown::Nothing => {}
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn tell(lines: &Mutex<Lines>, next: impl FnOnce(u64) -> u64) {
    // A poisoned lock holds numbers for people only.
    let mut lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    lines.done = next(lines.done);
    if lines.last.elapsed() >= PAUSE {
        lines.last = Instant::now();
        eprintln!("{}", lines.text());
    }
}

impl Lines {
    fn text(&self) -> String {
        match self.total {
            Some(total) => format!("{}: {} of {total}", self.what, self.done),
            None => format!("{}: {}", self.what, self.done),
        }
    }
}

fn bar(what: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{msg} [{bar:32}] {pos}/{len} {per_sec} {eta}"),
        None => (ProgressBar::no_length(), "{msg} {spinner} {pos} {per_sec}"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
