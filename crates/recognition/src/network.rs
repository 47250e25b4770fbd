//! One neural network: loading and running it on `rten`, with its errors given the network's name.
//!
//! Runs on the caller's thread alone. In WebAssembly there are no others; natively one thread a photo keeps
//! measurements comparable and lets callers use their cores for several photos.

use std::borrow::Cow;

use crate::error::RecognitionError;
use rten::{Model, ModelOptions, RunOptions};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

/// What a network gives: its shape and its values.
pub(crate) struct Output {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

pub(crate) struct Network {
    name: &'static str,
    model: Model,
    #[cfg(not(target_family = "wasm"))]
    pool: std::sync::Arc<rten::ThreadPool>,
}

impl Network {
    /// Uses borrowed bytes in place: what a component with embedded models wants, as it loads in every instance.
    pub(crate) fn load(name: &'static str, bytes: Cow<'static, [u8]>) -> Result<Self, RecognitionError> {
        let loaded = match bytes {
            Cow::Borrowed(bytes) => options().load_static_slice(bytes),
            Cow::Owned(bytes) => options().load(bytes),
        };
        let model = loaded.map_err(|error| RecognitionError::Model { model: name, reason: error.to_string() })?;
        Ok(Self {
            name,
            model,
            #[cfg(not(target_family = "wasm"))]
            pool: std::sync::Arc::new(rten::ThreadPool::with_num_threads(1)),
        })
    }

    /// A text from the model's own metadata.
    pub(crate) fn metadata(&self, key: &str) -> Result<&str, RecognitionError> {
        self.model.metadata().get(key).ok_or_else(|| self.failed(format!("its metadata has no entry `{key}`")))
    }

    /// Runs on one image of three planes.
    pub(crate) fn run(&self, height: usize, width: usize, planes: Vec<f32>) -> Result<Output, RecognitionError> {
        let input = NdTensor::try_from_data([1, 3, height, width], planes)
            .map_err(|error| self.failed(format!("an input of {width}x{height} does not fit: {error}")))?;
        let value = self
            .model
            .run_one(input.into(), Some(self.run_options()))
            .map_err(|error| self.failed(error.to_string()))?;
        let tensor: Tensor<f32> =
            value.try_into().map_err(|_| self.failed("its output is not made of 32-bit floats".to_owned()))?;
        Ok(Output { shape: tensor.shape().to_vec(), values: tensor.to_vec() })
    }

    #[cfg(not(target_family = "wasm"))]
    fn run_options(&self) -> RunOptions {
        RunOptions::default().with_thread_pool(Some(self.pool.clone()))
    }

    #[cfg(target_family = "wasm")]
    fn run_options(&self) -> RunOptions {
        RunOptions::default()
    }

    pub(crate) fn failed(&self, reason: String) -> RecognitionError {
        RecognitionError::Model { model: self.name, reason }
    }
}

/// Weights are not repacked: that costs more at load than it saves over the few photos of an instance.
fn options() -> ModelOptions {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(false);
    options
}
