//! Handles: a guest holds a number; the bindings name its kind, and a capability keeps what is behind it.
//!
//! The bindings know nothing of the capabilities, which are made of the bindings' values. Each capability says once what is
//! behind which kind of handle ([`Handle`]), and the compiler holds everybody to it. A number behind which is something
//! else, or nothing any more, is an error, which ends the guest.

use wasmtime::component::{Resource, ResourceTable, ResourceTableError};

/// A kind of handle.
pub(crate) trait Handle: Sized + 'static {
    /// What is behind it.
    type Kept: Send + 'static;
}

/// A table as one of what is behind handles.
pub(crate) trait HandleTable {
    /// Keeps something for the guest that gets the handle.
    fn keep<H: Handle>(&mut self, kept: H::Kept) -> Result<Resource<H>, ResourceTableError>;

    /// What is behind a handle.
    fn kept<H: Handle>(&self, handle: &Resource<H>) -> Result<&H::Kept, ResourceTableError>;

    /// What is behind a handle, to change it.
    fn kept_mut<H: Handle>(&mut self, handle: &Resource<H>) -> Result<&mut H::Kept, ResourceTableError>;

    /// Takes out what is behind a handle that a guest gave up.
    fn take_out<H: Handle>(&mut self, handle: &Resource<H>) -> Result<H::Kept, ResourceTableError>;
}

impl HandleTable for ResourceTable {
    fn keep<H: Handle>(&mut self, kept: H::Kept) -> Result<Resource<H>, ResourceTableError> {
        let kept = self.push::<H::Kept>(kept)?;
        Ok(Resource::new_own(kept.rep()))
    }

    fn kept<H: Handle>(&self, handle: &Resource<H>) -> Result<&H::Kept, ResourceTableError> {
        self.get::<H::Kept>(&Resource::new_borrow(handle.rep()))
    }

    fn kept_mut<H: Handle>(&mut self, handle: &Resource<H>) -> Result<&mut H::Kept, ResourceTableError> {
        self.get_mut::<H::Kept>(&Resource::new_borrow(handle.rep()))
    }

    fn take_out<H: Handle>(&mut self, handle: &Resource<H>) -> Result<H::Kept, ResourceTableError> {
        self.delete::<H::Kept>(Resource::new_own(handle.rep()))
    }
}

/// The same handle as another interface names it, behind whose kind is the same.
pub(crate) fn as_named_by<H: Handle<Kept = G::Kept>, G: Handle>(handle: &Resource<G>) -> Resource<H> {
    if handle.owned() { Resource::new_own(handle.rep()) } else { Resource::new_borrow(handle.rep()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As the bindings have them: nobody makes one.
    enum Door {}
    enum ElderDoor {}
    enum Window {}

    impl Handle for Door {
        type Kept = String;
    }
    impl Handle for ElderDoor {
        type Kept = String;
    }
    impl Handle for Window {
        type Kept = u8;
    }

    #[test]
    fn what_is_kept_is_found_changed_and_taken_out_by_its_handle_whoever_names_it() {
        let mut table = ResourceTable::new();
        let door = table.keep::<Door>("shut".to_owned()).unwrap();
        "open".clone_into(table.kept_mut(&door).unwrap());
        let elder: Resource<ElderDoor> = as_named_by(&door);
        assert!(elder.owned());
        assert_eq!(table.kept(&elder).unwrap(), "open");
        assert_eq!(table.take_out(&elder).unwrap(), "open");
        assert!(table.kept(&door).is_err(), "it is gone");
    }

    #[test]
    fn a_number_behind_which_is_something_else_is_an_error() {
        let mut table = ResourceTable::new();
        let door = table.keep::<Door>("shut".to_owned()).unwrap();
        let window: Resource<Window> = Resource::new_borrow(door.rep());
        assert!(matches!(table.kept(&window), Err(ResourceTableError::WrongType)));
        assert!(matches!(table.kept_mut(&window), Err(ResourceTableError::WrongType)));
    }
}
