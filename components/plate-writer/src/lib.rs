//! The ledger in a SQLite file: exports `tollbooth:ledger`, imports a SQLite database and nothing else.
//!
//! This is the only part of the application that opens the database. Everything that matters is in
//! `tollbooth-ledger`, and its way to the ports in `tollbooth-ledger-port`; here is the connection.

mod database;

use tollbooth_ledger_port::bindings;

type PlateWriter = tollbooth_ledger_port::PlateWriter<database::SpinDb>;

bindings::export!(PlateWriter with_types_in bindings);
