//! The address of a database, and whether a component may go there.

use std::time::Duration;

use tokio_postgres::{Config, config::Host};

use crate::outbound::AllowedHosts;

/// PostgreSQL's own.
const DEFAULT_PORT: u16 = 5432;
/// A server that does not answer a connection attempt is out of reach; an address may say otherwise.
const CONNECT: Duration = Duration::from_secs(5);
/// A server that acknowledges nothing for so long is gone; without this a connection into nowhere lives for hours.
const SILENCE: Duration = Duration::from_secs(20);

/// Reads an address that guests of a component may use.
///
/// # Errors
/// What is wrong with it, without its password.
pub(super) fn read(address: &str, allowed: &AllowedHosts) -> Result<Config, String> {
    // The driver's error names the option, never a value.
    let mut config: Config = address.parse().map_err(|error: tokio_postgres::Error| error.to_string())?;
    if !config.get_hostaddrs().is_empty() {
        return Err("`hostaddr` is not supported: it would lead around the check of `host`".to_owned());
    }
    if config.get_hosts().is_empty() {
        return Err("the address names no host".to_owned());
    }
    let ports = config.get_ports();
    for (position, host) in config.get_hosts().iter().enumerate() {
        let Host::Tcp(name) = host else {
            return Err("Unix sockets are not supported".to_owned());
        };
        // One port for each host, or one for all.
        let port = match ports {
            [] => DEFAULT_PORT,
            [one] => *one,
            many => many.get(position).copied().unwrap_or(DEFAULT_PORT),
        };
        if !allowed.allows_address("postgres", name, port) {
            return Err(format!(
                "address postgres://{name}:{port} is not permitted; add it to the component's allowed_outbound_hosts"
            ));
        }
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    config.keepalives_idle(SILENCE / 2);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> AllowedHosts {
        AllowedHosts::parse(["postgres://db.test:5432", "postgres://other.test"]).unwrap()
    }

    #[test]
    fn an_address_is_used_only_where_every_host_of_it_is_allowed() {
        for good in [
            "postgres://u:p@db.test/d",
            "postgres://u@db.test:5432/d",
            "postgres://u@db.test,other.test/d",
            "host=db.test,other.test port=5432 user=u",
        ] {
            assert!(read(good, &allowed()).is_ok(), "{good}");
        }
        for bad in [
            "postgres://u:secret@db.test:5433/d",
            "postgres://u:secret@evil.test/d",
            "postgres://u:secret@db.test,evil.test/d",
            "host=db.test hostaddr=10.0.0.1 user=u password=secret",
            "host=/var/run/postgresql user=u password=secret",
            "user=u password=secret",
            "postgres://u:secret@db.test/d?nonsense=secret",
            "nonsense",
        ] {
            let refused = read(bad, &allowed()).unwrap_err();
            assert!(!refused.contains("secret"), "{bad}: {refused}");
        }
    }
}
