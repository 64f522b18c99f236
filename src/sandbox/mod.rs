//! An embedded platform with Heroku's HTTP surface, on loopback and in memory; or with that of Akkeris.
//!
//! It is for rehearsals without an account, and for tests. It shares no type, no JSON and no helper with the client,
//! so that the two cannot agree on a mistake: what settles a dispute is the official schema and the official clients.
//!
//! Four hosts, each with a port of its own, as on the real platform: the API, the store that sources are uploaded to,
//! the output streams, and the apps themselves.
//!
//! ```text
//! mod -> host::gate (records, strikes) -> a platform's api | host::blob | host::stream | host::web
//! a platform (heroku, akkeris) implements host::platform, the one trait; each has its own memory, JSON and oddities
//! host::gate -> fault (what goes wrong when) -> host::sabotage (of an answer), host::socket (beneath HTTP)
//! ```
//!
//! Where it is not known what the real platform answers, the sandbox chose: cancelling a build that is over is 422;
//! `POST /apps/:app/sources` is 410; a promotion of a release that failed, is pending, has expired or has no slug is
//! 422; a second build of an app runs beside the first; a promoted release has the slug or image of its source, and both
//! apps must be of one generation; a slug on a Fir app, an image on a Cedar app and buildpacks in a build on Fir are 422;
//! with `preboot`, what ran before a release answers alone until the new code does; `GET` on a build whose status is
//! `succeeded` has its release at once (`build=release-late` makes it late).

mod akkeris;
mod change;
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

pub use change::{CannotChange, Change};
pub use fault::{BadFault, Fault, grammar};
pub use log::{Origin, Request};
pub use spec::{AppSpec, Generation, Pace, PipelineSpec, Spec, Surface};

use akkeris::Akkeris;
use heroku::Heroku;
use host::platform::Platform;
use host::socket::{Door, Switch};
use host::{Host, Urls};

/// How long the hosts may take to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// A running sandbox. It ends when it is dropped; [`Sandbox::shutdown`] also waits for that.
#[derive(Debug)]
pub struct Sandbox {
    platform: Arc<dyn Platform>,
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
        let host = Arc::new(Host::new(&spec, urls));
        let shared = || Arc::clone(&host);
        // The one place that chooses.
        let platform: Arc<dyn Platform> = match spec.surface {
            Surface::Heroku => Arc::new(Heroku::new(shared(), &spec)),
            Surface::Akkeris => Arc::new(Akkeris::new(shared(), &spec)),
        };
        let api_routes = Arc::clone(&platform).api();
        let apps = host::web::router(Arc::clone(&platform));
        serve(&platform, Origin::Api, api, api_routes);
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

    fn host(&self) -> &Host {
        self.platform.host()
    }

    /// Where the API is, without a trailing slash.
    pub fn api_url(&self) -> &str {
        &self.host().urls.api
    }

    /// The token that the API wants.
    pub fn token(&self) -> &str {
        &self.host().token
    }

    /// What was asked so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.host().requests().clone()
    }

    /// Everything that the platform knows, in the shapes of the API.
    pub fn state(&self) -> serde_json::Value {
        self.platform.state()
    }

    /// A pair of pre-signed addresses of the upload host: where to put an object, and where to get it.
    pub fn upload_pair(&self, name: &str) -> (String, String) {
        let path = format!("/pairs/{name}");
        let url = |method| self.host().upload_url(method, &path, 3600);
        (url("PUT"), url("GET"))
    }

    /// Changes something behind the client's back.
    ///
    /// # Errors
    ///
    /// If the app or the release does not exist.
    pub fn change(&self, change: Change) -> Result<(), CannotChange> {
        Arc::clone(&self.platform).change(change)
    }

    /// Sets the platform's clock, as its answers tell it. What happens is still dated by the machine's.
    pub fn set_clock(&self, at: jiff::Timestamp) {
        self.host().set_clock(at);
    }

    /// Replaces all faults; counting starts again.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *self.host().faults() = fault::Schedule::new(faults);
    }

    /// Does something while nothing goes wrong. What the faults have counted so far stays.
    pub fn without_faults<T>(&self, work: impl FnOnce() -> T) -> T {
        let faults = std::mem::take(&mut *self.host().faults());
        let done = work();
        *self.host().faults() = faults;
        done
    }

    /// Holds the requests of this method whose path ends like this, until [`Sandbox::let_go`]. They are recorded when they
    /// arrive, with the status 0, and carried out when they are let go.
    pub fn hold(&self, method: &str, end: &str) {
        self.host().hold(method, end);
    }

    /// Lets what [`Sandbox::hold`] holds go on, and holds no more of it.
    pub fn let_go(&self, end: &str) {
        self.host().let_go(end);
    }

    /// How many requests of this method whose path ends like this are held.
    pub fn held(&self, method: &str, end: &str) -> usize {
        let requests = self.host().requests();
        let held = requests.iter().filter(|request| {
            request.status == 0 && request.method == method && request.path.ends_with(end)
        });
        held.count()
    }

    /// Ends the sandbox and waits until its hosts are gone.
    pub async fn shutdown(self) {
        self.host().cancel.cancel();
        self.host().tasks.close();
        // Connections that stay open longer are left to the runtime.
        let _ = timeout(FAREWELL, self.host().tasks.wait()).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.host().cancel.cancel();
    }
}

async fn bind(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn serve(platform: &Arc<dyn Platform>, origin: Origin, listener: TcpListener, routes: Router) {
    let state = (Arc::clone(platform), origin);
    let service = routes
        .layer(from_fn_with_state(state, host::gate::pass))
        .into_make_service_with_connect_info::<Switch>();
    let cancelled = platform.host().cancel.clone().cancelled_owned();
    platform.host().tasks.spawn(async move {
        let server = axum::serve(Door::new(listener), service).with_graceful_shutdown(cancelled);
        // Accepting never fails for good, and the connections' own errors are the clients' business.
        let _ = server.await;
    });
}
