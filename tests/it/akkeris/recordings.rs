//! Every recorded request, sent to the sandbox in its order: the answers must be the same but for ids and times.

use std::time::Instant;

use launchway::sandbox::{Pace, Sandbox, Spec, Surface};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;

use super::shape::{Names, differences};
use crate::support::{LONGEST, PAUSE};

const TOKEN: &str = "a-token-of-the-recordings";
/// The lists that the API gives in no order.
const UNORDERED: [&str; 1] = ["couplings-all"];

#[derive(Deserialize)]
struct Exchange {
    name: String,
    request: Asked,
    status: u16,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    path: String,
    headers: std::collections::BTreeMap<String, String>,
    body: Option<String>,
}

fn recordings() -> Vec<Exchange> {
    include_str!("../../fixtures/akkeris-recordings.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn sandbox() -> Sandbox {
    // What was recorded while a rollout was under way finds it so.
    let faults = [
        "target=fail:bad-prd",
        "target=never:quiet-prd",
        "release-phase=never:web-prd",
    ];
    Sandbox::start(Spec {
        surface: Surface::Akkeris,
        token: Some(TOKEN.to_owned()),
        faults: faults.map(|text| text.parse().unwrap()).into(),
        pace: Pace::instant(),
        ..Spec::default()
    })
    .await
    .unwrap()
}

struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

async fn ask(
    client: &reqwest::Client,
    sandbox: &Sandbox,
    names: &Names,
    exchange: &Exchange,
) -> Answer {
    let asked = &exchange.request;
    let url = format!("{}{}", sandbox.api_url(), names.translate(&asked.path));
    let method: Method = asked.method.parse().unwrap();
    let mut request = client.request(method, url);
    for (name, value) in &asked.headers {
        let value = match name.as_str() {
            "authorization" if exchange.name == "bad-token" => "Bearer wrong".to_owned(),
            "authorization" if exchange.name.ends_with("elevated") => {
                format!("Bearer {TOKEN}-elevated")
            }
            "authorization" => format!("Bearer {TOKEN}"),
            _ => value.clone(),
        };
        request = request.header(name, value);
    }
    if let Some(body) = &asked.body {
        let body = match exchange.name.as_str() {
            // The recording says only how large it was.
            "build-too-large-413" => format!("{{\"url\":\"data:base64,{}\"}}", "A".repeat(110_000)),
            _ => names.translate(body),
        };
        request = request.body(body);
    }
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.unwrap(),
    }
}

/// What is wrong with an answer. While something is under way only its shape is sure.
fn faults(names: &mut Names, exchange: &Exchange, answer: &Answer, under_way: bool) -> Vec<String> {
    let mut found = Vec::new();
    if answer.status != exchange.status {
        found.push(format!(
            "status {} instead of {}",
            answer.status, exchange.status
        ));
    }
    for name in [
        "content-type",
        "ratelimit-remaining",
        "content-security-policy",
        "x-content-type-options",
    ] {
        let ours = answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap());
        let theirs = exchange.headers.get(name).map(String::as_str);
        if ours != theirs {
            found.push(format!("{name} is {ours:?} instead of {theirs:?}"));
        }
    }
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (parsed(&exchange.body), parsed(&answer.body)) {
        (Some(mut theirs), Some(mut ours)) => {
            if UNORDERED.contains(&exchange.name.as_str()) {
                let key = |value: &Value| value["created_at"].to_string();
                for list in [&mut theirs, &mut ours] {
                    list.as_array_mut().unwrap().sort_by_key(key);
                }
            }
            let loosely = under_way || exchange.name.contains("result");
            found.extend(differences(names, &theirs, &ours, "", loosely));
            if !under_way {
                found.extend(words(&theirs, &ours));
            }
        }
        (None, None) if exchange.headers["content-type"].starts_with("text/html") => {
            // The rest of the page is a stack trace.
            let first = |page: &str| page.split("<br>").next().unwrap().to_owned();
            if !answer.body.starts_with("<!DOCTYPE html>")
                || exchange.status == 413 && first(&answer.body) != first(&exchange.body)
            {
                found.push(format!("another page: {}", first(&answer.body)));
            }
        }
        (None, None) => {
            let expected = names.translate(&exchange.body);
            if answer.body != expected {
                found.push(format!("says {:?} instead of {expected:?}", answer.body));
            }
        }
        _ => found.push(format!("one is JSON, the other not: {}", answer.body)),
    }
    found
}

/// Where the two say different things with the words that mean something.
fn words(theirs: &Value, ours: &Value) -> Vec<String> {
    let known = [
        "status",
        "state",
        "stage",
        "name",
        "context",
        "version",
        "current",
        "enabled",
        "description",
    ];
    let mut found = Vec::new();
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, theirs) in a {
                let Some(ours) = b.get(key) else { continue };
                let is_word = !theirs.is_object() && known.contains(&key.as_str());
                let rollback = theirs
                    .as_str()
                    .is_some_and(|text| text.starts_with("Rollback"));
                if is_word && theirs != ours && !rollback {
                    found.push(format!("{key} is {ours} instead of {theirs}"));
                }
                found.extend(words(theirs, ours));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            found.extend(
                a.iter()
                    .zip(b)
                    .flat_map(|(theirs, ours)| words(theirs, ours)),
            );
        }
        _ => {}
    }
    found
}

#[tokio::test]
async fn the_sandbox_answers_as_it_was_recorded() {
    let sandbox = sandbox().await;
    let client = reqwest::Client::new();
    let mut names = Names::default();
    let recordings = recordings();
    assert_eq!(recordings.len(), 128);
    let mut wrong = Vec::new();
    for (at, exchange) in recordings.iter().enumerate() {
        // Of a row of looks at something under way only what the last one saw is sure to come: it is waited for.
        let under_way = exchange.request.method == "GET"
            && exchange.status == 200
            && recordings[at + 1..].iter().take(4).any(|other| {
                other.request.method == "GET" && other.request.path == exchange.request.path
            });
        let began = Instant::now();
        let found = loop {
            let answer = ask(&client, &sandbox, &names, exchange).await;
            let found = faults(&mut names, exchange, &answer, under_way);
            let waits = exchange.request.method == "GET" && !under_way;
            if found.is_empty() || !waits || began.elapsed() > LONGEST {
                break found;
            }
            sleep(PAUSE).await;
        };
        if !found.is_empty() {
            wrong.push(format!("{at} {}: {}", exchange.name, found.join("; ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
