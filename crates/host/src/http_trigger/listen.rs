//! Where clients knock: a listener with a long line.
//!
//! Connections wait in the system's line until they are accepted. Where it is full the system drops what a client asks, and the
//! client asks again after a second, so a burst of strangers makes a camera wait that wants a connection of its own.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::HostError;

/// Connections that may wait to be accepted; 128 are usual, which a burst fills within milliseconds. The system allows fewer
/// where `net.core.somaxconn` is less.
const LINE: u32 = 4_096;

/// Listens for clients; port 0 picks a free one. Must be called within a tokio runtime.
///
/// # Errors
/// [`HostError::Listen`]
pub fn listen(address: SocketAddr) -> Result<TcpListener, HostError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // The address of a process that just ended is free at once.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(LINE)
    };
    bound().map_err(|source| HostError::Listen { address, source })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use super::*;

    /// More than the usual line holds; as many as the system allows where that is less.
    fn burst() -> usize {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        allowed.and_then(|text| text.trim().parse().ok()).unwrap_or(128).min(300)
    }

    #[tokio::test]
    async fn a_burst_of_connections_finds_room_before_any_is_accepted() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        // Who finds no room here never does, for nobody accepts: the system gives up.
        let held: Vec<TcpStream> = (0..burst()).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert_eq!(held.len(), burst());
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_named() {
        let first = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let taken = first.local_addr().unwrap();
        let refused = listen(taken).unwrap_err();
        assert!(matches!(refused, HostError::Listen { address, .. } if address == taken), "{refused}");
    }
}
