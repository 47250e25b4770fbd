//! What a provider's roles or groups mean here.

use tollbooth_pipeline::role::Role;

/// Pairs of a provider's value and a role, in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(Vec<(String, Role)>);

impl Mapping {
    /// Reads `value=role; value=role`. A value may hold anything but a semicolon: names of directories hold commas and equals
    /// signs. Who has several values gets the role that stands first.
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

    /// The role of somebody whose claim holds these values; none is nobody here.
    #[must_use]
    pub fn role_of(&self, values: &[&str]) -> Option<Role> {
        self.0.iter().find(|(value, _)| values.contains(&value.as_str())).map(|(_, role)| *role)
    }
}

fn pair(entry: &str) -> Result<(String, Role), String> {
    let (value, role) = entry.rsplit_once('=').ok_or_else(|| format!("`{entry}` is not of the form value=role"))?;
    let (value, role) = (value.trim(), role.trim());
    if value.is_empty() {
        return Err(format!("`{entry}` has no value before the role"));
    }
    match role.parse() {
        // A camera is a machine with a token of its own.
        Ok(Role::Camera) => Err(format!("`{entry}`: no person is a camera")),
        Ok(role) => Ok((value.to_owned(), role)),
        Err(problem) => Err(format!("`{entry}`: {problem}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pair_that_fits_decides_and_nobody_has_a_role_by_default() {
        let mapping = Mapping::parse("lead = supervisor; CN=Toll,OU=Staff=reviewer;").unwrap();
        assert_eq!(mapping.role_of(&["x", "CN=Toll,OU=Staff", "lead"]), Some(Role::Supervisor));
        assert_eq!(mapping.role_of(&["CN=Toll,OU=Staff"]), Some(Role::Reviewer));
        for stranger in [&[][..], &["supervisor"], &["LEAD"], &["lead "]] {
            assert_eq!(mapping.role_of(stranger), None, "{stranger:?}");
        }
    }

    #[test]
    fn what_is_no_mapping_is_refused_whole() {
        for wrong in ["", ";", "lead", "=reviewer", "lead=boss", "lead=camera", "lead=supervisor;x"] {
            assert!(Mapping::parse(wrong).is_err(), "{wrong}");
        }
    }
}
