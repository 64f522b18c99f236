//! What can go wrong before a request is sent: each is told for what it is, and nothing waits for ever.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
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

#[test]
fn a_certificate_that_nobody_vouches_for_is_final() {
    // openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=nobody -addext subjectAltName=IP:127.0.0.1
    let certificate = include_bytes!("../fixtures/tls/certificate.der");
    let key = include_bytes!("../fixtures/tls/key.der");
    let key = PrivatePkcs8KeyDer::from(key.as_slice());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.as_slice().into()], key.into())
        .unwrap();
    let config = Arc::new(config);
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
