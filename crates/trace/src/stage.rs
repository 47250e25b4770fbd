//! The stages of a passage's way.

use std::fmt;

macro_rules! stages {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// A stage, or the whole way.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Stage { $($(#[$doc])* $variant),+ }

        impl Stage {
            /// Every stage.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the API and in exported spans.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

stages! {
    /// From the camera's request to what billing has: every other span is a part of it.
    Passage = "passage",
    /// From the moment the door opened for it to its being durable.
    Intake = "intake",
    /// One attempt to read the photo: waiting for its turn, and being read.
    Reading = "reading",
    /// The decision about what was read. Made inside the transaction that ends the reading, in less than the millisecond that
    /// the ledger counts in: a moment, not a time.
    Judging = "judging",
    /// Waiting for a person, and with one.
    Review = "review",
    /// Waiting for the next file, and in the making of it.
    Export = "export",
}

impl Stage {
    /// By its name.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| stage.as_str() == text)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
