//! What a provider's roles or groups mean here.

use tollbooth_pipeline::desk::MAX_BOOTHS;
use tollbooth_pipeline::ident::check_booth;
use tollbooth_pipeline::role::Role;

/// Pairs of a provider's value and what it gives, in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(Vec<(String, Grant)>);

/// What somebody may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// As what.
    pub role: Role,
    /// The booths that it is limited to; none: it is not limited.
    pub booths: Option<Vec<String>>,
}

impl Mapping {
    /// Reads `value=role; value=role@booth,booth`. A value may hold anything but a semicolon: names of directories hold commas and
    /// equals signs. Who has several values gets the role that stands first, at the booths of all their values that give this role.
    ///
    /// # Errors
    /// Every violation, one sentence each.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let (mut pairs, mut wrong) = (Vec::new(), Vec::new());
        for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            match pair(entry) {
                Ok(pair) => pairs.push(pair),
                Err(problem) => wrong.push(problem),
            }
        }
        if pairs.is_empty() && wrong.is_empty() {
            wrong.push("must map at least one value to a role: `GROUP=reviewer; GROUP=supervisor`".to_owned());
        }
        if wrong.is_empty() { Ok(Self(pairs)) } else { Err(wrong) }
    }

    /// What somebody may whose claim holds these values; none is nobody here.
    #[must_use]
    pub fn grant_of(&self, values: &[&str]) -> Option<Grant> {
        let mut theirs = self.0.iter().filter(|(value, _)| values.contains(&value.as_str())).map(|(_, grant)| grant);
        let mut found = theirs.next()?.clone();
        for more in theirs.filter(|more| more.role == found.role) {
            found.booths = match (found.booths, &more.booths) {
                (Some(mut booths), Some(more)) => {
                    booths.extend(more.iter().cloned());
                    booths.sort_unstable();
                    booths.dedup();
                    Some(booths)
                }
                // One that is not limited is not limited by another.
                _ => None,
            };
        }
        Some(found)
    }
}

fn pair(entry: &str) -> Result<(String, Grant), String> {
    let (value, grant) = entry.rsplit_once('=').ok_or_else(|| format!("`{entry}` is not of the form value=role"))?;
    let (value, grant) = (value.trim(), grant.trim());
    if value.is_empty() {
        return Err(format!("`{entry}` has no value before the role"));
    }
    let (role, booths) = match grant.split_once('@') {
        Some((role, booths)) => (role.trim(), Some(booths)),
        None => (grant, None),
    };
    let role = match role.parse() {
        // A camera is a machine with a token of its own.
        Ok(Role::Camera) => return Err(format!("`{entry}`: no person is a camera")),
        Ok(role) => role,
        Err(problem) => return Err(format!("`{entry}`: {problem}")),
    };
    let booths = booths.map(|booths| limit(entry, role, booths)).transpose()?;
    Ok((value.to_owned(), Grant { role, booths }))
}

/// The booths behind the `@`. Too many or none would be a limit that somebody did not mean.
fn limit(entry: &str, role: Role, booths: &str) -> Result<Vec<String>, String> {
    if !role.can_be_limited() {
        return Err(format!("`{entry}`: only reviewers and supervisors can be limited to booths"));
    }
    let mut found: Vec<String> = booths.split(',').map(|booth| booth.trim().to_owned()).collect();
    for booth in &found {
        check_booth(booth).map_err(|problem| format!("`{entry}`: {problem}"))?;
    }
    found.sort_unstable();
    found.dedup();
    if found.len() > MAX_BOOTHS {
        return Err(format!("`{entry}`: at most {MAX_BOOTHS} booths"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(mapping: &Mapping, values: &[&str]) -> Option<Role> {
        mapping.grant_of(values).map(|grant| grant.role)
    }

    #[test]
    fn the_first_pair_that_fits_decides_and_nobody_has_a_role_by_default() {
        let mapping = Mapping::parse("lead = supervisor; CN=Toll,OU=Staff=reviewer;").unwrap();
        assert_eq!(role(&mapping, &["x", "CN=Toll,OU=Staff", "lead"]), Some(Role::Supervisor));
        assert_eq!(role(&mapping, &["CN=Toll,OU=Staff"]), Some(Role::Reviewer));
        for stranger in [&[][..], &["supervisor"], &["LEAD"], &["lead "]] {
            assert_eq!(mapping.grant_of(stranger), None, "{stranger:?}");
        }
    }

    #[test]
    fn booths_of_one_role_add_up_and_one_that_is_not_limited_lifts_the_limit() {
        let mapping =
            Mapping::parse("lead@hq=supervisor@south; n=reviewer@north,north-2; s=reviewer@south ; all=reviewer")
                .unwrap();
        let booths = |values: &[&str]| mapping.grant_of(values).unwrap().booths;
        assert_eq!(booths(&["n"]), Some(vec!["north".to_owned(), "north-2".to_owned()]));
        assert_eq!(booths(&["s", "n"]), Some(vec!["north".to_owned(), "north-2".to_owned(), "south".to_owned()]));
        assert_eq!(booths(&["n", "all"]), None);
        assert_eq!(booths(&["n", "lead@hq"]), Some(vec!["south".to_owned()]), "of another role nothing is added");
    }

    #[test]
    fn what_is_no_mapping_is_refused_whole() {
        for wrong in [
            "",
            ";",
            "lead",
            "=reviewer",
            "lead=boss",
            "lead=camera",
            "lead=supervisor;x",
            "lead=reviewer@",
            "lead=reviewer@North",
            "lead=reviewer@north,",
            "lead=operator@north",
            "lead=billing@north",
        ] {
            assert!(Mapping::parse(wrong).is_err(), "{wrong}");
        }
    }
}
