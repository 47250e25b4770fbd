//! The near-neighbour guard: a plate that differs in one easily confused character from one that passes here often may be
//! that one, misread, and then somebody else is billed. So it goes to a person, once: what a person has confirmed here is
//! a plate of its own from then on.

use crate::crossing::look_alikes_of;

/// Sightings of the neighbour are counted over this time before the passage, in milliseconds: a season of commuting.
pub const WINDOW_MS: i64 = 90 * 86_400_000;
/// Most variants of a text: of ten characters each has a handful.
pub const MOST_VARIANTS: usize = 96;

/// Every text that differs in one character that a camera may have seen as another.
#[must_use]
pub fn variants(plate: &str) -> Vec<String> {
    let characters: Vec<char> = plate.chars().collect();
    let mut found = Vec::new();
    for (at, own) in characters.iter().enumerate() {
        for other in look_alikes_of(*own) {
            let text = characters.iter().enumerate().map(|(n, c)| if n == at { other } else { *c }).collect();
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found.truncate(MOST_VARIANTS);
    found
}

/// The sentence for the reviewer, of a neighbour that was seen this often.
#[must_use]
pub fn told(plate: &str, neighbour: &str, sightings: u64) -> String {
    format!(
        "{plate} differs in one character from {neighbour}, which passed here {sightings} times in 90 days, and nobody has \
         confirmed {plate} here: it may be {neighbour}, misread."
    )
}

/// The sentence for the reviewer, of a text that was read before where another was right.
#[must_use]
pub fn remembered(plate: &str, right: &str) -> String {
    format!(
        "{plate} was read before where a person found {right}, so the machine never bills it: look which of the two it is."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crossing::is_nearly_same;

    #[test]
    fn variants_are_one_look_alike_apart_and_the_text_itself_is_none() {
        let found = variants("657");
        assert!(found.iter().all(|other| other != "657" && other.len() == 3), "{found:?}");
        for (read, right) in
            [("ABC0MU1", "ABC0WU1"), ("KBR4657", "KBR4651"), ("E123456", "F123456"), ("A8C1234", "ABC1234")]
        {
            assert!(variants(read).contains(&right.to_owned()), "{read} {right}");
            assert!(variants(right).contains(&read.to_owned()), "{right} {read}");
        }
        for other in variants("ABC1234") {
            assert!(is_nearly_same("ABC1234", &other), "{other}");
        }
        assert!(!variants("ABC1234").contains(&"ABC1235".to_owned()), "a fleet's next plate is another plate");
        assert!(variants("BBBBBBBBBB").len() <= MOST_VARIANTS);
    }
}
