//! Connections that can be broken on purpose: the faults beneath HTTP.
//!
//! Every accepted connection has a [`Switch`]. The handler of a request gets at it through `ConnectInfo`, and what it
//! sets there decides what happens to the bytes of the answer.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How many bytes get through before a connection breaks within the head of an answer, and within its body.
const OF_THE_HEAD: usize = 12;
const OF_THE_BODY: usize = 1;
/// How a host comes back after an outage.
const TRIES: u32 = 500;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);
const BACKLOG: u32 = 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What happens to the bytes of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) enum Plan {
    /// They are sent.
    #[default]
    Send,
    /// None is sent: the connection is reset.
    Reset,
    /// The connection is reset within the head.
    ResetInHead,
    /// The connection is reset within the body.
    ResetInBody,
    /// They are sent one by one, with a pause between.
    Drip(Duration),
}

/// Decides what happens to the bytes of one connection.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Switch {
    plan: Arc<Mutex<Plan>>,
    /// Whether a request came over the connection.
    used: Arc<AtomicBool>,
    /// Its host's.
    outage: watch::Sender<Option<Instant>>,
}

impl Switch {
    /// Changes what happens from now on.
    pub(in crate::sandbox) fn set(&self, plan: Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Notes that a request came, and says whether one had come before.
    pub(in crate::sandbox) fn is_used(&self) -> bool {
        self.used.swap(true, Ordering::Relaxed)
    }

    fn get(&self) -> Plan {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the whole host stop listening for a while.
    pub(in crate::sandbox) fn down(&self, time: Duration) {
        self.outage.send_replace(Some(Instant::now() + time));
    }

    /// Whether the host is not listening.
    pub(in crate::sandbox) fn is_down(&self) -> bool {
        self.outage.borrow().is_some_and(|end| Instant::now() < end)
    }
}

impl Connected<IncomingStream<'_, Door>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections have switches, and which can close for a while.
#[derive(Debug)]
pub(in crate::sandbox) struct Door {
    listener: Option<TcpListener>,
    outage: watch::Sender<Option<Instant>>,
}

impl Door {
    /// An open door.
    pub(in crate::sandbox) fn new(listener: TcpListener) -> Self {
        Self {
            listener: Some(listener),
            outage: watch::Sender::new(None),
        }
    }

    /// Closes until the end of the outage. The port stays taken, but nothing listens: connections are refused.
    async fn wait(&mut self, end: Instant) {
        let address = self.listener.as_ref().map(TcpListener::local_addr);
        self.listener = None;
        let Some(Ok(address)) = address else { return };
        let mut taken = take(address);
        sleep_until(end).await;
        // A connection of somebody else may have the port for a moment.
        for _ in 0..TRIES {
            if let Ok(listener) = taken.and_then(|socket| socket.listen(BACKLOG)) {
                self.listener = Some(listener);
                return;
            }
            sleep(BETWEEN_TRIES).await;
            taken = take(address);
        }
    }
}

/// Takes a port without listening.
fn take(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Without it the port is not free while old connections linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Listener for Door {
    type Io = Socket;
    type Addr = Switch;

    async fn accept(&mut self) -> (Socket, Switch) {
        let mut outage = self.outage.subscribe();
        let stream = loop {
            let end = *outage.borrow_and_update();
            if let Some(end) = end.filter(|end| Instant::now() < *end) {
                self.wait(end).await;
            }
            let Some(listener) = &mut self.listener else {
                // Somebody else got the port: the host is gone for good.
                return pending().await;
            };
            tokio::select! {
                biased;
                _ = outage.changed() => {}
                (stream, _) = Listener::accept(listener) => break stream,
            }
        };
        // Without it small answers wait for the client's acknowledgement. If it fails they are only late.
        let _ = stream.set_nodelay(true);
        let switch = Switch {
            plan: Arc::default(),
            used: Arc::default(),
            outage: self.outage.clone(),
        };
        let socket = Socket {
            stream,
            switch: switch.clone(),
            allowed: None,
            pause: None,
        };
        (socket, switch)
    }

    fn local_addr(&self) -> io::Result<Switch> {
        Ok(Switch::default())
    }
}

/// A connection with a switch.
#[derive(Debug)]
pub(in crate::sandbox) struct Socket {
    stream: TcpStream,
    switch: Switch,
    /// How many bytes may still pass before the connection breaks.
    allowed: Option<usize>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    /// Sends a part, and breaks the connection once that is through.
    fn write_part(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        part: usize,
    ) -> Poll<io::Result<usize>> {
        let allowed = *self.allowed.get_or_insert(part);
        if allowed == 0 {
            return Poll::Ready(Err(self.reset()));
        }
        let written = self.write(cx, &bytes[..allowed.min(bytes.len())]);
        if let Poll::Ready(Ok(n)) = &written {
            self.allowed = Some(allowed.saturating_sub(*n));
        }
        written
    }

    fn drip(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        pause: Duration,
    ) -> Poll<io::Result<usize>> {
        if let Some(sleep) = &mut self.pause {
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let written = self.write(cx, &bytes[..bytes.len().min(1)]);
        if written.is_ready() {
            self.pause = Some(Box::pin(sleep(pause)));
        }
        written
    }

    /// Makes the end of the connection a reset instead of an orderly close.
    fn reset(&mut self) -> io::Error {
        match self.stream.set_zero_linger() {
            Ok(()) => io::ErrorKind::ConnectionReset.into(),
            Err(error) => error,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.switch.get() {
            Plan::Send => {
                self.allowed = None;
                self.write(cx, bytes)
            }
            Plan::Reset => Poll::Ready(Err(self.reset())),
            Plan::ResetInHead => self.write_part(cx, bytes, OF_THE_HEAD),
            Plan::ResetInBody => {
                let head = bytes
                    .windows(END_OF_HEAD.len())
                    .position(|window| window == END_OF_HEAD)
                    .map_or(0, |at| at + END_OF_HEAD.len());
                self.write_part(cx, bytes, head + OF_THE_BODY)
            }
            Plan::Drip(pause) => self.drip(cx, bytes, pause),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
