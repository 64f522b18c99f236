//! The token goes to the registry that belongs to its API, and nothing that anybody else says moves it to another host:
//! `deploy.yaml`, `.netrc`, or what the registry answers.

use std::fs;

use crate::images::{BUILD, shop};
use crate::support::{PIPELINE, Shop, Stub, TOKEN};

const VARIABLE: &str = "LAUNCHWAY_REGISTRY_URL";
const BASIC: &str = "authorization: basic";

/// A host that should hear nothing, or nothing of the token.
fn elsewhere() -> Stub {
    Stub::asked(|_, request| {
        let status = match request.split(' ').next() {
            Some("PATCH") => "202 Accepted\r\nLocation: ?part=2",
            Some("PUT") => "201 Created",
            _ => "200 OK",
        };
        format!("{status}\r\nContent-Length: 0\r\n\r\n")
    })
}

/// A registry that has nothing, and answers `method` otherwise.
fn registry(method: &'static str, answer: String) -> Stub {
    Stub::asked(move |_, request| {
        let asked = request.split(' ').next().unwrap_or_default();
        let own = match asked {
            _ if asked == method => answer.as_str(),
            "POST" => "202 Accepted\r\nLocation: /v2/upload",
            "PATCH" => "202 Accepted\r\nLocation: /v2/upload?part=2",
            "PUT" => "201 Created",
            _ if request.contains("/v2/upload") => "204 No Content\r\nRange: 0-0",
            _ => "404 Not Found",
        };
        format!("{own}\r\nContent-Length: 0\r\n\r\n")
    })
}

#[track_caller]
fn has_no_token(stub: &Stub) {
    for request in stub.heard() {
        let head = request.to_ascii_lowercase();
        assert!(!head.contains("authorization"), "{request}");
        assert!(!request.contains(TOKEN), "{request}");
    }
}

#[test]
fn another_api_needs_its_own_registry() {
    let shop = shop(BUILD, &[]);
    for (arguments, url) in [
        (&["deploy"][..], "https://api.example.com"),
        (&["deploy", "--force"], "https://api.heroku.com:8443"),
        (&["plan"], "https://api.example.com/heroku"),
    ] {
        let run = shop.launchway(arguments).api_url(Some(url)).run();
        run.exits(65)
            .says(&format!("is not configured for the API at {url}"))
            .says("set LAUNCHWAY_REGISTRY_URL=")
            .says("nothing was sent")
            .does_not_say("retrying")
            .does_not_say(TOKEN);
    }
    let run = shop.deploy().api_url(Some("https://api.example.com")).run();
    assert_ending!("registry_of_another_api", run);
    // Named by `.netrc` and deploy.yaml, that API gets the token, and Heroku's registry does not.
    let netrc = shop.root().join("netrc");
    fs::write(&netrc, format!("machine api.example.com password {TOKEN}\nmachine registry.heroku.com password {TOKEN}\n")).unwrap();
    let yaml = PIPELINE.replace(
        "platform: heroku",
        "platform: {kind: heroku, api_url: \"https://api.example.com\"}",
    );
    let shop = shop.yaml(&format!("{yaml}{BUILD}"));
    let run = shop
        .deploy()
        .api_url(None)
        .env("NETRC", netrc.to_str().unwrap())
        .run();
    run.exits(65).says("set LAUNCHWAY_REGISTRY_URL=");
    let hosts = shop
        .launchway(&["plan", "--hosts", "--offline"])
        .api_url(None);
    let hosts = hosts.output();
    let (rows, notes) = (
        String::from_utf8_lossy(&hosts.stdout).into_owned(),
        String::from_utf8_lossy(&hosts.stderr).into_owned(),
    );
    assert!(!rows.contains("registry"), "{rows}");
    assert!(
        notes.contains("registry of `build.images` is not configured"),
        "{notes}"
    );
}

#[test]
fn the_address_of_the_registry_is_checked_before_anything_is_asked() {
    let shop = shop(BUILD, &[]);
    for (value, said) in [
        ("http://registry.example.com", "is not https"),
        ("registry.example.com", "is not an address"),
        (
            "https://me:hunter2hunter2@registry.example.com",
            "more than a scheme and a host",
        ),
        (
            "https://registry.example.com/?key=hunter2hunter2",
            "more than a scheme and a host",
        ),
        (
            "https://registry.example.com/v2/",
            "more than a scheme and a host",
        ),
    ] {
        let run = shop.deploy().env(VARIABLE, value).run();
        run.exits(2)
            .says(VARIABLE)
            .says(said)
            .does_not_say("hunter2hunter2");
        assert!(run.requests.is_empty(), "{value}: {:?}", run.requests);
    }
}

#[test]
fn deploy_yaml_names_no_registry() {
    let other = elsewhere();
    let host = other.url.trim_start_matches("http://");
    let build = format!("build: {{images: {{web: \"docker://{host}/shop-staging/web\"}}}}\n");
    let shop = Shop::new().yaml(&format!("{PIPELINE}{build}"));
    let run = shop.deploy().args(&["--to", "staging"]).run();
    run.exits(65)
        .says("is in another registry")
        .changed_nothing();
    assert_eq!(other.connections(), 0);
}

#[test]
fn an_upload_on_another_host_gets_no_token() {
    for own_first in [false, true] {
        let other = elsewhere();
        // At once, or for the second part of it.
        let location = format!(
            "202 Accepted\r\nLocation: {}/upload?sig=0123456789abcdef01",
            other.url
        );
        let registry = registry(if own_first { "PATCH" } else { "POST" }, location);
        let shop = shop(BUILD, &[]);
        let run = shop.deploy().env(VARIABLE, &registry.url).run();
        // The sandbox has not got those images.
        run.exits(11).does_not_say("0123456789abcdef01");
        assert!(
            registry
                .heard()
                .iter()
                .all(|one| one.to_ascii_lowercase().contains(BASIC))
        );
        assert!(other.connections() > 0);
        has_no_token(&other);
    }
}

#[test]
fn a_redirect_of_the_registry_is_not_followed() {
    for status in ["302 Found", "307 Temporary Redirect"] {
        for method in ["GET", "HEAD", "POST", "PATCH", "PUT"] {
            let other = elsewhere();
            let answer = format!("{status}\r\nLocation: {}/v2/here", other.url);
            let registry = registry(method, answer);
            let shop = shop(BUILD, &[]);
            let run = shop.deploy().env(VARIABLE, &registry.url).run();
            // A 307 to a HEAD is the registry's own: the blob is there.
            let whole = (method, &status[..3]) == ("HEAD", "307");
            assert_eq!(
                run.code,
                if whole { 11 } else { 69 },
                "{status} {method}: {}",
                run.stderr
            );
            assert_eq!(other.connections(), 0, "{status} {method}");
        }
    }
}

#[test]
fn a_realm_on_another_host_gets_nothing() {
    let other = elsewhere();
    let challenge = format!(
        "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"{}/token\",service=\"registry.example.com\",scope=\"repository:shop-staging/web:pull\"",
        other.url
    );
    for method in ["GET", "HEAD", "POST", "PATCH", "PUT"] {
        let registry = registry(method, challenge.clone());
        let shop = shop(BUILD, &[]);
        let run = shop.deploy().env(VARIABLE, &registry.url).run();
        run.exits(77)
            .says("wants a token that 127.0.0.1 gives out")
            .says("nothing was released on shop-staging");
        assert_eq!(other.connections(), 0, "{method}");
        if method == "HEAD" {
            assert_ending!("registry_wants_a_token", run);
        }
        // It is no outage of what checks passwords.
        let refused = registry.heard();
        let refused = refused.iter().filter(|one| one.starts_with(method));
        assert_eq!(refused.count(), 1, "{method}");
    }
}

#[test]
fn an_upload_is_not_sent_as_somebody_else() {
    for own in [true, false] {
        let other = elsewhere();
        let host = other.url.trim_start_matches("http://").to_owned();
        let registry = Stub::asked(move |_, request| {
            let asked = request.lines().find_map(|line| line.strip_prefix("host: "));
            let to = if own { asked.unwrap() } else { host.as_str() };
            let answer = match request.split(' ').next() {
                Some("POST") => {
                    format!("202 Accepted\r\nLocation: http://me:hunter2hunter2@{to}/v2/upload")
                }
                _ => "404 Not Found".to_owned(),
            };
            format!("{answer}\r\nContent-Length: 0\r\n\r\n")
        });
        let shop = shop(BUILD, &[]);
        let run = shop.deploy().env(VARIABLE, &registry.url).run();
        run.exits(69)
            .says("it names no address that an upload could go to")
            .does_not_say("hunter2hunter2");
        assert!(!registry.heard().iter().any(|one| one.starts_with("PATCH")));
        assert_eq!(other.connections(), 0);
    }
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    // More than any manifest has, and nested deeper than any.
    for body in [
        "[".repeat(9 << 20),
        format!("{{\"config\": {}", "[".repeat(1 << 20)),
    ] {
        let registry = Stub::asked(move |_, request| {
            let (status, body) = match request.split(' ').next() {
                Some("GET") => ("200 OK", body.as_str()),
                Some("POST") => ("403 Forbidden", body.as_str()),
                _ => ("404 Not Found", ""),
            };
            format!("{status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        });
        let shop = shop(BUILD, &[]);
        let run = shop.deploy().env(VARIABLE, &registry.url).run();
        assert!([69, 77].contains(&run.code), "{}", run.stderr);
        assert!(run.stderr.len() < 10_000, "{}", run.stderr.len());
    }
}
