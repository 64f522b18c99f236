use super::*;
use crate::{
    env::Env,
    http::{SecretUrl, upload},
};

fn api(base: &str, pacing: Pacing) -> (Outside, Api) {
    let base: Url = base.parse().unwrap();
    let outside = Outside::new(base.clone(), &Env::default(), pacing).unwrap();
    let api = Api::new(
        base,
        None,
        &outside,
        pacing,
        Journal::new("deploy", Vec::new()),
    );
    (outside, api.unwrap())
}

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
    let (_, api) = api(&base, Pacing::default());
    let request = Request::get("/account", Duration::ZERO);
    api.fetch::<serde::de::IgnoredAny>(request).await.unwrap();
    served.await.unwrap();
    let told = api.now().to_string();
    assert!(told.starts_with("2099-01-02T03:"), "{told}");
}

#[tokio::test]
async fn an_error_knows_what_its_request_was_to_do() {
    // Nothing listens at this port, and nothing is waited for.
    let (base, pacing) = ("http://127.0.0.1:1", Pacing::scaled(0.0));
    let (outside, api) = api(base, pacing);
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
        let failed = api.fetch::<serde::de::IgnoredAny>(request).await;
        let error = failed.unwrap_err();
        assert_eq!(
            (error.phase, &error.kind),
            (expected, &Kind::Unreachable),
            "{error}"
        );
    }
    api.create_nothing_more();
    let ended = api.fetch::<serde::de::IgnoredAny>(Request::post("/builds", None, now));
    let error = ended.await.unwrap_err();
    assert_eq!((error.phase, error.kind), (Phase::Create, Kind::Ending));
    let url = SecretUrl::new(base.parse().unwrap());
    let unreadable = || Err(std::io::Error::other("gone"));
    let error = upload::put(
        &outside,
        pacing,
        &Journal::new("deploy", Vec::new()),
        &url,
        1,
        unreadable,
    )
    .await
    .unwrap_err();
    assert_eq!((error.phase, error.kind), (Phase::Upload, Kind::Local));
}
