//! A client that holds everything it sends and gets against the schema.

use std::collections::BTreeMap;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use launchway::sandbox::{AppSpec, Pace, PipelineSpec, Sandbox, Spec};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{LONGEST, PAUSE, schema};

pub(crate) const ACCEPT: &str = "application/vnd.heroku+json; version=3";

/// A sandbox and a client for it.
pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
}

/// A pipeline of three apps: one in staging, two in production.
pub(crate) fn spec(faults: &[&str]) -> Spec {
    let app = |name: &str| AppSpec {
        name: name.to_owned(),
        config_vars: BTreeMap::from([("NODE_ENV".to_owned(), "production".to_owned())]),
        first_release: true,
        ..AppSpec::default()
    };
    let coupling = |app: &str, stage: &str| (app.to_owned(), stage.to_owned());
    Spec {
        apps: vec![app("shop-staging"), app("shop-eu"), app("shop-us")],
        pipeline: Some(PipelineSpec {
            name: "acme-shop".to_owned(),
            couplings: vec![
                coupling("shop-staging", "staging"),
                coupling("shop-eu", "production"),
                coupling("shop-us", "production"),
            ],
        }),
        token: None,
        faults: faults.iter().map(|text| text.parse().unwrap()).collect(),
        pace: Pace::instant(),
        port: None,
        ..Spec::default()
    }
}

/// The same at a pace at which nothing comes to its end while anybody looks.
pub(crate) fn endless_spec() -> Spec {
    let step = Duration::from_hours(10);
    Spec {
        pace: Pace {
            build: step,
            release_phase: step,
            promotion: step,
            ..Pace::instant()
        },
        ..spec(&[])
    }
}

/// A gzipped tarball.
pub(crate) fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A small app, with a release phase if a command is given.
pub(crate) fn app(release: Option<&str>) -> Vec<u8> {
    let release = release.map_or(String::new(), |command| format!("release: {command}\n"));
    let procfile = format!("web: node .\n{release}");
    tarball(&[
        ("./Procfile", &procfile),
        ("./package.json", "{}"),
        ("./index.js", "1"),
    ])
}

impl Client {
    pub(crate) async fn start(faults: &[&str]) -> Self {
        Self::with(spec(faults)).await
    }

    pub(crate) async fn with(spec: Spec) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        Self {
            sandbox: Sandbox::start(spec).await.unwrap(),
            http,
        }
    }

    /// A request to anywhere, without any header.
    pub(crate) fn plain(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A request to the API as a client should make it.
    pub(crate) fn api(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sandbox.api_url());
        self.plain(method.parse().unwrap(), &url)
            .header("accept", ACCEPT)
            .bearer_auth(self.sandbox.token())
    }

    /// A request whose body and answer are held against the schema.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.api(method, path);
        if let Some(body) = &body {
            schema::validate_request(method, path, body)
                .unwrap_or_else(|problem| panic!("{method} {path} {body}: {problem}"));
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        if status.is_success() {
            schema::validate_response(method, path, &answer)
                .unwrap_or_else(|problem| panic!("{method} {path} answered {answer}: {problem}"));
        } else if status != StatusCode::MULTIPLE_CHOICES {
            assert!(
                answer["id"].is_string() && answer["message"].is_string(),
                "{answer}"
            );
        }
        (status.as_u16(), answer)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, None).await;
        assert!(status < 300, "GET {path}: {status} {answer}");
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, Some(body)).await;
        assert_eq!(status, 201, "POST {path}: {answer}");
        answer
    }

    /// Uploads a source; gives its `get_url`.
    pub(crate) async fn upload(&self, source: Vec<u8>) -> String {
        let (status, answer) = self.call("POST", "/sources", None).await;
        assert_eq!(status, 201);
        let blob = &answer["source_blob"];
        let url = blob["put_url"].as_str().unwrap();
        let put = self.plain(Method::PUT, url).body(source).send().await;
        assert_eq!(put.unwrap().status(), 200);
        blob["get_url"].as_str().unwrap().to_owned()
    }

    /// Uploads a source and builds it; gives the finished build.
    pub(crate) async fn build(&self, app: &str, source: Vec<u8>, version: &str) -> Value {
        let url = self.upload(source).await;
        let body = json!({"source_blob": {"url": url, "version": version}});
        let build = self.post(&format!("/apps/{app}/builds"), body).await;
        self.settled(&format!("/apps/{app}/builds/{}", id(&build)))
            .await
    }

    /// Waits until a thing is not pending any more.
    pub(crate) async fn settled(&self, path: &str) -> Value {
        eventually(path, async || {
            let answer = self.get(path).await;
            let pending = match &answer {
                Value::Array(items) => items.iter().any(|item| item["status"] == "pending"),
                other => other["status"] == "pending",
            };
            (!pending).then_some(answer)
        })
        .await
    }

    /// Follows a stream from the start to its end, through the time before it starts.
    pub(crate) async fn follow(&self, url: &str) -> String {
        self.started(url).await.text().await.unwrap()
    }

    /// A stream, through the time before it starts.
    pub(crate) async fn started(&self, url: &str) -> Response {
        let response = eventually(url, async || {
            let response = self.stream(url, &[]).await;
            (response.status() != StatusCode::NOT_FOUND).then_some(response)
        });
        let response = response.await;
        assert_eq!(response.status(), 200);
        response
    }

    pub(crate) async fn stream(&self, url: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.plain(Method::GET, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// The id of an app.
    pub(crate) async fn app_id(&self, name: &str) -> String {
        id(&self.get(&format!("/apps/{name}")).await)
    }
}

/// Looks until something is there.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < LONGEST, "{what} does not come");
        sleep(PAUSE).await;
    }
}

/// The id of a thing.
pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}
