//! What can go wrong before a request is sent: each is told for what it is, and nothing waits for ever.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::spawn;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Run, Shop};

/// The address of a server that does this with every connection.
fn serving(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            spawn(move || serve(stream));
        }
    });
    url
}

fn deployed_to(url: &str, tempo: &str) -> Run {
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(url)).tempo(tempo).run();
    run.exits(69)
        .changed_nothing()
        .says("nothing was changed on the platform");
    run
}

/// A server with this certificate and its key, both DER.
fn server_config(certificate: &'static [u8], key: &'static [u8]) -> Arc<ServerConfig> {
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.into()],
            PrivatePkcs8KeyDer::from(key).into(),
        );
    Arc::new(config.unwrap())
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_final() {
    // openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=nobody -addext subjectAltName=IP:127.0.0.1
    let certificate = include_bytes!("../fixtures/tls/certificate.der");
    let key = include_bytes!("../fixtures/tls/key.der");
    let config = server_config(certificate, key);
    let url = serving(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        // The client ends it during the handshake.
        let _ = stream.read(&mut [0]);
    });
    // Time enough for the handshake: giving up on that would be repeated.
    let run = deployed_to(&url, "0.3");
    run.says("the server's certificate is not valid");
    let retries: Vec<_> = run
        .events()
        .filter(|event| event["event"] == "retrying")
        .collect();
    assert!(retries.is_empty(), "{retries:?}");
}

#[test]
fn a_server_that_speaks_no_tls_is_not_reached() {
    let url = serving(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    deployed_to(&url, "0.01");
}

#[test]
fn a_handshake_that_never_ends_is_given_up() {
    let url = serving(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let run = deployed_to(&url, "0.01");
    assert!(run.events().any(|event| event["event"] == "retrying"));
}

/// A server with a certificate of `ca.pem` for this machine, which answers like the platform to a wrong token.
fn platform_of_a_private_ca() -> String {
    let certificate = include_bytes!("../fixtures/tls/localhost.der");
    let key = include_bytes!("../fixtures/tls/localhost.key.der");
    let config = server_config(certificate, key);
    serving(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        if stream.read(&mut [0; 4096]).is_err() {
            return;
        }
        let body = r#"{"id":"unauthorized","message":"Invalid credentials provided."}"#;
        let head =
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Type: application/json";
        let length = body.len();
        let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}");
    })
}

#[test]
fn a_private_ca_is_trusted_through_its_file_on_this_machine_too() {
    let url = platform_of_a_private_ca().replace("127.0.0.1", "localhost");
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/ca.pem");
    let shop = Shop::new();
    let deploy = || shop.deploy().api_url(Some(&url)).tempo("0.3");
    let run = deploy().env("SSL_CERT_FILE", ca).run();
    run.exits(77).says("Invalid credentials provided");
    for unset in [None, Some("")] {
        let mut deploy = deploy();
        if let Some(value) = unset {
            deploy = deploy.env("SSL_CERT_FILE", value);
        }
        // A machine without any CA certificate says so.
        let run = deploy.run();
        run.exits(69).says("SSL_CERT_FILE");
    }
}

#[test]
fn a_ca_file_that_can_not_be_used_is_named() {
    let shop = Shop::new();
    shop.write("empty.pem", "");
    let directory = shop.workspace();
    for (name, why) in [
        ("nowhere.pem", "can't be read"),
        ("", "can't be read"),
        ("empty.pem", "no certificate"),
    ] {
        let file = directory.join(name);
        let run = shop
            .deploy()
            .api_url(Some("https://localhost:1"))
            .env("SSL_CERT_FILE", file.to_str().unwrap())
            .run();
        run.exits(69).says("SSL_CERT_FILE names").says(why);
        assert!(run.events().all(|event| event["event"] != "retrying"));
    }
    // Nothing is asked by TLS: a rehearsal does not need it.
    let run = shop.deploy().env("SSL_CERT_FILE", "nowhere.pem").run();
    run.exits(0);
}

/// The address of a proxy that gives this answer to every CONNECT, and how many there were.
fn proxy(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let url = serving(move |mut stream| {
        if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
            counted.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url.replace("https://", ""), asked)
}

#[test]
fn a_proxy_that_wants_a_password_is_asked_once() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (address, asked) = proxy(answer);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        asked.store(0, Ordering::Relaxed);
        let shop = Shop::new();
        let run = shop
            .deploy()
            .api_url(Some("https://api.example.invalid"))
            .env(variable, &format!("http://ci:hunter2@{address}"))
            .run();
        run.exits(69)
            .changed_nothing()
            .says(variable)
            .says("407")
            .does_not_say("hunter2");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_proxy_variable_that_can_not_be_used_is_named() {
    for value in [
        "'http://u:hunter2@proxy:3128'",
        "socks5://u:hunter2@proxy:1080",
    ] {
        let shop = Shop::new();
        let run = shop
            .deploy()
            .api_url(Some("https://api.example.invalid"))
            .env("HTTPS_PROXY", value)
            .run();
        run.exits(69)
            .says("HTTPS_PROXY can't be used")
            .does_not_say("hunter2");
        // Nothing on this machine goes through it.
        shop.deploy().env("HTTPS_PROXY", value).run().exits(0);
    }
}
