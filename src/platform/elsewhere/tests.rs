use super::*;

const DIGEST: &str = "9b2a28ee2ba1b5d0f9f3a5b0e4d1c7f8a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1";

#[test]
fn an_address_names_a_manifest() {
    for (image, manifest, login) in [
        (
            "docker://r.example.com/acme/shop:2",
            "https://r.example.com/v2/acme/shop/manifests/2",
            None,
        ),
        (
            "docker://me:p%40ss+1@r.example.com:5000/shop:v1",
            "https://r.example.com:5000/v2/shop/manifests/v1",
            Some(("me", "p@ss+1")),
        ),
        (
            "docker://docker.io/library/alpine:3",
            "https://registry-1.docker.io/v2/library/alpine/manifests/3",
            None,
        ),
        (
            "docker://127.0.0.1:5000/shop:v1",
            "http://127.0.0.1:5000/v2/shop/manifests/v1",
            None,
        ),
    ] {
        let place = Place::of(&Url::parse(image).unwrap()).unwrap();
        assert_eq!(place.manifest.as_str(), manifest);
        let login = login.map(|(user, word)| (user.to_owned(), word.to_owned()));
        assert_eq!((place.login, place.digest), (login, None), "{image}");
    }
    let pinned = format!("docker://r.example.com/shop:v1@sha256:{DIGEST}");
    let place = Place::of(&Url::parse(&pinned).unwrap()).unwrap();
    assert_eq!(place.digest.as_deref(), Some(DIGEST));
}

fn services() -> Services {
    use crate::{
        env::Env,
        http::{Api, Outside, Pacing},
        journal::Journal,
        redact::Redactor,
    };
    // Of an API on this machine, too, a registry elsewhere may not name what is near.
    let base: Url = "http://127.0.0.1:1".parse().unwrap();
    let (pacing, journal) = (Pacing::scaled(0.0), Journal::new("deploy", Vec::new()));
    let outside = Outside::new(base.clone(), &Env::default(), pacing).unwrap();
    Services {
        api: Api::new(base, None, &outside, pacing, journal.clone()).unwrap(),
        registry: None,
        outside,
        pacing,
        journal,
        redactor: Redactor::default(),
    }
}

/// Addresses that nobody but a server on this machine may name.
const NEAR: [&str; 6] = [
    "https://127.0.0.1:1/x",
    "https://localhost:1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[fd00:ec2::254]/x",
    "https://[::ffff:127.0.0.1]:1/x",
    "https://0.0.0.0:1/x",
];

#[tokio::test]
async fn a_registry_elsewhere_may_not_send_for_its_token_to_what_is_near() {
    let far = Url::parse("docker://me:word@r.example.com/shop:1").unwrap();
    let (services, place) = (services(), Place::of(&far).unwrap());
    for realm in NEAR {
        let realm = realm.parse().unwrap();
        let refused = token(&services, &place, realm, Duration::from_secs(1)).await;
        let why = refused.unwrap_err();
        assert!(
            why.ends_with("it is on this machine or on its own link"),
            "{why}"
        );
    }
    // One on this machine may: nobody listens there.
    let near = Url::parse("docker://127.0.0.1:1/shop:1").unwrap();
    let place = Place::of(&near).unwrap();
    let realm = "http://127.0.0.1:1/token".parse().unwrap();
    let why = token(&services, &place, realm, Duration::from_secs(1)).await;
    let why = why.unwrap_err();
    assert!(!why.contains("nothing is sent"), "{why}");
}

#[tokio::test]
async fn an_archive_elsewhere_may_not_lead_to_what_is_near() {
    let (services, limit) = (services(), Duration::from_secs(1));
    let far = Url::parse("https://files.example.com/shop.tgz").unwrap();
    for place in NEAR {
        let refused = redirected(&services, &far, place.parse().unwrap(), limit).await;
        let why = refused.unwrap_err();
        assert!(
            why.ends_with("it is on this machine or on its own link"),
            "{why}"
        );
    }
    let near = Url::parse("http://127.0.0.1:1/shop.tgz").unwrap();
    let why = redirected(&services, &near, near.clone(), limit).await;
    let why = why.unwrap_err();
    assert!(!why.contains("nothing is sent"), "{why}");
}

#[test]
fn a_challenge_says_where_the_token_is() {
    let bearer = |url: &str| Some(Challenge::Bearer(Url::parse(url).unwrap()));
    for (text, expected) in [
        ("Basic realm=\"r\"", Some(Challenge::Basic)),
        (
            "Bearer realm=\"https://auth.example.com/t\",service=\"r\",scope=\"repository:acme/shop:pull\"",
            bearer("https://auth.example.com/t?service=r&scope=repository%3Aacme%2Fshop%3Apull"),
        ),
        ("Bearer service=\"r\"", None),
        ("Bearer realm=\"https://auth", None),
        ("Negotiate", None),
    ] {
        assert_eq!(Challenge::read(text), expected, "{text}");
    }
}
