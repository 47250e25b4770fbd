//! Which plate of which issuer: one probability for (issuer, text), from everything that is known.
//!
//! A serial names an owner only together with its issuer, so what is billed is a pair. The probability of a pair is the
//! product of four terms, each of which a reviewer can be shown: how well the pixels fit the text ([`Spelt`]), how well
//! what stands around it fits the issuer ([`IssuerRead`]), how the issuer forms its serials ([`format`]), and what passes
//! at this booth ([`Traffic`]). Pairs with one lookup key are one owner, and their probabilities add up.
//!
//! Nothing here accepts: the judge compares the probability with what an operator allows.

mod certainty;
mod format;
mod issuers;
mod learned;
mod posterior;
mod spelt;
mod traffic;

pub use format::share_of_form;
pub use issuers::{CLEARLY_BETTER, IssuerRead, MarkScore, Place, clearest, merged, reads};
pub use learned::{Observed, SeenIssuer};
pub use posterior::{Owner, Pairs, Term, weigh};
pub use spelt::{Seen, Spelt, spellings};
pub use traffic::{Traffic, neighbours};
