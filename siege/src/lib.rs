//! Three replicas of the application on one PostgreSQL with a standby and one object store, under cameras, people and
//! billing, while everything fails that can fail between and under them; then every promise is checked.
//!
//! Nothing here is in process, but for a store that fails when it is told to, where it is asked for: hosts, servers and the
//! standby are processes that are killed, what is between them are proxies ([`tollbooth_tests::link`]), clocks are apart by
//! libfaketime. Only the recogniser is scripted, so that it is
//! known who is to be billed. `scripts/siege` runs it; docs/reliability.md says what it found.

#![expect(
    clippy::indexing_slicing,
    reason = "only of JSON, where a missing member is null, which satisfies no promise"
)]

pub mod cluster;
pub mod evidence;
pub mod guard;
pub mod promises;
pub mod record;
pub mod traffic;
pub mod trouble;
pub mod vehicle;
