//! The annotations report of GitLab: links on the page of the job.

use serde_json::{Value, json};

use super::markdown::web;
use crate::{journal::record::Record, model::PLATFORMS};

/// GitLab shows them all; a person reads a few.
const MOST: usize = 40;

/// The report.
pub fn render(record: &Record) -> String {
    let about = PLATFORMS.iter().find(|about| about.name == record.platform);
    let is_public = |own: &&str| record.api_url.trim_end_matches('/') == *own;
    let pages = about.filter(|about| about.api_url.as_ref().is_some_and(is_public));
    let pages = pages.and_then(|about| about.build_page);
    let mut links: Vec<Value> = Vec::new();
    for (stage, app) in record
        .stages
        .iter()
        .flat_map(|stage| stage.apps.iter().map(move |app| (&stage.stage, app)))
    {
        if let Some(url) = app.web_url.as_deref().and_then(web) {
            links.push(external(&format!("{} ({stage})", app.app), &url));
        }
        if let Some((page, build)) = pages.zip(app.build.as_ref()) {
            let page = page.replace("APP", &app.app).replace("ID", &build.id);
            if let Some(url) = web(&page) {
                links.push(external(&format!("build of {}", app.app), &url));
            }
        }
    }
    links.truncate(MOST);
    format!("{:#}\n", json!({ "launchway": links }))
}

fn external(label: &str, url: &str) -> Value {
    let label: String = super::sanitize::text(label).chars().take(200).collect();
    json!({"external_link": {"label": label, "url": url}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn the_links_of_a_run() {
        insta::assert_snapshot!("links", render(&fixtures::happy().record));
    }
}
