//! What an operator can choose of how readings are gone about.

use crate::reason::named;

named! {
    /// How one or two recognisers are asked.
    Policy, "policy" {
        /// Only the first.
        One = "one",
        /// The second when the first finally fails, is out of reach or out of budget.
        Fallback = "fallback",
        /// The second when the first is unsure; agreement is accepted.
        SecondOpinion = "second-opinion",
        /// The second scores a share of the traffic; its answers are not used.
        Shadow = "shadow",
    }
}

named! {
    /// What happens when a recogniser's budget is spent.
    WhenSpent, "way to go on without a budget" {
        /// Passages wait for tomorrow.
        Wait = "wait",
        /// People take over.
        Review = "review",
    }
}
