//! Images pushed by launchway's own client, to the registry of the sandbox: cut, refused, known; and pulled back by a client that
//! nobody here wrote.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use launchway::env::Env;
use launchway::http::{Error, Kind, Outside, Pacing};
use launchway::image::{Digest, Image, Reference, open};
use launchway::journal::Journal;
use launchway::model::PlatformKind;
use launchway::redact::Redactor;
use launchway::registry::{Progress, Pushed, Registry, address, advice};
use serde_json::{Value, json};

use crate::sandbox::client::Client;
use crate::support::image::tar;

/// Two layers, of which one does not fit into one read.
const LARGE: usize = 1 << 20;

/// What no compressor makes smaller.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..LARGE).map(next).collect()
}

/// Writes an archive as `docker save` does.
fn archive(at: &Path, content: &str) {
    let layers = [
        tar(&[("large", &noise())]),
        tar(&[("small", content.as_bytes())]),
    ];
    let diff_ids = layers.iter().map(|layer| Digest::of(layer).to_string());
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["node", "web.js"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids.collect::<Vec<_>>()},
    });
    let manifest = json!([{"Config": "c.json", "RepoTags": ["web:latest"], "Layers": ["1/layer.tar", "2/layer.tar"]}]);
    let saved = tar(&[
        ("c.json", config.to_string().as_bytes()),
        ("manifest.json", manifest.to_string().as_bytes()),
        ("1/layer.tar", &layers[0]),
        ("2/layer.tar", &layers[1]),
    ]);
    std::fs::write(at.join("web.tar"), saved).unwrap();
}

fn image(at: &Path, reference: &str) -> Image {
    let Ok(Reference::Stored(stored)) = reference.parse() else {
        panic!("{reference}");
    };
    open(&stored, at, &|| false).unwrap()
}

fn registry(url: &str, token: &str) -> Registry {
    let api: reqwest::Url = url.parse().unwrap();
    let pacing = Pacing::scaled(0.01);
    let outside = Outside::new(api.clone(), &Env::default(), pacing).unwrap();
    let at = address(PlatformKind::Heroku.about(), &api, None);
    let journal = Journal::new("deploy", Vec::new());
    let at = at.unwrap().unwrap();
    Registry::new(
        at,
        token.into(),
        &outside,
        pacing,
        journal,
        Redactor::default(),
    )
    .unwrap()
}

/// Pushes the archive to the sandbox.
async fn push(client: &Client, app: &str, image: &Image) -> Result<Pushed, Error> {
    let registry = registry(client.sandbox.api_url(), client.sandbox.token());
    registry.push(image, app, "web", &|_: Progress| {}).await
}

fn asked(client: &Client, method: &str, part: &str) -> usize {
    let requests = client.sandbox.requests();
    let asked = requests
        .iter()
        .filter(|one| one.method == method && one.path.contains(part));
    asked.count()
}

#[tokio::test]
async fn an_image_is_pushed_once() {
    let client = Client::start(&[]).await;
    let at = tempfile::tempdir().unwrap();
    archive(at.path(), "one");
    let image = image(at.path(), "docker-archive:web.tar");
    let pushed = push(&client, "shop-eu", &image).await.unwrap();
    assert_eq!((pushed.blobs_sent, pushed.blobs_there), (3, 0));
    assert!(pushed.bytes_sent > LARGE as u64, "{pushed:?}");
    assert_eq!(pushed.id, *image.id());
    // Another app: this run does not know that another repository has them.
    let other = push(&client, "shop-us", &image).await.unwrap();
    assert_eq!((other.blobs_sent, other.blobs_there), (3, 0));
    assert_eq!(other.manifest_digest, pushed.manifest_digest);
    // The same again is known by one request.
    let before = client.sandbox.requests().len();
    let again = push(&client, "shop-eu", &image).await.unwrap();
    assert_eq!((again.blobs_sent, again.bytes_sent), (0, 0));
    assert_eq!(client.sandbox.requests().len(), before + 1);
    // Other code with one layer the same.
    archive(at.path(), "two");
    let next = self::image(at.path(), "docker-archive:web.tar");
    let next = push(&client, "shop-eu", &next).await.unwrap();
    assert_eq!((next.blobs_sent, next.blobs_there), (2, 1));
    let registry = registry(client.sandbox.api_url(), client.sandbox.token());
    let latest = launchway::image::ImageSelector::Tag("latest".to_owned());
    let budget = Duration::from_secs(5);
    let found = registry
        .image_id("shop-eu", "web", &latest, budget)
        .await
        .unwrap();
    assert_eq!(found, next.id);
    let first = launchway::image::ImageSelector::Digest(pushed.manifest_digest);
    let found = registry
        .image_id("shop-eu", "web", &first, budget)
        .await
        .unwrap();
    assert_eq!(found, pushed.id);
    let missing = registry
        .image_id("shop-eu", "worker", &latest, budget)
        .await;
    assert_eq!(missing.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn whatever_breaks_it_is_whole_in_the_end() {
    for fault in [
        "blob=cut:60%@1-3",
        "blob=cut:0%",
        "blob=corrupt",
        "blob=forgotten",
        "http=503@1-2:PATCH /v2/*/*/blobs/uploads",
        "http=reset@1:PATCH /v2/*/*/blobs/uploads",
        "http=reset-after@1:PATCH /v2/*/*/blobs/uploads",
        "http=reset-after@1:PUT /v2/*/*/blobs/uploads",
        "http=503@1:POST /v2/*/*/blobs/uploads",
        "http=429,retry-after=1@1:HEAD /v2/*/*/blobs",
        "http=reset@1:GET /v2/*/*/manifests",
        "http=reset-after@1:PUT /v2/*/*/manifests",
        "http=401@1:HEAD /v2/*/*/blobs",
    ] {
        let client = Client::start(&[fault]).await;
        let at = tempfile::tempdir().unwrap();
        archive(at.path(), "one");
        let image = image(at.path(), "docker-archive:web.tar");
        let pushed = push(&client, "shop-eu", &image).await;
        let pushed = pushed.unwrap_or_else(|e| panic!("{fault}: {e}"));
        assert_eq!(pushed.id, *image.id(), "{fault}");
        if fault.contains("cut:60%") {
            // It went on: nothing that came was sent again.
            assert_eq!(asked(&client, "POST", "/blobs/uploads"), 3, "{fault}");
            assert!(asked(&client, "GET", "/blobs/uploads") >= 3, "{fault}");
        }
    }
}

#[tokio::test]
async fn what_is_refused_is_explained_and_tags_nothing() {
    for (fault, told) in [
        (
            "http=403@*:POST /v2/*/*/blobs/uploads",
            "permission to deploy",
        ),
        ("http=413@*:PATCH /v2/*/*/blobs/uploads", "too large"),
        ("http=429@*:HEAD /v2/*/*/blobs", "later"),
        ("http=401@*:HEAD /v2/*/*/blobs", "expired"),
        ("http=redirect@*:PATCH /v2/*/*/blobs/uploads", ""),
        ("blob=corrupt@*", ""),
    ] {
        let client = Client::start(&[fault]).await;
        let at = tempfile::tempdir().unwrap();
        archive(at.path(), "one");
        let image = image(at.path(), "docker-archive:web.tar");
        let error = push(&client, "shop-eu", &image).await.unwrap_err();
        assert!(
            advice(&error).unwrap_or_default().contains(told),
            "{fault}: {error}"
        );
        assert_eq!(asked(&client, "PUT", "/manifests/"), 0, "{fault}");
    }
    let client = Client::start(&[]).await;
    let at = tempfile::tempdir().unwrap();
    archive(at.path(), "one");
    let image = image(at.path(), "docker-archive:web.tar");
    let nobody = push(&client, "nobody", &image).await.unwrap_err();
    assert_eq!(nobody.kind, Kind::NotFound);
    assert!(
        advice(&nobody).unwrap().contains("the app's name"),
        "{nobody}"
    );
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_named_and_nothing_is_tagged() {
    let client = Client::start(&[]).await;
    let at = tempfile::tempdir().unwrap();
    archive(at.path(), "one");
    let image = image(at.path(), "docker-archive:web.tar");
    archive(at.path(), "other");
    let error = push(&client, "shop-eu", &image).await.unwrap_err();
    assert_eq!(error.kind, Kind::Local);
    assert!(error.to_string().contains("web.tar"), "{error}");
    assert_eq!(asked(&client, "PUT", "/manifests/"), 0);
}

/// The heads of requests.
type Heard = Arc<Mutex<Vec<String>>>;

/// A registry whose uploads go to another host: what each of the two heard.
fn two_hosts() -> (String, Heard, Heard) {
    let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (own, other) = (bind(), bind());
    let (url, elsewhere) = (own.local_addr().unwrap(), other.local_addr().unwrap());
    let serve = move |listener: TcpListener| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut request, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    let line = line.to_ascii_lowercase();
                    if let Some(text) = line.strip_prefix("content-length:") {
                        length = text.trim().parse().unwrap();
                    }
                    request += &line;
                }
                let mut body = vec![0; length];
                let _ = reader.read_exact(&mut body);
                let location = format!("http://{elsewhere}/put?sig=0123456789abcdef0123");
                let answer = match request.split(' ').next().unwrap_or_default() {
                    "post" => format!("202 Accepted\r\nlocation: {location}"),
                    "patch" => "202 Accepted\r\nlocation: ?sig=fedcba9876543210&part=2".to_owned(),
                    "put" => "201 Created".to_owned(),
                    _ => "404 Not Found".to_owned(),
                };
                log.lock().unwrap().push(request);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        heard
    };
    (format!("http://{url}"), serve(own), serve(other))
}

#[tokio::test]
async fn the_token_stays_with_the_registry() {
    let (url, own, other) = two_hosts();
    let at = tempfile::tempdir().unwrap();
    archive(at.path(), "one");
    let image = image(at.path(), "docker-archive:web.tar");
    let registry = registry(&url, "the-token");
    registry.push(&image, "shop", "web", &|_| {}).await.unwrap();
    let (own, other) = (own.lock().unwrap(), other.lock().unwrap());
    assert!(
        own.iter().all(|head| head.contains("authorization: basic")),
        "{own:?}"
    );
    assert!(
        !other.is_empty() && !other.iter().any(|head| head.contains("authorization")),
        "{other:?}"
    );
    // A relative address is relative to the one that was asked, and keeps its query.
    let ends: Vec<&String> = other
        .iter()
        .filter(|head| head.starts_with("put"))
        .collect();
    assert_eq!(ends.len(), 3);
    assert!(
        ends[0].starts_with("put /put?sig=fedcba9876543210&part=2&digest=sha256%3a"),
        "{ends:?}"
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_builder_made_is_pulled_back_the_same() {
    for program in ["umoci", "skopeo"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("{program} is not installed: not tried");
            return;
        }
    }
    let client = Client::start(&[]).await;
    let (token, directory) = (client.sandbox.token(), tempfile::tempdir().unwrap());
    let at = directory.path();
    let host = client.sandbox.api_url().trim_start_matches("http://");
    std::fs::write(at.join("web.js"), "listen()").unwrap();
    std::fs::write(
        at.join("policy.json"),
        json!({"default": [{"type": "insecureAcceptAnything"}]}).to_string(),
    )
    .unwrap();
    let run = |line: String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(at)
            .env("HOME", at)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let copy = "skopeo --policy policy.json copy";
    for line in [
        "umoci init --layout made",
        "umoci new --image made:web",
        "umoci insert --rootless --image made:web web.js /app/web.js",
        "umoci config --image made:web --config.cmd node --architecture amd64 --os linux",
        &format!("{copy} oci:made:web docker-archive:docker.tar:acme/web:1"),
        &format!("{copy} oci:made:web oci-archive:oci.tar:web"),
    ] {
        run(line.to_owned());
    }
    let mut ids = Vec::new();
    for (number, reference) in [
        "docker-archive:docker.tar",
        "docker-archive:docker.tar:acme/web:1",
        "oci-archive:oci.tar:web",
        "oci:made:web",
    ]
    .into_iter()
    .enumerate()
    {
        let image = image(at, reference);
        let pushed = push(&client, "shop-eu", &image).await.unwrap();
        ids.push(pushed.id.clone());
        let there = format!("docker://{host}/shop-eu/web");
        run(format!(
            "{copy} --src-tls-verify=false --src-creds _:{token} {there} dir:back{number}"
        ));
        let back = at.join(format!("back{number}"));
        let manifest = std::fs::read(back.join("manifest.json")).unwrap();
        assert_eq!(Digest::of(&manifest), pushed.manifest_digest, "{reference}");
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["config"]["digest"], pushed.id.as_str());
        for layer in manifest["layers"].as_array().unwrap() {
            let digest: Digest = layer["digest"].as_str().unwrap().parse().unwrap();
            let bytes = std::fs::read(back.join(digest.hex())).unwrap();
            assert_eq!(Digest::of(&bytes), digest);
        }
        // What came back is the same image by every way.
        run(format!(
            "{copy} dir:back{number} docker-archive:again{number}.tar"
        ));
        let again = self::image(at, &format!("docker-archive:again{number}.tar"));
        assert_eq!(*again.id(), pushed.id);
    }
    assert!(ids[0] == ids[1] && ids[2] == ids[3], "{ids:?}");
}
