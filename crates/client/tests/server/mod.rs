//! A small HTTP/1.1 server on a free port that answers as a test tells it to, and can drop connections.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn segments(&self) -> Vec<&str> {
        self.path.trim_matches('/').split('/').collect()
    }

    pub fn parameter(&self, name: &str) -> Option<String> {
        let pair = self.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(percent_encoding::percent_decode_str(pair).decode_utf8().unwrap().into_owned())
    }
}

#[derive(Debug, Clone)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Closes the connection without an answer.
    Drop,
    /// Declares a longer body than it sends.
    BreakOff,
}

impl Reply {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Answer { status, headers, body: body.to_string().into_bytes() }
    }

    pub fn problem(status: u16, slug: &str, detail: &str) -> Self {
        let body = serde_json::json!({
            "type": format!("urn:tollbooth:problem:{slug}"), "title": "T", "status": status,
            "detail": detail, "request_id": "req_test",
        });
        Self::json(status, &body).with("content-type", "application/problem+json")
    }

    /// A problem with members of its own.
    pub fn problem_with(status: u16, slug: &str, detail: &str, members: &serde_json::Value) -> Self {
        let mut body = serde_json::json!({
            "type": format!("urn:tollbooth:problem:{slug}"), "title": "T", "status": status,
            "detail": detail, "request_id": "req_test",
        });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        Self::json(status, &body).with("content-type", "application/problem+json")
    }

    pub fn bytes(body: Vec<u8>) -> Self {
        Self::Answer { status: 200, headers: Vec::new(), body }
    }

    pub fn with(self, name: &str, value: &str) -> Self {
        let Self::Answer { status, mut headers, body } = self else { panic!("only answers have headers") };
        headers.retain(|(n, _)| n != name);
        headers.push((name.to_owned(), value.to_owned()));
        Self::Answer { status, headers, body }
    }
}

/// A status for requests that are refused before their body is read.
type Early = fn(&Asked) -> Option<u16>;
type Handler = dyn Fn(&Asked) -> Reply + Send + Sync;

pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_refusing(|_| None, handler)
    }

    pub fn start_refusing(early: Early, handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                thread::spawn(move || {
                    // A client that goes away ends its connection, not the test.
                    let _ = connection(stream.unwrap(), early, &*handler, &log);
                });
            }
        });
        Self { url, asked, stop }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn connection(stream: TcpStream, early: Early, handler: &Handler, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some(mut asked) = head(&mut reader)? {
        let length = asked.header("content-length").map_or(0, |v| v.parse().unwrap());
        if let Some(status) = early(&asked) {
            log.lock().unwrap().push(asked);
            return write!(writer, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
        if asked.header("expect").is_some() {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        asked.body = vec![0; length];
        reader.read_exact(&mut asked.body)?;
        let reply = handler(&asked);
        log.lock().unwrap().push(asked);
        match reply {
            Reply::Drop => return Ok(()),
            Reply::BreakOff => return writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
            Reply::Answer { status, headers, body } => {
                // One write: several small ones would wait for each other's acknowledgement.
                let mut answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                headers.iter().for_each(|(name, value)| answer.push_str(&format!("{name}: {value}\r\n")));
                answer.push_str("\r\n");
                writer.write_all(&[answer.as_bytes(), &body].concat())?;
            }
        }
    }
    Ok(())
}

fn head(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Some(Asked { method, path, query, headers, body: Vec::new(), at: Instant::now() }))
}
