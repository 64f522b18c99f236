//! What is built elsewhere is known by its content, not by its tag or address.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::support::ONE;
use crate::support::Shop;

/// A registry, and a host of files: what it has by path, and what it was asked.
#[derive(Clone)]
struct Host {
    address: String,
    has: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Whether a manifest needs a token that is given for a user and a password.
    guarded: bool,
}

impl Host {
    fn start(guarded: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = Self {
            address: listener.local_addr().unwrap().to_string(),
            has: Arc::default(),
            asked: Arc::default(),
            guarded,
        };
        let serving = host.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.serve(stream);
            }
        });
        host
    }

    /// Puts the image with this digest, or the file with this content, there.
    fn put(&self, path: &str, what: &str) {
        let mut has = self.has.lock().unwrap();
        has.insert(path.to_owned(), what.to_owned());
    }

    fn tag(&self, repository: &str, tag: &str, digit: char) {
        let digest = digit.to_string().repeat(64);
        self.put(&format!("/v2/{repository}/manifests/{tag}"), &digest);
    }

    fn serve(&self, mut stream: TcpStream) {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let head: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else {
            return;
        };
        let authorization = head
            .iter()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap_or_default();
        let asked = format!("{path} {authorization}");
        self.asked.lock().unwrap().push(asked.trim().to_owned());
        let found = self.has.lock().unwrap().get(path).cloned();
        let (status, header, body) = match found {
            // `me:pass-word-1`
            _ if path.starts_with("/token?") && authorization == "Basic bWU6cGFzcy13b3JkLTE=" => (
                200,
                String::new(),
                "{\"token\":\"a-token-of-the-registry\"}".to_owned(),
            ),
            Some(_) if self.guarded && authorization != "Bearer a-token-of-the-registry" => {
                let realm = format!("http://{}/token", self.address);
                let wanted = format!("Bearer realm=\"{realm}\",service=\"r\",scope=\"s\"");
                (
                    401,
                    format!("www-authenticate: {wanted}\r\n"),
                    String::new(),
                )
            }
            Some(digest) if path.starts_with("/v2/") => (
                200,
                format!("docker-content-digest: sha256:{digest}\r\n"),
                String::new(),
            ),
            Some(body) => (200, String::new(), body),
            None => (404, String::new(), String::new()),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        let _ = stream.write_all(answer.as_bytes());
    }

    fn image(&self, shop: &Shop, login: &str, image: &str) {
        let url = format!("docker://{login}{}/{image}", self.address);
        let yaml = format!("{ONE}build: {{image: \"{url}\"}}\n");
        shop.write("deploy.yaml", yaml.as_bytes());
    }
}

#[test]
fn an_image_is_live_only_if_its_digest_is() {
    let host = Host::start(false);
    host.tag("acme/shop", "2", 'a');
    host.tag("acme/other", "2", 'b');
    let shop = Shop::akkeris(ONE, &[], &[]);
    let deploys = |image: &str, posts: usize| {
        host.image(&shop, "", image);
        let changes = shop.launchway(&["plan", "--detailed-exitcode"]).run();
        changes.exits(if posts == 0 { 0 } else { 3 });
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(run.count("POST", "/builds"), posts, "{image}");
        run.asked("POST", "/builds")
            .map(|request| request.body.clone().unwrap())
            .next()
    };
    let body = deploys("acme/shop:2", 1).unwrap();
    let version = format!("{}/acme/shop:2-aaaaaaaaaaaa", host.address);
    assert_eq!(body["version"], version.as_str());
    assert_eq!(body["checksum"], format!("sha256:{}", "a".repeat(64)));
    deploys("acme/shop:2", 0);
    // Another product with the same tag, the first one again, and its tag pushed again.
    deploys("acme/other:2", 1);
    host.tag("acme/shop", "2", 'c');
    deploys("acme/shop:2", 1);
    deploys("acme/shop:2", 0);
}

#[test]
fn a_registry_that_wants_a_token_gets_its_own_user_and_no_other_secret() {
    let host = Host::start(true);
    host.tag("acme/shop", "latest", 'a');
    let shop = Shop::akkeris(ONE, &[], &[]);
    host.image(&shop, "me:pass-word-1@", "acme/shop:latest");
    let run = shop.deploy().run();
    run.exits(0).says("acme/shop:latest-aaaaaaaaaaaa");
    assert!(!run.stderr.contains("pass-word-1"), "{}", run.stderr);
    // The plan asks in the same way.
    for asked in host.asked.lock().unwrap().chunks(3) {
        assert_eq!(
            asked,
            [
                "/v2/acme/shop/manifests/latest",
                "/token?service=r&scope=s Basic bWU6cGFzcy13b3JkLTE=",
                "/v2/acme/shop/manifests/latest Bearer a-token-of-the-registry",
            ]
        );
    }
}

#[test]
fn an_image_that_the_registry_does_not_know_is_deployed_again_and_told() {
    let host = Host::start(false);
    let shop = Shop::akkeris(ONE, &[], &[]);
    host.image(&shop, "", "acme/shop:2");
    for _ in 0..2 {
        let run = shop.deploy().run();
        run.exits(0)
            .says("does not say which image")
            .says("it answered 404");
        assert_eq!(run.count("POST", "/builds"), 1);
    }
}

#[test]
fn a_hosted_archive_is_known_by_its_content() {
    let host = Host::start(false);
    let shop = Shop::akkeris(ONE, &[], &[]);
    let yaml = format!(
        "{ONE}source: {{version: v1, url: \"http://{}/${{version}}.tgz\"}}\n",
        host.address
    );
    shop.write("deploy.yaml", yaml.as_bytes());
    let version = || {
        shop.plan()["source"]["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(version(), "v1", "it can't be read");
    host.put("/v1.tgz", "one");
    let one = version();
    host.put("/v1.tgz", "two");
    let two = version();
    assert!(one.starts_with("v1-") && two.starts_with("v1-") && one != two);
    // The sandbox fetches nothing from elsewhere.
    let run = shop.deploy().run();
    run.exits(10).says("failed");
    let body = run.asked("POST", "/builds").next().unwrap().body.clone();
    assert_eq!(body.unwrap()["version"], two.as_str());
}

#[test]
fn what_is_built_elsewhere_is_not_packed_for_the_plan() {
    let host = Host::start(false);
    host.tag("acme/shop", "2", 'a');
    host.put("/shop.tgz", "one");
    let shop = Shop::akkeris(ONE, &[], &[]);
    // Packing would end with 66.
    shop.write(".env", b"A_SECRET=1");
    let deny = "secrets: deny";
    let image = format!(
        "build: {{image: \"docker://{}/acme/shop:2\"}}\nsource: {{{deny}}}\n",
        host.address
    );
    let url = format!(
        "source: {{{deny}, version: v1, url: \"http://{}/shop.tgz\"}}\n",
        host.address
    );
    let unnamed = format!(
        "source: {{{deny}, url: \"http://{}/shop.tgz\"}}\n",
        host.address
    );
    for (keys, noun, version) in [
        (&image, "image", format!("{}/acme/shop:2", host.address)),
        (&url, "archive", "v1".to_owned()),
        (&unnamed, "archive", "127.0.0.1/shop.tgz".to_owned()),
    ] {
        shop.write("deploy.yaml", format!("{ONE}{keys}").as_bytes());
        let plan = shop.plan_text(&[]);
        assert!(!plan.contains("packed"), "{plan}");
        let line = plan.lines().find(|line| line.starts_with(noun)).unwrap();
        let (told, digest) = line.rsplit_once('-').unwrap();
        assert_eq!(told, format!("{noun:<9}  version {version}"));
        let run = shop.deploy().run();
        let body = run.asked("POST", "/builds").next().unwrap().body.clone();
        assert_eq!(body.unwrap()["version"], format!("{version}-{digest}"));
        let offline = shop.plan_text(&["--offline"]);
        let said = format!("{noun:<9}  version {version} (digest unknown)\n");
        assert!(offline.contains(&said), "{offline}");
    }
}
