use super::*;
use crate::http::{SecretUrl, upload};

#[tokio::test]
async fn time_is_told_by_the_clock_of_the_platform() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let answer =
            "HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2099 03:04:05 GMT\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let (env, events, redactor) = (
        Env::default(),
        Journal::new("deploy", Vec::new()),
        Redactor::default(),
    );
    let base = Url::parse(&base).unwrap();
    let http = Http::new(base, &env, None, Pacing::default(), events, redactor).unwrap();
    let request = Request::get("/account", Duration::ZERO);
    http.fetch::<serde::de::IgnoredAny>(request).await.unwrap();
    served.await.unwrap();
    let told = http.now().to_string();
    assert!(told.starts_with("2099-01-02T03:"), "{told}");
}

#[test]
fn no_client_is_given_for_an_address_that_a_platform_may_not_name() {
    let http = |base: &str| {
        let (env, events) = (Env::default(), Journal::new("deploy", Vec::new()));
        let (base, redactor) = (base.parse().unwrap(), Redactor::default());
        Http::new(base, &env, None, Pacing::default(), events, redactor).unwrap()
    };
    let (far, near) = (http("https://api.example.com"), http("http://127.0.0.1:1"));
    for url in ["http://up.example.com/x", "https://169.254.169.254/x"] {
        let url = url.parse().unwrap();
        for refused in [far.fresh("PUT x", &url), far.bare("GET x", &url)] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind, Kind::Unsupported);
            assert!(error.message.contains("nothing is sent there"), "{error}");
        }
        assert!(near.fresh("PUT x", &url).is_ok() && near.bare("GET x", &url).is_ok());
    }
    let url = "https://up.example.com/x".parse().unwrap();
    assert!(far.fresh("PUT x", &url).is_ok() && far.bare("GET x", &url).is_ok());
    // What is asked of an app holds nothing of this run.
    let plain = "http://up.example.com/x".parse().unwrap();
    assert!(far.client_for_app(&url).is_ok() && far.client_for_app(&plain).is_ok());
    for url in [
        "http://127.0.0.1:80/x",
        "http://169.254.169.254/x",
        "https://localhost/x",
    ] {
        let url = url.parse().unwrap();
        let why = far.client_for_app(&url).unwrap_err();
        assert!(why.contains("nothing is sent there"), "{why}");
        assert!(near.client_for_app(&url).is_ok());
    }
}

#[tokio::test]
async fn an_error_knows_what_its_request_was_to_do() {
    // Nothing listens at this port, and nothing is waited for.
    let (base, pacing) = ("http://127.0.0.1:1", Pacing::scaled(0.0));
    let (env, events, redactor) = (
        Env::default(),
        Journal::new("deploy", Vec::new()),
        Redactor::default(),
    );
    let http = Http::new(base.parse().unwrap(), &env, None, pacing, events, redactor).unwrap();
    let now = Duration::ZERO;
    for (request, expected) in [
        (Request::get("/apps", now), Phase::Read),
        (Request::delete("/builds/1", now), Phase::Read),
        (
            Request::post("/filters", None, now).repeatable(),
            Phase::Read,
        ),
        (Request::post("/builds", None, now), Phase::Create),
    ] {
        let failed = http.fetch::<serde::de::IgnoredAny>(request).await;
        let error = failed.unwrap_err();
        assert_eq!(
            (error.phase, &error.kind),
            (expected, &Kind::Unreachable),
            "{error}"
        );
    }
    http.create_nothing_more();
    let ended = http.fetch::<serde::de::IgnoredAny>(Request::post("/builds", None, now));
    let error = ended.await.unwrap_err();
    assert_eq!((error.phase, error.kind), (Phase::Create, Kind::Ending));
    let url = SecretUrl::new(base.parse().unwrap());
    let unreadable = || Err(std::io::Error::other("gone"));
    let error = upload::put(&http, &url, 1, unreadable).await.unwrap_err();
    assert_eq!((error.phase, error.kind), (Phase::Upload, Kind::Local));
}
