//! `fermyon:spin/variables` for guests.

use super::check_name;
use crate::{
    host_calls::{CallKind, Verdict},
    runtime::{
        GuestState,
        bindings::fermyon::spin::variables::{Error, Host},
    },
};

impl Host for GuestState {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        if let Verdict::Fail(reason) = self.before(CallKind::Variables, "get").await? {
            return Ok(Err(Error::Provider(reason)));
        }
        let answer = match check_name(&name) {
            Err(reason) => Err(Error::InvalidName(format!("{name:?}: {reason}"))),
            Ok(()) => self
                .component
                .variables
                .get(&name)
                .cloned()
                .ok_or_else(|| Error::Undefined(format!("no variable for {:?}.{name:?}", self.component.id))),
        };
        self.after(CallKind::Variables, "get").await?;
        Ok(answer)
    }
}
