//! Bytes as words of eight, for what is large and goes from one component into another.
//!
//! A runtime copies a list between two components element by element, with a look at the clock after each, so that a photo
//! takes eight times as long as bytes as it does as words (docs/adr/0043). Both sides look at the same memory either way: the
//! sender copies nothing, and the receiver what did not fill a word.

use std::borrow::Cow;

/// Bytes in a word, the first of them the lowest.
const WORD: usize = 8;

/// The words of these bytes, and the bytes behind the last whole one. Copied only where they do not lie as words do.
#[must_use]
pub fn split(bytes: &[u8]) -> (Cow<'_, [u64]>, &[u8]) {
    let (words, rest) = bytes.as_chunks::<WORD>();
    let as_they_lie = if cfg!(target_endian = "little") { bytemuck::try_cast_slice(words).ok() } else { None };
    let words = as_they_lie
        .map_or_else(|| Cow::Owned(words.iter().map(|word| u64::from_le_bytes(*word)).collect()), Cow::Borrowed);
    (words, rest)
}

/// What was [`split`], as it was.
#[derive(Debug)]
pub struct Joined {
    /// In the order of memory, the last one filled up.
    words: Vec<u64>,
    bytes: usize,
}

impl Joined {
    /// Takes both parts.
    #[must_use]
    pub fn of(mut words: Vec<u64>, rest: &[u8]) -> Self {
        let bytes = words.len() * WORD + rest.len();
        for word in &mut words {
            *word = word.to_le();
        }
        // No more than is needed: a photo may be large, and room that grows by itself doubles.
        words.reserve_exact(rest.len().div_ceil(WORD));
        words.extend(rest.chunks(WORD).map(|part| {
            let mut word = [0; WORD];
            word.iter_mut().zip(part).for_each(|(byte, given)| *byte = *given);
            u64::from_ne_bytes(word)
        }));
        Self { words, bytes }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words).get(..self.bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_split_is_joined_whatever_its_length_and_wherever_it_lies() {
        let all: Vec<u8> = (0..200_u8).collect();
        for from in 0..9 {
            for to in from..all.len() {
                let bytes = &all[from..to];
                let (words, rest) = split(bytes);
                assert!(rest.len() < WORD);
                assert_eq!(
                    words.first().map(|word| word.to_le_bytes()[0]),
                    bytes.as_chunks::<WORD>().0.first().map(|w| w[0])
                );
                assert_eq!(Joined::of(words.into_owned(), rest).as_slice(), bytes, "{from}..{to}");
            }
        }
    }

    #[test]
    fn a_rest_of_any_length_is_taken() {
        assert_eq!(Joined::of(vec![], &[7; 21]).as_slice(), [7; 21]);
        assert!(Joined::of(vec![], &[]).as_slice().is_empty());
        let large = Joined::of(vec![7; 100_000], &[7; 3]);
        assert!(large.words.capacity() < 110_000, "{}", large.words.capacity());
    }

    #[test]
    fn bytes_that_lie_as_words_do_are_not_copied() {
        let lying = vec![1_u64, 2];
        let (words, rest) = split(bytemuck::cast_slice(&lying));
        assert!(matches!(words, Cow::Borrowed([1, 2])) || cfg!(target_endian = "big"));
        assert!(rest.is_empty());
    }
}
