//! The two kernels that make reading fast in WebAssembly, whole and only ours.
//!
//! The published `rten` and `rten-gemm` have no way to register a kernel, so the patches in `patches/` have them call this
//! crate (docs/adr/0015). It therefore knows slices and numbers only: no tensor, no operator, no network, no plate.

#[cfg(target_arch = "wasm32")]
pub mod fixed_point;

pub mod depthwise;
