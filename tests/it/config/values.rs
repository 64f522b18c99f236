//! What a value may not be: wrong ones, and those that contradict each other.

use super::{assert_reports, with};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_values() {
    let status = |value: &str| with("status: 200", &format!("status: {value}"));
    let within = |value: &str| with("within: 2m", &format!("within: {value}"));
    let pipeline = |value: &str| with("pipeline: acme-shop", &format!("pipeline: {value}"));
    let version = |value: &str| with("stages:", &format!("source: {{version: {value}}}\nstages:"));
    let path = |value: &str| with("path: /health", &format!("path: {value}"));
    let app = |value: &str| with("acme-shop-staging", value);
    let platform = |value: &str| with("platform: heroku", &format!("platform: {value}"));
    assert_reports(
        "bad_values",
        &[
            ("version 2", &with("version: 1", "version: 2")),
            ("version as a text", &with("version: 1", "version: '1'")),
            ("version as a list", &with("version: 1", "version: [1]")),
            ("a commit that is a number", &version("1234567")),
            ("a commit that is a float", &version("1e10")),
            ("a version that is a boolean", &version("true")),
            ("a version that is a map", &version("{a: b}")),
            ("a text of two lines", &version("\"a\\nb\"")),
            ("a text with a control character", &version("\"a\\eb\"")),
            ("pipeline with a space", &pipeline("acme shop")),
            ("status as a text", &status("'200'")),
            ("status out of range", &status("99")),
            ("status as a float", &status("200.0")),
            ("status as a word", &status("ok")),
            ("duration without a unit", &within("90")),
            ("quoted duration without a unit", &within("'90'")),
            ("no duration", &within("soon")),
            ("negative duration", &within("-5m")),
            ("zero duration", &within("0s")),
            ("endless duration", &within("99999999h")),
            ("a duration that is a list", &within("[1m]")),
            ("path without a slash", &path("health")),
            ("path that is a host", &path("//evil.example")),
            ("path that is a URL", &path("https://example.com/")),
            ("app in capitals", &app("Acme-Shop")),
            ("app too short", &app("a")),
            ("app as a map", &app("{name: x}")),
            (
                "apps as a text",
                &with("[acme-shop-eu, acme-shop-us]", "acme-shop-eu"),
            ),
            ("no apps", &with("[acme-shop-eu, acme-shop-us]", "[]")),
            (
                "stage with a space",
                &with("stage: production", "stage: pro duction"),
            ),
            ("no stages", "version: 1\nplatform: heroku\nstages: []\n"),
            (
                "stages as a map",
                "version: 1\nplatform: heroku\nstages: {staging: acme-shop}\n",
            ),
            ("unknown platform", &platform("herku")),
            ("platform as a list", &platform("[heroku]")),
            (
                "api_url in the clear",
                &platform("{kind: heroku, api_url: http://example.com}"),
            ),
            (
                "api_url with a password",
                &platform("{kind: heroku, api_url: 'https://me:s3cr3t@example.com'}"),
            ),
            (
                "api_url that is no URL",
                &platform("{kind: heroku, api_url: example.com}"),
            ),
            (
                "url of another kind",
                &with("path: /health", "url: ftp://example.com/"),
            ),
            (
                "bad pattern",
                &with(
                    "stages:",
                    "source: {exclude: ['a{b', '[b', 'docs/', './c', '#x', ' '], include: 'dist'}\nstages:",
                ),
            ),
            (
                "buildpack list in a text",
                &with(
                    "stages:",
                    "build: {buildpacks: [heroku/nodejs heroku/go]}\nstages:",
                ),
            ),
            (
                "on_failure",
                &with(
                    "    app: acme-shop-staging",
                    "    app: acme-shop-staging\n    on_failure: stopp",
                ),
            ),
            ("empty command", &with("run: npm run smoke", "run: ' '")),
            (
                "verify as a map",
                &with("    apps:", "    verify: {http: /}\n    apps:"),
            ),
            (
                "http as a list",
                &with("{path: /health, status: 200, within: 2m}", "[/health]"),
            ),
        ],
    );
}

#[test]
fn bad_requests() {
    let request = |value: &str| {
        let http = format!("{{path: /health, request: {value}}}");
        with("{path: /health, status: 200, within: 2m}", &http)
    };
    let headers = |value: &str| request(&format!("{{headers: {value}}}"));
    assert_reports(
        "bad_requests",
        &[
            ("a method with a space", &request("{method: GET IT}")),
            ("a method that no check has", &request("{method: trace}")),
            ("no headers", &headers("{}")),
            (
                "a header that is the client's own",
                &headers("{Host: evil.example, x-a: b}"),
            ),
            (
                "a hop-by-hop header",
                &headers("{transfer-encoding: chunked}"),
            ),
            ("no header's name", &headers("{'x a': b}")),
            ("one header twice", &headers("{x-key: a, X-Key: b}")),
            (
                "a header's value on two lines",
                &headers("{authorization: \"${SECRET_VALUE}\\nx: y\"}"),
            ),
            (
                "a header that is a number",
                &headers("{x-api-key: 12345678}"),
            ),
            (
                "the platform's token",
                &headers("{authorization: \"Bearer ${HEROKU_API_KEY}\"}"),
            ),
            (
                "the platform's token by another name",
                &request("{body: \"${ALIAS}\"}"),
            ),
            ("a body that is a map", &request("{body: {a: b}}")),
            ("an unknown key", &request("{header: {a: b}}")),
            (
                "a body in the answer to HEAD",
                &request("{method: HEAD}, body: ok"),
            ),
        ],
    );
}

#[test]
fn bad_looks_at_dynos() {
    let dynos = |value: &str| {
        let http = "http: {path: /health, status: 200, within: 2m}";
        with(http, &format!("dynos: {value}"))
    };
    let on_akkeris = "version: 1\nplatform: {kind: akkeris, api_url: https://apps.example.com}\nstages:\n  \
                      - {stage: staging, app: web-dev, verify: [{dynos: up}]}\n";
    assert_reports(
        "bad_looks_at_dynos",
        &[
            ("another state", &dynos("down")),
            ("a list", &dynos("[up]")),
            ("no state", &dynos("{within: 1m}")),
            (
                "a time inside and beside",
                &dynos("{state: up, within: 1m}\n        within: 2m"),
            ),
            ("a soak that is too short", &dynos("{state: up, soak: 1s}")),
            ("a timeout", &dynos("up\n        timeout: 1m")),
            ("a request, too", &dynos("up\n        http: /health")),
            ("a command, too", &dynos("up\n        run: ./smoke")),
            ("on a platform that does not tell", on_akkeris),
        ],
    );
}

#[test]
fn bad_builds() {
    assert_reports(
        "bad_builds",
        &[
            (
                "a slug with what it has no use for",
                "version: 1\nplatform: heroku\nsource: {url: \"https://a.example.com/x.tgz\"}\nbuild: {slug: out/slug.tgz, buildpacks: [a/b]}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "the id of a slug with process types",
                "version: 1\nplatform: heroku\nbuild: {slug: 01234567-89ab-cdef-0123-456789abcdef, process_types: {web: x}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "process types without a slug",
                "version: 1\nplatform: heroku\nbuild: {process_types: {\"web app\": x}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "a slug on akkeris",
                "version: 1\nplatform: akkeris\nbuild: {slug: out/slug.tgz, process_types: {web: \" \"}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "images with what they have no use for",
                "version: 1\nplatform: heroku\nsource: {exclude: [docs/], version: v1}\nbuild: {images: {web: \"docker-archive:web.tar\"}, timeout: 5m, buildpacks: [a/b], slug: a.tgz}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "images that are none",
                "version: 1\nplatform: heroku\nbuild: {images: {web: web.tar, \"a b\": \"oci:x\", worker: \"docker-daemon:worker:1\"}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "images on akkeris",
                "version: 1\nplatform: {kind: akkeris, api_url: \"https://a.example.com\"}\nbuild: {images: {web: \"oci:web\"}}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "an image on heroku",
                "version: 1\nplatform: heroku\nbuild: {image: \"docker://r.example.com/shop:1\"}\nstages: [{stage: a, app: shop-a}]\n",
            ),
            (
                "shred on akkeris, and of what is hosted already",
                "version: 1\nplatform: akkeris\nsource: {shred: true, url: \"https://files.example.com/shop.tgz\"}\nstages: [{stage: a, app: shop-a}]\n",
            ),
        ],
    );
}

#[test]
fn bad_rules() {
    let http = |value: &str| with("{path: /health, status: 200, within: 2m}", value);
    let stages = |value: &str| format!("version: 1\nplatform: heroku\nstages:\n{value}");
    assert_reports(
        "bad_rules",
        &[
            (
                "two stages of one name",
                &stages("  - {stage: a, app: shop-a}\n  - {stage: a, app: shop-b}\n"),
            ),
            (
                "one app twice",
                &stages(
                    "  - {stage: a, app: shop-a}\n  - {stage: b, apps: [shop-b, shop-a, shop-b]}\n",
                ),
            ),
            (
                "approval by nobody",
                &stages(
                    "  - {stage: a, app: shop-a, approval: promt}\n  - {stage: b, app: shop-b, approval: [prompt]}\n",
                ),
            ),
            (
                "approval by one of two",
                &stages(
                    "  - {stage: a, app: shop-a, approval: {within: 1h}}\n  \
                     - {stage: b, app: shop-b, approval: {prompt: true, http: \"https://a.example.com\"}}\n  \
                     - {stage: c, app: shop-c, approval: {prompt: false, every: 5s}}\n",
                ),
            ),
            ("no app", &stages("  - {stage: a}\n")),
            (
                "app and apps",
                &stages("  - {stage: a, app: shop-a, apps: [shop-b]}\n"),
            ),
            (
                "two apps in the first stage",
                &stages("  - {stage: a, apps: [shop-a, shop-b]}\n"),
            ),
            (
                "no stage of a pipeline",
                &with("stage: production", "stage: prod"),
            ),
            (
                "against the pipeline's order",
                "version: 1\nplatform: heroku\npipeline: acme\nstages:\n  - {stage: production, app: shop-a}\n  - {stage: staging, app: shop-b}\n  - {stage: development, app: shop-c}\n",
            ),
            ("an empty check", &http("/\n      - {}")),
            (
                "http and run in one check",
                &with("run: npm run smoke", "run: npm run smoke\n        http: /"),
            ),
            ("timeout for http", &http("/\n        timeout: 5s")),
            (
                "within for run",
                &with("timeout: 5m", "within: 5m\n        every: 1s"),
            ),
            ("path and url", &http("{path: /, url: https://example.com}")),
            ("neither path nor url", &http("{status: 200}")),
            (
                "within twice",
                &http("{path: /, within: 1m}\n        within: 2m"),
            ),
            (
                "every longer than within",
                &http("{path: /, within: 10s, every: 1m}"),
            ),
            (
                "every longer than the default within",
                &http("/\n        every: 5m"),
            ),
            (
                "more successes than time",
                &http("{path: /, within: 10s, every: 5s, successes: 4}"),
            ),
            (
                "everything at once",
                "version: 2\nplatfrom: heroku\npipeline: ${NO_SUCH}\nsource:\n  dir: ${ALSO_NOT}\n  exclude: docs\nstages:\n  - stage: a\n    app: Shop\n    verify:\n      - http: {path: health, within: 90, status: 1000}\n      - run: [make, test]\n  - stage: a\n    apps: [shop-a, shop-a]\n    apps: []\n",
            ),
        ],
    );
}
