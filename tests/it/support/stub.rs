//! A server that gives the answers it is told to: for answers that the sandbox does not know.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::spawn;

/// A status line, header lines and a body.
pub(crate) type Answer = (&'static str, &'static str, &'static str);

/// A server that answers whatever it is asked. It ends with the process.
pub(crate) struct Stub {
    /// Its address.
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Starts one that always answers with this status line, these header lines and this body.
    pub(crate) fn answering(
        status: &'static str,
        headers: &'static str,
        body: &'static str,
    ) -> Self {
        Self::in_turn(&[(status, headers, body)])
    }

    /// Starts one that gives these answers in turn, and then always the last of them.
    pub(crate) fn in_turn(answers: &[Answer]) -> Self {
        let answers = answers.to_vec();
        Self::start(move |at| answers[at.min(answers.len() - 1)])
    }

    /// Starts one that gives the first answer until it is switched, and then the other.
    pub(crate) fn switched(first: Answer, then: Answer) -> (Self, Arc<AtomicBool>) {
        let switch = Arc::new(AtomicBool::new(false));
        let on = Arc::clone(&switch);
        let stub = Self::start(move |_| {
            if on.load(Ordering::SeqCst) {
                then
            } else {
                first
            }
        });
        (stub, switch)
    }

    /// Starts one that answers 503 until another one was asked, and then 200.
    pub(crate) fn after(other: &Self) -> Self {
        let (heard, down) = (Arc::clone(&other.heard), ("503 No", "", "not yet"));
        Self::start(move |_| {
            if heard.lock().unwrap().is_empty() {
                down
            } else {
                ("200 OK", "", "ok")
            }
        })
    }

    fn start(answer: impl Fn(usize) -> Answer + Clone + Send + 'static) -> Self {
        Self::asked(move |at, _| {
            let (status, headers, body) = answer(at);
            format!(
                "{status}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
                body.len()
            )
        })
    }

    /// Starts one whose answer, all that is behind `HTTP/1.1`, is made of how many requests came before and of what this one
    /// says, head and body.
    pub(crate) fn asked(answer: impl Fn(usize, &str) -> String + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (count, list) = (Arc::clone(&connections), Arc::clone(&heard));
        spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (answer, list) = (answer.clone(), Arc::clone(&list));
                spawn(move || while converse(&stream, &answer, &list) {});
            }
        });
        Self {
            url,
            connections,
            heard,
        }
    }

    /// How many connections it has got.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests that it has got, head and body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Answers one request. False if there is none, or no more on this connection.
fn converse(
    stream: &TcpStream,
    answer: impl Fn(usize, &str) -> String,
    heard: &Mutex<Vec<String>>,
) -> bool {
    let Some(request) = read(stream) else {
        return false;
    };
    let at = {
        let mut heard = heard.lock().unwrap();
        heard.push(request.clone());
        heard.len() - 1
    };
    let text = format!("HTTP/1.1 {}", answer(at, &request));
    let mut stream = stream;
    stream.write_all(text.as_bytes()).is_ok()
}

/// One request.
fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        request.push_str(&line.replace('\r', ""));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(request + "\n" + &String::from_utf8_lossy(&body))
}

/// An address where nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
