//! Plates in SQL, as those who look them up compare them.

use tollbooth_pipeline::keying::Rules;

/// A column with the characters that many issuers do not tell apart as one: what `tollbooth_pipeline::crossing::plate_key` does
/// to a text, and what the indexes hold.
macro_rules! plate_key {
    ($column:literal) => {
        concat!("replace(replace(", $column, ", 'O', '0'), 'I', '1')")
    };
}
pub(crate) use plate_key;

/// SQL for the text by which an issuer's register finds the owner of a plate; both arguments are SQL. Rules name issuers of a
/// list and hold capital letters and digits, whoever wrote them: there is no quote in them.
pub(crate) fn keyed(rules: &Rules, issuer: &str, text: &str) -> String {
    let mut sql = "(CASE".to_owned();
    // One that keys nothing stands in the way of a later one of the same issuer.
    for rule in rules.all() {
        let (own, key) = (rule.issuer, replaced(rule.keyed_as, text));
        sql.push_str(&format!(" WHEN {issuer} = '{own}' OR {issuer} LIKE '{own}-%' THEN {key}"));
    }
    sql.push_str(&format!(" ELSE {text} END)"));
    sql
}

/// The same for one issuer that is known here.
pub(crate) fn keyed_by(rules: &Rules, issuer: &str, text: &str) -> String {
    rules.of(issuer).map_or_else(|| text.to_owned(), |rule| replaced(rule.keyed_as, text))
}

fn replaced(keyed_as: &[(char, char)], text: &str) -> String {
    keyed_as.iter().fold(text.to_owned(), |inner, (printed, key)| format!("replace({inner}, '{printed}', '{key}')"))
}
