//! Plates that differ in one easily confused character from one that passes here often, and readings that were wrong before:
//! neither is billed without a person. Both are looked up by indexes, whatever the ledger holds.
//!
//! Texts are found by the keys under which the index holds each spelling that the issuer's register looks up alike; whether
//! two of them are one plate is what the register says of them.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::crossing::{Relation, is_nearly_same, plate_key, plate_keys};
use tollbooth_pipeline::identity::keying_rules;
use tollbooth_pipeline::keying::Rules;
use tollbooth_pipeline::lookalike::{WINDOW_MS, remembered, told, variants};

use crate::Ledger;
use crate::crossing::Related;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::keying::{keyed_by, plate_key};
use crate::setting::in_force;

/// No setting asks for more sightings of one plate: more says nothing new.
const MOST_SIGHTINGS: usize = 500;
/// Photos of neighbours that are shown beside the one to decide.
const MOST_SHOWN: u32 = 2;
/// Keys are looked up so many at a time, so that statements are few.
const AT_A_TIME: usize = 32;
/// Passages looked at for so many keys. Fewer would let the many passages of one plate hide another's that was seen often: of so
/// many, one plate has its [`MOST_SIGHTINGS`].
const MOST_PASSAGES: usize = AT_A_TIME * MOST_SIGHTINGS;
/// Keys of look-alikes that are looked up at most: of the variants themselves there are fewer, and what is beyond are rarer
/// spellings of them under a register that treats many characters as one.
const MOST_KEYS: usize = 256;

/// Spellings of one plate that are looked at: it is written in few.
const MOST_SPELLINGS: u32 = 50;

/// The accepted passages of the booth, up to this one, with one of the plates whose keys follow the first `named` parameters.
fn neighbours(columns: &str, named: usize, condition: &str) -> String {
    let keys: Vec<String> = (1..=AT_A_TIME).map(|n| format!("+?{}", named + n)).collect();
    let key = plate_key!("other.plate");
    format!(
        "SELECT {columns} FROM passage AS mine JOIN passage AS other ON other.booth_id = mine.booth_id
             AND other.plate IS NOT NULL AND {key} IN ({})
             AND other.captured_at_ms BETWEEN mine.captured_at_ms - +?2 AND mine.captured_at_ms
         WHERE mine.sequence = +?1 AND other.sequence <> +?1 AND other.state = 'accepted' {condition}
         LIMIT {MOST_PASSAGES}",
        keys.join(", ")
    )
}

/// What was misread before, in any spelling of this key, and what was right, the latest first.
const CONFUSIONS: &str = concat!(
    "SELECT c.read_plate, c.right_plate FROM confusion c WHERE ",
    plate_key!("c.read_plate"),
    " = +?1 AND c.withdrawn_at_ms IS NULL ORDER BY c.passage_sequence DESC LIMIT 50"
);

/// How often each text passed the booth, of the plates whose keys are given, but for those that the register looks up as `?3`.
fn seen_plates(rules: &Rules, issuer: &str) -> String {
    let another_owner = format!("AND {} <> +?3", keyed_by(rules, issuer, "other.plate"));
    let few = neighbours("other.plate", 3, &another_owner);
    format!("SELECT few.plate, count(*) FROM ({few}) AS few GROUP BY few.plate ORDER BY few.plate")
}

/// The spellings of a key in which people decided passages of the booth.
const CONFIRMED: &str = concat!(
    "SELECT DISTINCT other.plate FROM passage AS mine JOIN passage AS other ON other.booth_id = mine.booth_id
         AND other.plate IS NOT NULL AND ",
    plate_key!("other.plate"),
    " = +?2 AND other.captured_at_ms BETWEEN mine.captured_at_ms - ?3 AND mine.captured_at_ms + ?3
     WHERE mine.sequence = +?1 AND other.sequence <> +?1 AND other.state = 'accepted'
         AND other.decided_by <> 'judge' LIMIT +?4"
);

impl<D: Db> Ledger<D> {
    /// Why this plate of this issuer must not be billed without a person, were it accepted for this passage.
    pub(crate) fn look_alike(
        &self,
        sequence: i64,
        (plate, issuer): (&str, &str),
        sightings: u64,
    ) -> Result<Option<String>, LedgerError> {
        let rules = self.keying_rules()?;
        if let Some(right) = self.misread_before(plate, Some((&rules, issuer)))? {
            return Ok(Some(remembered(plate, &right)));
        }
        if sightings == 0 {
            return Ok(None);
        }
        let Some((neighbour, seen)) = self.often_seen(sequence, (plate, issuer), &rules, sightings)? else {
            return Ok(None);
        };
        let register = rules.lookup_key(issuer, plate);
        for key in plate_keys(plate, issuer, &rules) {
            for row in self.run(CONFIRMED, params![sequence, key, WINDOW_MS, MOST_SPELLINGS])? {
                if rules.lookup_key(issuer, &row.columns().text()?) == register {
                    return Ok(None);
                }
            }
        }
        Ok(Some(told(plate, &neighbour, seen)))
    }

    /// What an issuer's register says of spellings today: an operator may have changed it, so no key is stored.
    pub(crate) fn keying_rules(&self) -> Result<Rules, LedgerError> {
        Ok(keying_rules(&in_force(&self.changed_settings()?)?))
    }

    /// What was right where this plate was read before, by the key of the issuer's register; without an issuer by any that some
    /// issuer has.
    fn misread_before(&self, plate: &str, register: Option<(&Rules, &str)>) -> Result<Option<String>, LedgerError> {
        let keys = register.map_or_else(|| vec![plate_key(plate)], |(rules, issuer)| plate_keys(plate, issuer, rules));
        for key in keys {
            for row in self.run(CONFUSIONS, params![key])? {
                let mut columns = row.columns();
                let (read, right) = (columns.text()?, columns.text()?);
                // Where the register looks up both alike, as it may by now, it was no misreading.
                let is_of = |(rules, issuer): (&Rules, &str)| {
                    let key = rules.lookup_key(issuer, plate);
                    rules.lookup_key(issuer, &read) == key && rules.lookup_key(issuer, &right) != key
                };
                if register.is_none_or(is_of) {
                    return Ok(Some(right));
                }
            }
        }
        Ok(None)
    }

    /// The neighbour that was seen most at the booth, where it was seen this often. Spellings that the register looks up alike
    /// count together, as do O and 0, I and 1 at any: whoever misread one would misread the other.
    fn often_seen(
        &self,
        sequence: i64,
        (plate, issuer): (&str, &str),
        rules: &Rules,
        least: u64,
    ) -> Result<Option<(String, u64)>, LedgerError> {
        let register = rules.lookup_key(issuer, plate);
        let seen = seen_plates(rules, issuer);
        let mut sightings: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for keys in keys_of(variants(plate), Some((rules, issuer))).chunks(AT_A_TIME) {
            // What is the very plate that was read, spelled otherwise, is left out there.
            for row in self.run(&seen, &parameters(sequence, Some(&register), keys))? {
                let mut columns = row.columns();
                let (text, times) = (columns.text()?, columns.number::<u64>()?);
                let owner = rules.lookup_key(issuer, &text);
                let (_, sum) = sightings.entry(plate_key(&owner)).or_insert((text, 0));
                *sum = sum.saturating_add(times);
            }
        }
        let mut most: Option<(String, u64)> = None;
        for (neighbour, times) in sightings.into_values() {
            if times >= least && most.as_ref().is_none_or(|(_, before)| times > *before) {
                most = Some((neighbour, times));
            }
        }
        Ok(most)
    }

    /// The latest photos of plates that this one may be, to be seen beside it.
    pub(crate) fn look_alikes(&self, sequence: i64, plate: &str) -> Result<Vec<Related>, LedgerError> {
        let mut found = Vec::new();
        let mut texts: Vec<String> = self.misread_before(plate, None)?.into_iter().collect();
        texts.extend(variants(plate));
        for texts in keys_of(texts, None).chunks(AT_A_TIME) {
            let few = neighbours(
                "other.id, other.state, other.plate, other.lane, other.camera, other.captured_at,
                 other.captured_at_ms - mine.captured_at_ms AS later_ms",
                2,
                "",
            );
            let sql = format!("SELECT * FROM ({few}) AS few ORDER BY few.later_ms DESC LIMIT {MOST_SHOWN}");
            for row in self.run(&sql, &parameters(sequence, None, texts))? {
                let mut columns = row.columns();
                found.push(Related {
                    passage: columns.text()?,
                    relation: Relation::LookAlike,
                    state: columns.parsed()?,
                    plate: columns.opt_text()?,
                    lane: columns.text()?,
                    camera: columns.text()?,
                    captured_at: columns.text()?,
                    later_ms: columns.integer()?,
                });
            }
        }
        found.sort_by_key(|other| std::cmp::Reverse(other.later_ms));
        found.truncate(MOST_SHOWN as usize);
        Ok(found)
    }

    /// Remembers that a text was read where another was right: upheld by a person who looked, after the machine or another
    /// person had said otherwise. Another spelling of the plate that its register looks up is no misreading.
    pub(crate) fn remember_confusion(
        &self,
        now: Instant,
        sequence: i64,
        (right, issuer): (&str, &str),
    ) -> Result<(), LedgerError> {
        let rows = self.run(
            "SELECT DISTINCT a.plate FROM reading_attempt a WHERE a.passage_sequence = +?1 AND a.plate IS NOT NULL
                 AND a.plate <> +?2",
            params![sequence, right],
        )?;
        let rules = self.keying_rules()?;
        for row in rows {
            let read = row.columns().text()?;
            if !is_nearly_same(&read, right) || rules.lookup_key(issuer, &read) == rules.lookup_key(issuer, right) {
                continue;
            }
            self.run(
                "INSERT INTO confusion (read_plate, passage_sequence, right_plate, upheld_at_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (read_plate, passage_sequence) DO UPDATE SET right_plate = excluded.right_plate,
                     upheld_at_ms = excluded.upheld_at_ms, withdrawn_at_ms = NULL",
                params![read, sequence, right, now],
            )?;
        }
        Ok(())
    }

    /// What was upheld of a passage is doubted again.
    pub(crate) fn forget_confusion(&self, now: Instant, sequence: i64) -> Result<(), LedgerError> {
        self.run(
            "UPDATE confusion SET withdrawn_at_ms = ?2 WHERE passage_sequence = +?1 AND withdrawn_at_ms IS NULL",
            params![sequence, now],
        )?;
        Ok(())
    }
}

/// The keys of texts, each once: first their own, then those of other spellings that the issuer's register looks up alike.
fn keys_of(texts: Vec<String>, register: Option<(&Rules, &str)>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let mut spelled: Vec<String> = Vec::new();
    for text in &texts {
        match register {
            None => keys.push(plate_key(text)),
            Some((rules, issuer)) => {
                let mut all = plate_keys(text, issuer, rules).into_iter();
                keys.extend(all.next());
                spelled.extend(all);
            }
        }
    }
    keys.extend(spelled);
    let mut known = BTreeSet::new();
    keys.retain(|key| known.insert(key.clone()));
    keys.truncate(MOST_KEYS);
    keys
}

/// The passage, the window, what the register looks up, and texts up to their number, the last one again where there are fewer.
fn parameters(sequence: i64, register: Option<&str>, texts: &[String]) -> Vec<Value> {
    let last = texts.last().map_or("", String::as_str);
    let padded = texts.iter().map(String::as_str).chain(std::iter::repeat(last)).take(AT_A_TIME);
    let first = [sequence.into(), WINDOW_MS.into()].into_iter().chain(register.map(Value::from));
    first.chain(padded.map(Value::from)).collect()
}
