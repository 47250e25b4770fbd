//! `fermyon:spin/key-value` for guests: grants first, then the store.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::error::KeyValueError;
use crate::{
    host_calls::{CallKind, Verdict},
    runtime::{
        GuestState, Handle, HandleTable as _, Services,
        bindings::fermyon::spin::key_value::{Error, Host, HostStore, Store},
    },
};

/// Stores one instance may hold open at once, as under Spin.
const MAX_OPEN: usize = 256;

/// A store that a guest opened.
pub(crate) struct OpenStore {
    label: Arc<str>,
}

impl Handle for Store {
    type Kept = OpenStore;
}

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl From<KeyValueError> for Error {
    fn from(error: KeyValueError) -> Self {
        // A full disk is told apart by its code, so that callers learn that room is needed and not patience.
        if error.full { Self::StoreTableFull } else { Self::Other(error.text) }
    }
}

impl GuestState {
    /// Runs one operation on an open store between the hooks of a bench.
    async fn on_store<T>(
        &mut self,
        store: &Resource<Store>,
        operation: &'static str,
        run: impl AsyncFnOnce(Arc<Services>, Arc<str>) -> Result<T, KeyValueError>,
    ) -> Answer<T> {
        let label = Arc::clone(&self.table.kept(store)?.label);
        if let Verdict::Fail(reason) = self.before(CallKind::KeyValue, operation).await? {
            return Ok(Err(Error::Other(reason)));
        }
        let answer = run(Arc::clone(&self.services), label).await;
        self.after(CallKind::KeyValue, operation).await?;
        Ok(answer.map_err(Error::from))
    }
}

impl Host for GuestState {}

impl HostStore for GuestState {
    async fn open(&mut self, label: String) -> Answer<Resource<Store>> {
        if let Verdict::Fail(reason) = self.before(CallKind::KeyValue, "open").await? {
            return Ok(Err(Error::Other(reason)));
        }
        if !self.component.key_value_stores.contains(&label) {
            return Ok(Err(Error::AccessDenied));
        }
        if self.open_stores >= MAX_OPEN {
            return Ok(Err(Error::StoreTableFull));
        }
        let store = self.table.keep::<Store>(OpenStore { label: label.into() })?;
        self.open_stores += 1;
        Ok(Ok(store))
    }

    async fn get(&mut self, store: Resource<Store>, key: String) -> Answer<Option<Vec<u8>>> {
        // A copy of the host's like that of `set`. Looked at before it is read: many readers of large values who get no memory
        // must not each bring one in to learn that.
        let label = Arc::clone(&self.table.kept(&store)?.label);
        let bytes = match self.services.key_value.size(&label, &key).await {
            Ok(size) => size.unwrap_or(0),
            Err(error) => return Ok(Err(error.into())),
        };
        if !self.begin_copy(bytes) {
            return Ok(Err(Error::Other("there is no memory to read this value now".to_owned())));
        }
        let run = async move |services: Arc<Services>, label: Arc<str>| services.key_value.get(&label, &key).await;
        let answer = self.on_store(&store, "get", run).await;
        self.end_copy(bytes);
        answer
    }

    async fn set(&mut self, store: Resource<Store>, key: String, value: Vec<u8>) -> Answer<()> {
        let bytes = value.len();
        if !self.begin_copy(bytes) {
            return Ok(Err(Error::Other("there is no memory to store this value now".to_owned())));
        }
        let run =
            async move |services: Arc<Services>, label: Arc<str>| services.key_value.set(&label, &key, value).await;
        let answer = self.on_store(&store, "set", run).await;
        self.end_copy(bytes);
        answer
    }

    async fn delete(&mut self, store: Resource<Store>, key: String) -> Answer<()> {
        self.on_store(&store, "delete", async move |services, label| services.key_value.delete(&label, &key).await)
            .await
    }

    async fn exists(&mut self, store: Resource<Store>, key: String) -> Answer<bool> {
        self.on_store(&store, "exists", async move |services, label| services.key_value.exists(&label, &key).await)
            .await
    }

    async fn get_keys(&mut self, store: Resource<Store>) -> Answer<Vec<String>> {
        self.on_store(&store, "get-keys", async move |services, label| services.key_value.keys(&label).await).await
    }

    async fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.take_out(&store)?;
        self.open_stores -= 1;
        Ok(())
    }
}
