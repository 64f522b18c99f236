//! Paging of lists with `Range`, 206 and `Next-Range`.

use std::cmp::Ordering;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::answer::{Refusal, ok, with_status};

const DEFAULT_MAX: usize = 200;
const LARGEST_MAX: usize = 1000;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    attribute: String,
    start: Option<Bound>,
    end: Option<String>,
    max: usize,
    descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    value: String,
    exclusive: bool,
}

/// Answers a list, or the page of it that the `Range` header asks for. `attributes` are those that the list can be
/// ordered by, the default first; `limit` makes every page at most that long.
pub(super) fn list(
    headers: &HeaderMap,
    attributes: &[&str],
    limit: Option<usize>,
    mut items: Vec<Value>,
) -> Result<Response, Refusal> {
    let default = attributes.first().copied().unwrap_or("id");
    let mut wanted = match headers.get("range") {
        None => Wanted::all(default),
        Some(text) => text
            .to_str()
            .ok()
            .and_then(|text| parse(text, default))
            .filter(|wanted| attributes.contains(&wanted.attribute.as_str()))
            .ok_or_else(unreadable)?,
    };
    wanted.max = wanted.max.min(limit.unwrap_or(LARGEST_MAX));
    items.sort_by(|a, b| compare(&key(a, &wanted.attribute), &key(b, &wanted.attribute)));
    if wanted.descending {
        items.reverse();
    }
    items.retain(|item| wanted.includes(&key(item, &wanted.attribute)));
    let more = items.len() > wanted.max;
    items.truncate(wanted.max);
    let ends = items
        .first()
        .zip(items.last())
        .map(|(first, last)| (key(first, &wanted.attribute), key(last, &wanted.attribute)));
    let body = Value::Array(items);
    let mut response = if more {
        with_status(StatusCode::PARTIAL_CONTENT, &body)
    } else {
        ok(&body)
    };
    let mut header = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    };
    header("accept-ranges", attributes.join(", "));
    if let Some((first, last)) = ends {
        header(
            "content-range",
            format!("{} {first}..{last}", wanted.attribute),
        );
        if more {
            header("next-range", wanted.next(&last));
        }
    }
    Ok(response)
}

impl Wanted {
    fn all(attribute: &str) -> Self {
        Self {
            attribute: attribute.to_owned(),
            start: None,
            end: None,
            max: DEFAULT_MAX,
            descending: false,
        }
    }

    fn includes(&self, key: &str) -> bool {
        let forward = |ordering: Ordering| {
            if self.descending {
                ordering.reverse()
            } else {
                ordering
            }
        };
        let after_start = self.start.as_ref().is_none_or(|start| {
            let ordering = forward(compare(key, &start.value));
            ordering == Ordering::Greater || (ordering == Ordering::Equal && !start.exclusive)
        });
        let before_end = self
            .end
            .as_ref()
            .is_none_or(|end| forward(compare(key, end)) != Ordering::Greater);
        after_start && before_end
    }

    fn next(&self, last: &str) -> String {
        let end = self.end.as_deref().unwrap_or_default();
        let order = if self.descending { ", order=desc" } else { "" };
        format!("{} ]{last}..{end}; max={}{order}", self.attribute, self.max)
    }
}

/// Reads `attribute [[]]first..[last][; max=N[, order=desc]][;]`.
fn parse(text: &str, default: &str) -> Option<Wanted> {
    let text = text.trim().trim_end_matches(';');
    let (range, options) = text.split_once(';').unwrap_or((text, ""));
    let mut wanted = Wanted::all(default);
    let range = range.trim();
    let (attribute, bounds) = range.split_once(' ').unwrap_or((range, ".."));
    attribute.clone_into(&mut wanted.attribute);
    let (start, end) = bounds.trim().split_once("..")?;
    if !start.is_empty() {
        let exclusive = start.starts_with(']');
        let value = start.trim_start_matches([']', '[']).to_owned();
        wanted.start = Some(Bound { value, exclusive });
    }
    wanted.end = Some(end.trim_end_matches(['[', ']']).to_owned()).filter(|end| !end.is_empty());
    for option in options
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
    {
        match option.split_once('=')? {
            ("max", number) => {
                wanted.max = number
                    .parse()
                    .ok()
                    .filter(|max| (1..=LARGEST_MAX).contains(max))?;
            }
            ("order", "asc") => wanted.descending = false,
            ("order", "desc") => wanted.descending = true,
            _ => return None,
        }
    }
    Some(wanted)
}

fn key(item: &Value, attribute: &str) -> String {
    let attribute = if attribute == "started_at" {
        "created_at"
    } else {
        attribute
    };
    match &item[attribute] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Numbers by value, everything else by its text.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

fn unreadable() -> Refusal {
    Refusal::bad("Invalid `Range` header. Please use format like `id ..; max=10, order=desc`.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::RANGE;
    use serde_json::json;

    fn page(range: Option<&str>) -> Result<(u16, Vec<u64>, Option<String>), Refusal> {
        let mut headers = HeaderMap::new();
        if let Some(range) = range {
            headers.insert(RANGE, range.parse().unwrap());
        }
        let items: Vec<Value> = (1..=12).map(|n| json!({"version": n})).collect();
        let response = list(&headers, &["version", "id"], None, items)?;
        let next = response
            .headers()
            .get("next-range")
            .map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = futures_util::FutureExt::now_or_never(axum::body::to_bytes(
            response.into_body(),
            usize::MAX,
        ))
        .unwrap()
        .unwrap();
        let items: Vec<Value> = serde_json::from_slice(&body).unwrap();
        let versions = items
            .iter()
            .map(|item| item["version"].as_u64().unwrap())
            .collect();
        Ok((status, versions, next))
    }

    #[test]
    fn without_a_range_everything_comes_in_ascending_order() {
        assert_eq!(page(None).unwrap(), (200, (1..=12).collect(), None));
    }

    #[test]
    fn a_page_says_where_the_next_one_starts() {
        let (status, versions, next) = page(Some("version ..; max=5, order=desc")).unwrap();
        assert_eq!((status, versions), (206, vec![12, 11, 10, 9, 8]));
        assert_eq!(next.as_deref(), Some("version ]8..; max=5, order=desc"));
        let (_, versions, next) = page(next.as_deref()).unwrap();
        assert_eq!(versions, [7, 6, 5, 4, 3]);
        let (status, versions, next) = page(next.as_deref()).unwrap();
        assert_eq!((status, versions, next), (200, vec![2, 1], None));
    }

    #[test]
    fn the_forms_that_real_clients_send_are_read() {
        assert_eq!(
            page(Some("version ..; order=desc,max=2;")).unwrap().1,
            [12, 11]
        );
        assert_eq!(page(Some("version ..; max=1000;")).unwrap().0, 200);
        assert_eq!(page(Some("version 3..5")).unwrap().1, [3, 4, 5]);
    }

    #[test]
    fn anything_else_is_refused() {
        for range in [
            "version ..; max=10; order=desc",
            "bytes=0-",
            "shoe ..",
            "version ..; max=0",
            "version ..; max=many",
        ] {
            assert!(page(Some(range)).is_err(), "{range}");
        }
    }
}
