//! PostgreSQL for guests, as Spin offers it: a connection by address, one statement at a time.
//!
//! Connections come out of a pool, one for each address. Two things differ from Spin, both invisible to a correct guest
//! unless [`PostgresPooling::Spin`] asks for Spin's ways: a connection whose guest ended inside a transaction or a
//! statement is closed at once, which frees its locks, and not handed on with the transaction open; and whoever waits
//! for a connection, a server or a statement is told after a time, where Spin waits for ever.
//!
//! Statements are prepared once a connection: the driver otherwise asks the server twice for each.

mod address;
mod connection;
mod failure;
mod host;
mod pools;
mod tls;
mod value;

pub use connection::GuestConnection;
pub(crate) use pools::Postgres;
pub use pools::PostgresPooling;
pub use tls::connector as postgres_tls;

#[cfg(test)]
mod tests;
