//! An embedded platform with Heroku's HTTP surface, on loopback and in memory; or with that of Akkeris.
//!
//! It is for rehearsals without an account, and for tests. It shares no type, no JSON and no helper with the client,
//! so that the two cannot agree on a mistake: what settles a dispute is the official schema and the official clients.
//!
//! Four hosts, each with a port of its own, as on the real platform: the API, the store that sources are uploaded to,
//! the output streams, and the apps themselves.
//!
//! ```text
//! mod -> host::gate (records, strikes, checks) -> heroku::api | akkeris::routes | host::blob | host::stream | web
//! heroku::api -> building, releasing, promoting (work in the background) -> world (memory) -> wire (JSON)
//! host::gate -> fault (what goes wrong when) -> sabotage (of an answer), socket (beneath HTTP)
//! ```
//!
//! Where it is not known what the real platform answers, the sandbox chose: cancelling a build that is over is 422;
//! `POST /apps/:app/sources` is 410; a promotion of a release that failed, is pending, has expired or has no slug is
//! 422; a second build of an app runs beside the first; a promoted release has the slug or image of its source, and both
//! apps must be of one generation; a slug on a Fir app, an image on a Cedar app and buildpacks in a build on Fir are 422;
//! with `preboot`, what ran before a release answers alone until the new code does; `GET` on a build whose status is
//! `succeeded` has its release at once (`build=release-late` makes it late).

mod akkeris;
mod fault;
mod heroku;
mod host;
mod log;
mod spec;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::time::timeout;

pub use fault::{BadFault, Fault, grammar};
pub use heroku::change::{CannotChange, Change};
pub use log::{Origin, Request};
pub use spec::{AppSpec, Generation, Pace, PipelineSpec, Spec, Surface};

use host::platform::{Platform, Shared, Urls};
use host::socket::{Door, Switch};

/// How long the hosts may take to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running sandbox. It ends when it is dropped; [`Sandbox::shutdown`] also waits for that.
#[derive(Debug)]
pub struct Sandbox {
    platform: Shared,
}

impl Sandbox {
    /// Starts a sandbox on the runtime of the caller.
    ///
    /// # Errors
    ///
    /// If a port cannot be had.
    pub async fn start(spec: Spec) -> io::Result<Self> {
        let (api, api_url) = bind(spec.port.unwrap_or(0)).await?;
        let (upload, upload_url) = bind(0).await?;
        let (stream, stream_url) = bind(0).await?;
        let (web, web_url) = bind(0).await?;
        let urls = Urls {
            api: api_url,
            upload: upload_url,
            stream: stream_url,
            web: web_url,
        };
        let platform = Arc::new(Platform::new(spec, urls));
        let shared = || Arc::clone(&platform);
        let (calls, apps) = match platform.surface {
            Surface::Heroku => (heroku::router(shared()), heroku::web::router(shared())),
            Surface::Akkeris => (akkeris::router(shared()), akkeris::web(shared())),
        };
        serve(&platform, Origin::Api, api, calls);
        serve(
            &platform,
            Origin::Upload,
            upload,
            host::blob::router(shared()),
        );
        serve(
            &platform,
            Origin::Stream,
            stream,
            host::stream::router(shared()),
        );
        serve(&platform, Origin::Web, web, apps);
        Ok(Self { platform })
    }

    /// Where the API is, without a trailing slash.
    pub fn api_url(&self) -> &str {
        &self.platform.urls.api
    }

    /// The token that the API wants.
    pub fn token(&self) -> &str {
        &self.platform.token
    }

    /// What was asked so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.platform.requests().clone()
    }

    /// Everything that the platform knows, in the shapes of the API.
    pub fn state(&self) -> serde_json::Value {
        match self.platform.surface {
            Surface::Heroku => heroku::change::state(&self.platform),
            Surface::Akkeris => akkeris::state(&self.platform),
        }
    }

    /// A pair of pre-signed addresses of the upload host: where to put an object, and where to get it.
    pub fn upload_pair(&self, name: &str) -> (String, String) {
        let path = format!("/pairs/{name}");
        let url = |method| self.platform.upload_url(method, &path, 3600);
        (url("PUT"), url("GET"))
    }

    /// Changes something behind the client's back.
    ///
    /// # Errors
    ///
    /// If the app or the release does not exist.
    pub fn change(&self, change: Change) -> Result<(), CannotChange> {
        heroku::change::apply(&self.platform, change)
    }

    /// Replaces all faults; counting starts again.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *self.platform.faults() = fault::Book::new(faults);
    }

    /// Does something while nothing goes wrong. What the faults have counted so far stays.
    pub fn without_faults<T>(&self, work: impl FnOnce() -> T) -> T {
        let faults = std::mem::take(&mut *self.platform.faults());
        let done = work();
        *self.platform.faults() = faults;
        done
    }

    /// Holds the requests of this method whose path ends like this, until [`Sandbox::let_go`]. They are recorded when they
    /// arrive, with the status 0, and carried out when they are let go.
    pub fn hold(&self, method: &str, end: &str) {
        self.platform.hold(method, end);
    }

    /// Lets what [`Sandbox::hold`] holds go on, and holds no more of it.
    pub fn let_go(&self, end: &str) {
        self.platform.let_go(end);
    }

    /// How many requests of this method whose path ends like this are held.
    pub fn held(&self, method: &str, end: &str) -> usize {
        let requests = self.platform.requests();
        let held = requests.iter().filter(|request| {
            request.status == 0 && request.method == method && request.path.ends_with(end)
        });
        held.count()
    }

    /// Akkeris: from now on the timer that releases builds releases none, so that no test races it.
    pub fn stop_timer(&self) {
        self.platform.akkeris().timer_stopped = true;
    }

    /// Ends the sandbox and waits until its hosts are gone.
    pub async fn shutdown(self) {
        self.platform.cancel.cancel();
        self.platform.tasks.close();
        // Whoever holds a connection longer than that is left to the runtime.
        let _ = timeout(FAREWELL, self.platform.tasks.wait()).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.platform.cancel.cancel();
    }
}

async fn bind(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn serve(platform: &Shared, origin: Origin, listener: TcpListener, routes: Router) {
    let state = (Arc::clone(platform), origin);
    let service = routes
        .layer(from_fn_with_state(state, host::gate::pass))
        .into_make_service_with_connect_info::<Switch>();
    let cancelled = platform.cancel.clone().cancelled_owned();
    platform.tasks.spawn(async move {
        let server = axum::serve(Door::new(listener), service).with_graceful_shutdown(cancelled);
        // Accepting never fails for good, and the connections' own errors are the clients' business.
        let _ = server.await;
    });
}
