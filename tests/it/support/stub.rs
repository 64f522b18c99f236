//! A server that gives one answer to everything: for answers that the sandbox does not know.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::spawn;

/// A server that gives one answer to everything. It ends with the process.
pub(crate) struct Stub {
    /// Its address.
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl Stub {
    /// Starts one that answers with this status line, these header lines and this body.
    pub(crate) fn answering(
        status: &'static str,
        headers: &'static str,
        body: &'static str,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                spawn(move || while answer(&stream, status, headers, body) {});
            }
        });
        Self { url, connections }
    }

    /// How many connections it has got.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers one request. False if there is none, or no more on this connection.
fn answer(stream: &TcpStream, status: &str, headers: &str, body: &str) -> bool {
    let head = BufReader::new(stream).lines();
    // Up to the empty line; no request here has a body worth reading.
    let asked = head.map_while(Result::ok).find(String::is_empty).is_some();
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    let mut stream = stream;
    asked && stream.write_all(text.as_bytes()).is_ok()
}

/// An address where nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
