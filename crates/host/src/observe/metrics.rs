//! The text that Prometheus reads (format 0.0.4).
//!
//! Written here and not by a library: nine families with one or two labels, whose values are the manifest's component ids and
//! need no escaping. promtool reads it in a test.

use std::{fmt::Write as _, sync::atomic::Ordering};

use super::usage::{End, MEMORY_BOUNDS, Usage};
use crate::runtime::{Components, Services};

/// What the text is.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text for everything that ran so far.
pub(super) fn text(services: &Services, components: &Components) -> String {
    let components: Vec<(&str, &Usage)> =
        components.iter().map(|(id, component)| (id.as_str(), &*component.grants.usage)).collect();
    let mut text = String::new();
    let mut page = Page(&mut text);
    page.of_components(&components);
    let (taken, limit) = services.memory.taken();
    page.level("tollbooth_guests_memory_bytes", "Linear memory of all instances now", taken);
    page.level("tollbooth_guests_memory_limit_bytes", "Linear memory that all instances may have", limit);
    if let Some(tracer) = &services.tracer {
        page.family(
            "tollbooth_spans_total",
            "counter",
            "Spans handed over to the collector, or dropped because nobody took them",
        );
        page.sample("tollbooth_spans_total", &[("outcome", "sent")], tracer.sent.load(Ordering::Relaxed));
        page.sample("tollbooth_spans_total", &[("outcome", "dropped")], tracer.dropped.load(Ordering::Relaxed));
    }
    text
}

struct Page<'a>(&'a mut String);

impl Page<'_> {
    fn of_components(&mut self, components: &[(&str, &Usage)]) {
        let name = "tollbooth_component_runs_total";
        self.family(name, "counter", "Instances that ran, for a request or a firing, by how they ended");
        for &(id, usage) in components {
            for end in End::ALL {
                self.sample(name, &[("component", id), ("outcome", end.as_str())], usage.runs(end));
            }
        }
        let name = "tollbooth_component_busy_seconds_total";
        self.family(name, "counter", "Time that a component's instances had a thread: what they cost");
        for &(id, usage) in components {
            self.sample(name, &[("component", id)], usage.busy().as_secs_f64());
        }
        let name = "tollbooth_component_run_seconds_total";
        self.family(name, "counter", "Time from the beginning of instances to their end, waiting included");
        for &(id, usage) in components {
            self.sample(name, &[("component", id)], usage.lasted().as_secs_f64());
        }
        let name = "tollbooth_component_running";
        self.family(name, "gauge", "Instances that run now");
        for &(id, usage) in components {
            self.sample(name, &[("component", id)], usage.running());
        }
        self.family("tollbooth_component_memory_bytes", "histogram", "Most linear memory of each instance");
        for &(id, usage) in components {
            self.memory(id, usage);
        }
    }

    fn memory(&mut self, id: &str, usage: &Usage) {
        let (buckets, bytes) = usage.memory();
        let bounds = MEMORY_BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        let mut sum = 0_u64;
        for (bound, instances) in bounds.zip(buckets) {
            sum += instances;
            self.sample("tollbooth_component_memory_bytes_bucket", &[("component", id), ("le", &bound)], sum);
        }
        self.sample("tollbooth_component_memory_bytes_sum", &[("component", id)], bytes);
        self.sample("tollbooth_component_memory_bytes_count", &[("component", id)], sum);
    }

    fn level(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{text}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn runs_time_and_memory_are_told_by_component() {
        let usage = Arc::new(Usage::default());
        drop(usage.metered(std::future::ready(())));
        usage.ended(End::Well);
        usage.used_memory(3 << 20);
        let mut text = String::new();
        Page(&mut text).of_components(&[("image-intake", &usage)]);
        for line in [
            r#"tollbooth_component_runs_total{component="image-intake",outcome="ok"} 1"#,
            r#"tollbooth_component_runs_total{component="image-intake",outcome="failed"} 0"#,
            r#"tollbooth_component_running{component="image-intake"} 0"#,
            r#"tollbooth_component_memory_bytes_bucket{component="image-intake",le="2097152"} 0"#,
            r#"tollbooth_component_memory_bytes_bucket{component="image-intake",le="4194304"} 1"#,
            r#"tollbooth_component_memory_bytes_bucket{component="image-intake",le="+Inf"} 1"#,
            r#"tollbooth_component_memory_bytes_sum{component="image-intake"} 3145728"#,
            r#"tollbooth_component_memory_bytes_count{component="image-intake"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
