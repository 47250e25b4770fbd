//! Words by which the API answers and that nothing stores: listed here once, for the code and for the document.

use crate::reason::named;

named! {
    /// What a reviewer is asked for: what is in doubt of a review.
    Asked, "part of a review" {
        /// Everything.
        All = "all",
        /// Only who issued the plate.
        Issuer = "issuer",
        /// Only some characters.
        Characters = "characters",
    }
}

named! {
    /// Whose a decision or an answer is.
    By, "decider" {
        /// The judge's: it was billed, or would have been.
        Machine = "machine",
        /// A person's.
        Person = "person",
    }
}

named! {
    /// What an audit finds of a passage.
    Finding, "finding of an audit" {
        /// Nothing is stored as its photo.
        PhotoMissing = "photo-missing",
        /// Something else is stored than was acknowledged.
        PhotoChanged = "photo-changed",
        /// Its own records contradict each other.
        Contradiction = "contradiction",
    }
}

named! {
    /// How an installation is that answers.
    Health, "state of health" {
        /// All is taken.
        Ok = "ok",
        /// Everything but photos.
        StorageFull = "storage-full",
    }
}

named! {
    /// What may be otherwise where a passage's key comes again.
    Difference, "difference" {
        /// The photo's bytes.
        Photo = "photo",
        /// The time of capture.
        CapturedAt = "captured_at",
        /// The lane.
        Lane = "lane",
        /// The camera.
        Camera = "camera",
    }
}
