//! What the host knows and no component does: how often each one ran, how long, with how much memory, and which request led to
//! which. Told to Prometheus on a listener of its own, and to a collector of traces as Spin does it.

mod admin;
mod exporter;
mod metrics;
mod otlp;
mod tracer;
mod usage;

pub(crate) use admin::serve as serve_metrics;
pub(crate) use exporter::Exporter;
pub use otlp::OtlpOptions;
pub(crate) use tracer::{OpenSpan, Tracer, context_of};
pub(crate) use usage::{End, Usage};
