//! One request and one reply over a plain socket: the only way to break off in the middle.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Longest that a silent service keeps a connection.
const SILENCE: Duration = Duration::from_secs(60);

/// A request, read whole.
pub struct Received {
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split_once('=')).collect()
    }
}

/// What is sent.
pub enum Sent {
    /// A complete reply.
    Reply { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// A reply whose body ends with a reset after half of what was declared.
    Reset { body: Vec<u8> },
    /// Nothing at all, for longer than anybody waits.
    Silence,
}

impl Sent {
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::text(status, value.to_string().into_bytes())
    }

    pub fn text(status: u16, body: Vec<u8>) -> Self {
        Self::Reply { status, headers: Vec::new(), body }
    }

    pub fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Reply { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Self::Reply { status, headers, body }
            }
            other @ (Self::Reset { .. } | Self::Silence) => other,
        }
    }
}

pub fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, target, headers, body })
}

/// Errors are those of a caller that went away, which is its right.
pub fn send(mut stream: TcpStream, sent: &Sent) {
    match sent {
        Sent::Reply { status, headers, body } => {
            let _ = stream.write_all(head(*status, headers, body.len()).as_bytes());
            let _ = stream.write_all(body);
            let _ = stream.shutdown(Shutdown::Write);
            // Until the caller has closed, too: a reset could overtake the reply.
            let _ = stream.set_read_timeout(Some(SILENCE));
            let _ = stream.read(&mut [0]);
        }
        Sent::Reset { body } => {
            let half = body.get(..body.len() / 2).unwrap_or_default();
            let _ = stream.write_all(head(200, &[], body.len()).as_bytes());
            let _ = stream.write_all(half);
        }
        Sent::Silence => {
            let _ = stream.set_read_timeout(Some(SILENCE));
            let _ = stream.read(&mut [0]);
        }
    }
}

fn head(status: u16, headers: &[(&'static str, String)], length: usize) -> String {
    let mut head = format!(
        "HTTP/1.1 {status} Documented\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n"
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}
