//! Requests to addresses that an API named in an answer: to go on with an upload, mostly. Such an address may be relative, may
//! carry secrets in its query, and may be on another host: the token goes to the API's own origin only.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Body, Method, RequestBuilder, Response, header};

use super::{
    Api, Error, Kind, Outside, Pacing, Phase, SecretUrl,
    answer::{Answer, bytes_to_read, judge, read_bounded},
    challenge,
};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(200);
/// How long a body may stand still before its request is given up.
const STALL: Duration = Duration::from_mins(1);
/// How long a request with a body may take.
const LONGEST: Duration = Duration::from_hours(1);
/// The longest answer that is read.
const LARGEST: usize = 64 << 10;

/// A request to such an address.
pub struct NamedRequest<'a> {
    /// How.
    pub method: Method,
    /// Where.
    pub at: &'a SecretUrl,
    /// What is said beside the body.
    pub headers: Vec<(header::HeaderName, String)>,
    /// What is sent, if anything is.
    pub body: Option<Streamed<'a>>,
}

/// A body that is sent as it is read.
pub struct Streamed<'a> {
    /// Its bytes, as they come.
    pub body: Body,
    /// How many there will be.
    pub bytes: u64,
    /// How many were taken so far: whoever makes the body counts.
    pub sent: Arc<AtomicU64>,
    /// Is told of them a few times a second.
    pub told: &'a (dyn Fn(u64) + Send + Sync),
}

impl Api {
    /// Whether an address is on the API's own origin.
    pub fn is_own(&self, at: &SecretUrl) -> bool {
        at.expose().origin() == self.base().origin()
    }

    /// Sends a request to an address that an answer named, once. With an error comes what `Retry-After` asked for. The 401
    /// of another host speaks of the address, not of the token.
    pub async fn send_to(
        &self,
        outside: &Outside,
        request: NamedRequest<'_>,
    ) -> Result<Answer, (Error, Option<Duration>)> {
        let name = format!("{} {}", request.method, request.at);
        let own = self.is_own(request.at);
        let url = request.at.expose();
        let failed = |why| Error::new(Kind::Unsupported, name.clone(), why).during(Phase::Upload);
        let client = if own {
            outside.client_for(url)
        } else {
            outside.client_named_by(self.base(), url)
        };
        let client = client.map_err(|why| (failed(why), None))?;
        let mut builder = client.request(request.method, url.clone());
        if own {
            builder = self.authorised(builder);
        }
        for (header, value) in request.headers {
            builder = builder.header(header, value);
        }
        let pacing = self.pacing();
        let response = match request.body {
            Some(body) => {
                // Without this header the body would go in chunks.
                let builder = builder.header(header::CONTENT_LENGTH, body.bytes);
                let sending = builder.body(body.body);
                watched(sending, &name, &body.sent, pacing, body.told).await
            }
            None => {
                let builder = builder
                    .header(header::CONTENT_LENGTH, "0")
                    .timeout(pacing.timeout(STALL));
                let sent = builder.send().await;
                sent.map_err(|e| Error::from_reqwest(name.clone(), &e))
            }
        };
        let response = response.map_err(|e| (e.during(Phase::Upload), None))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let reading = read_bounded(response, bytes_to_read(status, LARGEST));
        let body = match tokio::time::timeout(pacing.timeout(STALL), reading).await {
            Ok(Ok(body)) => body,
            // The status says enough.
            _ if status.is_success() => Vec::new(),
            Ok(Err(e)) => return Err((Error::from_reqwest(name, &e).during(Phase::Upload), None)),
            Err(_) => {
                let error = Error::new(Kind::Lost, name, "no answer in time");
                return Err((error.during(Phase::Upload), None));
            }
        };
        let server = self.token_server(&headers).filter(|_| own);
        let judged = judge(name, status, headers, body, LARGEST, self.is_own_refusal);
        judged.map_err(|(mut error, asked)| {
            if let (Kind::Denied { status, id }, false) = (&error.kind, own) {
                error.kind = Kind::Rejected {
                    status: *status,
                    id: id.clone(),
                };
            }
            let error = challenge::told(error, server.as_deref());
            (error.during(Phase::Upload), asked)
        })
    }
}

/// Sends a request whose body is counted as it goes: it is given up once that stands still, or takes too long.
pub(super) async fn watched(
    request: RequestBuilder,
    name: &str,
    sent: &AtomicU64,
    pacing: Pacing,
    told: impl Fn(u64),
) -> Result<Response, Error> {
    let stall = pacing.timeout(STALL);
    let request = request.send();
    tokio::pin!(request);
    let began = Instant::now();
    let mut last = (0, began);
    loop {
        tokio::select! {
            response = &mut request => {
                return response.map_err(|e| Error::from_reqwest(name, &e));
            }
            () = tokio::time::sleep(PROGRESS) => {
                let now = sent.load(Ordering::Relaxed);
                if began.elapsed() > LONGEST {
                    return Err(Error::new(Kind::Lost, name, "not done after an hour"));
                }
                if now != last.0 {
                    last = (now, Instant::now());
                    told(now);
                } else if last.1.elapsed() > stall {
                    let message = format!("no progress for {} s", STALL.as_secs());
                    return Err(Error::new(Kind::Lost, name, message));
                }
            }
        }
    }
}
