//! A line between us and a server that breaks, stalls or crawls where a test wants it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What the line does with what we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Hands everything on.
    Whole,
    /// Breaks after so many bytes, once.
    BreaksAfter(u64),
    /// Stalls after so many bytes.
    StallsAfter(u64),
    /// So many bytes at a time, with a pause of a hundredth of a second.
    Crawls(usize),
    /// Answers every PUT by itself, once it has it whole: status line and body.
    Refuses(&'static str, &'static str),
}

/// The line.
pub struct Relay {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    line: Mutex<Line>,
    changed: Condvar,
    sent: AtomicU64,
    to: u16,
}

impl Relay {
    /// A line to a server on loopback.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let shared = Arc::new(Shared {
            line: Mutex::new(Line::Whole),
            changed: Condvar::new(),
            sent: AtomicU64::new(0),
            to: port,
        });
        let relay = Self { port: listener.local_addr().unwrap().port(), shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // Refused, as by the server itself: the connection just ends.
                    let Ok(far) = TcpStream::connect(("127.0.0.1", shared.to)) else { return };
                    let (back, forth) = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    thread::spawn(move || pour(back, forth));
                    shared.carry(near, far);
                });
            }
        });
        relay
    }

    /// From now on, counted from now on.
    pub fn set(&self, line: Line) {
        self.shared.sent.store(0, Ordering::SeqCst);
        *self.shared.line.lock().unwrap() = line;
        self.shared.changed.notify_all();
    }

    /// Bytes that we sent since the line was set.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn carry(&self, mut near: TcpStream, mut far: TcpStream) {
        let mut piece = vec![0; 16_384];
        loop {
            let size = match *self.line.lock().unwrap() {
                Line::Crawls(bytes) => bytes.min(piece.len()),
                _ => piece.len(),
            };
            let Ok(read) = near.read(&mut piece[..size]) else { break };
            if read == 0 {
                break;
            }
            let sent = self.sent.fetch_add(read as u64, Ordering::SeqCst) + read as u64;
            let mut line = self.line.lock().unwrap();
            match *line {
                Line::BreaksAfter(bytes) if sent > bytes => {
                    *line = Line::Whole;
                    break;
                }
                Line::StallsAfter(bytes) if sent > bytes => {
                    drop(self.changed.wait_while(line, |line| matches!(line, Line::StallsAfter(_))).unwrap());
                }
                Line::Refuses(status, body) if piece[..read].starts_with(b"PUT ") => {
                    drop(line);
                    refuse(&mut near, &piece[..read], status, body);
                    break;
                }
                Line::Crawls(_) => {
                    drop(line);
                    thread::sleep(Duration::from_millis(10));
                }
                _ => drop(line),
            }
            if far.write_all(&piece[..read]).is_err() {
                break;
            }
        }
        let _ = far.shutdown(Shutdown::Both);
        let _ = near.shutdown(Shutdown::Both);
    }
}

fn refuse(near: &mut TcpStream, begun: &[u8], status: &str, body: &str) {
    let mut request = begun.to_vec();
    let mut piece = vec![0; 16_384];
    while !is_whole(&request) {
        match near.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
    }
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\n");
    let _ = near.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
}

/// Whether a request of HTTP/1.1 with a declared length has come to its end.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    request.len() >= end + 4 + length
}

fn pour(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
