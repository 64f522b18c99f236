//! Faults of requests: how they change an answer.

use std::future::{Future, pending};

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::sleep;

use super::answer::{typed, xml};
use super::ids::epoch;
use super::platform::Platform;
use super::socket::{Plan, Switch};
use crate::sandbox::fault::{Damage, HttpEffect, RetryAfter};
use crate::sandbox::log::Origin;

/// The page that stands before an app that does not answer.
const ERROR_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Application Error</title></head>\n\
<body><h1>Application error</h1><p>An error occurred in the application.</p></body></html>\n";

/// The page of a single sign-on before an app.
const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n\
<body><form action=\"/login\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>\n";

/// The answer to a request on which a fault strikes, or which none does. `None`: the connection breaks instead.
pub(in crate::sandbox) async fn answer(
    platform: &dyn Platform,
    origin: Origin,
    switch: &Switch,
    effect: Option<HttpEffect>,
    answer: impl Future<Output = Response>,
) -> Option<Response> {
    let used = switch.is_used();
    if switch.is_down() {
        switch.set(Plan::Reset);
        return None;
    }
    switch.set(Plan::Send);
    let Some(effect) = effect else {
        return Some(answer.await);
    };
    Some(match effect {
        HttpEffect::Status {
            code,
            retry_after,
            html,
            after,
            word,
        } => {
            if after {
                drop(answer.await);
            }
            let word = word.as_deref();
            refused(platform, origin, code, word, retry_after, html)
        }
        HttpEffect::Reset { after } => {
            if after {
                drop(answer.await);
            }
            switch.set(Plan::Reset);
            return None;
        }
        HttpEffect::Stale if !used => answer.await,
        HttpEffect::Stale => {
            switch.set(Plan::Reset);
            return None;
        }
        HttpEffect::Down(time) => {
            switch.down(time);
            switch.set(Plan::Reset);
            return None;
        }
        HttpEffect::ResetInHead => {
            let answer = answer.await;
            switch.set(Plan::ResetInHead);
            answer
        }
        HttpEffect::ResetInBody => {
            let answer = answer.await;
            switch.set(Plan::ResetInBody);
            answer
        }
        HttpEffect::Hang => pending().await,
        HttpEffect::Html => typed(
            StatusCode::OK,
            "text/html; charset=utf-8",
            ERROR_PAGE.to_owned(),
        ),
        HttpEffect::Login => typed(
            StatusCode::OK,
            "text/html; charset=utf-8",
            LOGIN_PAGE.to_owned(),
        ),
        HttpEffect::InvalidJson => change(answer.await, |text| format!("{{\"id\": {text}")).await,
        HttpEffect::Truncated => {
            change(answer.await, |text| {
                text.chars().take(text.len() / 2).collect()
            })
            .await
        }
        HttpEffect::UnknownEnum => change(answer.await, unknown_words).await,
        HttpEffect::Fields(damage, field) => {
            change(answer.await, |text| damaged(text, damage, field.as_deref())).await
        }
        HttpEffect::Redirect => {
            let place = format!("{}/elsewhere", platform.host().urls.web);
            (StatusCode::FOUND, [(LOCATION, place)]).into_response()
        }
        HttpEffect::Drip(pause) => {
            let answer = answer.await;
            switch.set(Plan::Drip(pause));
            answer
        }
        HttpEffect::Delay { time, after: false } => {
            sleep(time).await;
            answer.await
        }
        HttpEffect::Delay { time, after: true } => {
            let answer = answer.await;
            sleep(time).await;
            answer
        }
    })
}

/// An answer with another status, in the manner of the host.
fn refused(
    platform: &dyn Platform,
    origin: Origin,
    code: u16,
    word: Option<&str>,
    retry_after: Option<RetryAfter>,
    html: bool,
) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match origin {
        _ if html => typed(status, "text/html; charset=utf-8", ERROR_PAGE.to_owned()),
        Origin::Api => platform.refused(status, word),
        Origin::Upload => xml(
            status,
            word.unwrap_or("AccessDenied"),
            "The sandbox was told to refuse this.",
        ),
        Origin::Stream if code == 404 => (status, "Channel is not registered.\n").into_response(),
        Origin::Stream | Origin::Web => {
            (status, format!("The sandbox was told to answer {code}.\n")).into_response()
        }
    };
    let value = retry_after.and_then(|delay| HeaderValue::from_str(&delay.text()).ok());
    if let Some(value) = value {
        response.headers_mut().insert("retry-after", value);
    }
    response
}

impl RetryAfter {
    fn text(self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Epoch(seconds) => (epoch() + i64::from(seconds)).to_string(),
            Self::Date(seconds) => Timestamp::from_second(epoch() + i64::from(seconds))
                .unwrap_or_default()
                .strftime("%a, %d %b %Y %H:%M:%S GMT")
                .to_string(),
        }
    }
}

/// The same answer with another body.
async fn change(response: Response, with: impl FnOnce(&str) -> String) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    let text = with(&String::from_utf8_lossy(&bytes));
    Response::from_parts(parts, Body::from(text))
}

/// Replaces the word behind every `status`.
fn unknown_words(text: &str) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "status" {
                        *field = Value::from("postponed");
                    } else {
                        walk(field);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            walk(&mut value);
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// The same JSON with a field damaged wherever it stands, or with all fields of its objects.
fn damaged(text: &str, damage: Damage, field: Option<&str>) -> String {
    fn of_another_type(value: &Value) -> Value {
        match value {
            Value::String(_) | Value::Null => Value::from(7),
            _ => Value::from("seven"),
        }
    }
    fn walk(value: &mut Value, damage: Damage, field: Option<&str>) {
        match value {
            Value::Object(fields) => {
                let hit = |name: &str| field.is_none_or(|wanted| wanted == name);
                if damage == Damage::Missing {
                    fields.retain(|name, _| !hit(name));
                }
                for (name, value) in fields {
                    match damage {
                        Damage::WrongType if hit(name) => *value = of_another_type(value),
                        Damage::Null if hit(name) => *value = Value::Null,
                        _ => walk(value, damage, field),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, damage, field)),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            walk(&mut value, damage, field);
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_damaged_wherever_they_stand() {
        let text = r#"[{"id":"a","app":{"id":"b","n":1},"list":[{"id":null}]}]"#;
        for (damage, field, expected) in [
            (
                Damage::Missing,
                Some("id"),
                r#"[{"app":{"n":1},"list":[{}]}]"#,
            ),
            (
                Damage::Null,
                Some("id"),
                r#"[{"app":{"id":null,"n":1},"id":null,"list":[{"id":null}]}]"#,
            ),
            (
                Damage::WrongType,
                None,
                r#"[{"app":"seven","id":7,"list":"seven"}]"#,
            ),
        ] {
            let wanted: Value = serde_json::from_str(expected).unwrap();
            let found: Value = serde_json::from_str(&damaged(text, damage, field)).unwrap();
            assert_eq!(found, wanted, "{damage:?}");
        }
    }
}
