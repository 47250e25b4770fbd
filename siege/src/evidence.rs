//! What is kept of a cluster in which a promise was broken: its folders end with the run, and without them nobody could say why.

use std::fs;
use std::path::Path;

use crate::cluster::Cluster;

/// Copies the logs of the replicas and of the database that takes writes now, and that database, into this folder.
///
/// # Errors
/// All that could not be copied.
pub fn keep(cluster: &Cluster, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let copy = |from: &Path, name: &str| {
        fs::copy(from, folder.join(name)).map(drop).map_err(|error| format!("{}: {error}", from.display()))
    };
    let mut failures = Vec::new();
    for (number, replica) in cluster.replicas.iter().enumerate() {
        failures.extend(copy(&replica.state_dir().with_file_name("log"), &format!("replica-{number}.log")).err());
    }
    let server = cluster.database.server();
    failures.extend(copy(&server.place("log"), "postgresql.log").err());
    // Written by the server's account, which may not write here.
    let (dump, address) = (server.place("ledger.dump"), cluster.database.superuser_address());
    let places = [("ADDRESS", Path::new(&address)), ("DUMP", dump.as_path())];
    let dumped = server.shell(r#"pg_dump --format custom --dbname "$ADDRESS" --file "$DUMP""#, &places);
    failures.extend(dumped.and_then(|_| copy(&dump, "ledger.dump")).err());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
}
