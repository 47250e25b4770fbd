//! Requests written byte by byte, for what no well-behaved client does.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::Api;

/// A connection with what a test wrote on it.
pub struct Raw(TcpStream);

impl Raw {
    /// Connects to `127.0.0.1:PORT`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
        // Of whoever is not read from any more: what does not fit into the line's buffers is lost, as an error would be.
        stream.set_write_timeout(Some(Duration::from_secs(60))).expect("a time-out");
        Self(stream)
    }

    /// A connection with the head of an upload for this key that declares so many bytes, of which none is sent.
    #[must_use]
    pub fn upload(address: &str, sender: &Api, booth: &str, key: &str, captured_at: &str, bytes: usize) -> Self {
        let mut connection = Self::connect(address);
        connection.write(
            format!(
                "PUT /v1/booths/{booth}/passages/{key}?captured_at={captured_at}&lane=1&camera=front HTTP/1.1\r\n\
                 host: {address}\r\n{}content-type: image/jpeg\r\ncontent-length: {bytes}\r\n\r\n",
                sender.authorization()
            )
            .as_bytes(),
        );
        connection
    }

    /// A connection with a whole `GET`, or the like, whose answer nobody reads.
    #[must_use]
    pub fn get(address: &str, caller: &Api, path: &str) -> Self {
        let mut connection = Self::connect(address);
        let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{}\r\n", caller.authorization());
        connection.write(head.as_bytes());
        connection
    }

    /// Writes. A server that has closed already is no failure of the test: what it answered is asserted.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// The next answer's head and the body it declares, as text. Empty when the connection was closed without one.
    #[must_use]
    pub fn answer(&mut self) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => text.push(byte[0]),
                _ => return String::new(),
            }
        }
        let head = String::from_utf8_lossy(&text).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if self.0.read_exact(&mut body).is_err() {
            body.clear();
        }
        format!("{head}{}", String::from_utf8_lossy(&body))
    }

    /// The next answer's status, 0 when there is none.
    #[must_use]
    pub fn status(&mut self) -> u16 {
        let answer = self.answer();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The status of an answer that has come already; none while there is none. Reads nothing.
    #[must_use]
    pub fn early_status(&self) -> Option<u16> {
        let mut head = [0; 12];
        self.0.set_nonblocking(true).ok()?;
        let peeked = self.0.peek(&mut head);
        self.0.set_nonblocking(false).ok()?;
        let text = std::str::from_utf8(head.get(..peeked.ok()?)?).ok()?;
        text.strip_prefix("HTTP/1.1 ")?.parse().ok()
    }

    /// Takes one byte of what has come, if anything has.
    pub fn take_a_byte(&mut self) {
        let _ = self.0.set_nonblocking(true);
        let _ = self.0.read(&mut [0]);
        let _ = self.0.set_nonblocking(false);
    }

    /// Whether the server has closed the connection.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let mut byte = [0];
        let _ = self.0.set_nonblocking(true);
        let peeked = self.0.peek(&mut byte);
        let _ = self.0.set_nonblocking(false);
        match peeked {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}
