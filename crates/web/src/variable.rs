//! Variables of the application that may be left out.

use spin_sdk::variables::{self, Error};

/// A variable; empty where nothing was set. Whatever keeps secrets may be out of reach: that is none that nobody set.
///
/// # Errors
/// Which variable cannot be read now, and why.
pub fn variable(name: &str) -> Result<String, String> {
    told(name, variables::get(name))
}

fn told(name: &str, answer: Result<String, Error>) -> Result<String, String> {
    match answer {
        Ok(value) => Ok(value.trim().to_owned()),
        Err(Error::Undefined(_)) => Ok(String::new()),
        Err(error) => Err(format!("the variable {name} cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_now_is_not_what_nobody_set() {
        assert_eq!(told("key", Ok(" k1\n".to_owned())).as_deref(), Ok("k1"));
        assert_eq!(told("key", Err(Error::Undefined("key".to_owned()))).as_deref(), Ok(""));
        let out = told("key", Err(Error::Provider("the vault is sealed".to_owned()))).unwrap_err();
        assert!(out.contains("key") && out.contains("the vault is sealed"), "{out}");
    }
}
