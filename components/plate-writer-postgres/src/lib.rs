//! The ledger in a PostgreSQL database: exports `tollbooth:ledger`, imports `spin:postgres` and the variable that says
//! where the database is.
//!
//! This is the only part of the application that opens the database. Everything that matters is in
//! `tollbooth-ledger`, and its way to the ports in `tollbooth-ledger-port`; here is the connection.
//!
//! The version of the interface is 4.0.0, which every Spin from 3.4 on has.

mod database;
mod value;

use tollbooth_ledger_port::bindings;

type PlateWriter = tollbooth_ledger_port::PlateWriter<database::SpinPostgres>;

bindings::export!(PlateWriter with_types_in bindings);
