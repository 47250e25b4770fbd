//! Variables of the application. Whatever keeps secrets may be out of reach: what cannot be read now is an outage, and never a
//! variable that nobody set.

use spin_sdk::variables::{self, Error};

/// A variable without the white space around it; empty where nothing was set.
///
/// # Errors
/// Which variable cannot be read now, and why.
pub fn variable(name: &str) -> Result<String, String> {
    Ok(verbatim_variable(name)?.trim().to_owned())
}

/// A variable as it was set, for keys that are taken as they are; empty where nothing was set.
///
/// # Errors
/// Which variable cannot be read now, and why.
pub fn verbatim_variable(name: &str) -> Result<String, String> {
    left_out(variables::get(name)).map_err(|cause| unreadable(name, &cause))
}

/// A variable as it was set, of a component whose manifest passes it on: where that is not so, nothing may go out unsigned or
/// with half an address because of it.
///
/// # Errors
/// Which variable cannot be read, and why.
pub fn required_variable(name: &str) -> Result<String, String> {
    variables::get(name).map_err(|cause| unreadable(name, &cause))
}

fn left_out(answer: Result<String, Error>) -> Result<String, Error> {
    match answer {
        Err(Error::Undefined(_)) => Ok(String::new()),
        read => read,
    }
}

fn unreadable(name: &str, cause: &Error) -> String {
    format!("the variable {name} cannot be read: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_now_is_not_what_nobody_set() {
        assert_eq!(left_out(Ok(" k1\n".to_owned())).unwrap(), " k1\n", "as it was set");
        assert_eq!(left_out(Err(Error::Undefined("key".to_owned()))).unwrap(), "");
        let out = left_out(Err(Error::Provider("the vault is sealed".to_owned()))).unwrap_err();
        let out = unreadable("key", &out);
        assert!(out.contains("key") && out.contains("the vault is sealed"), "{out}");
    }
}
