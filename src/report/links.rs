//! The annotations report of GitLab: links on the page of the job.

use serde_json::{Value, json};

use super::markdown::web;
use crate::record::Record;

/// GitLab shows them all; a person reads a few.
const MOST: usize = 40;

/// The report.
pub fn render(record: &Record) -> String {
    let dashboard = record.platform == "heroku" && record.api_url.contains("//api.heroku.com");
    let mut links: Vec<Value> = Vec::new();
    for (stage, app) in record
        .stages
        .iter()
        .flat_map(|stage| stage.apps.iter().map(move |app| (&stage.stage, app)))
    {
        if let Some(url) = app.web_url.as_deref().and_then(web) {
            links.push(external(&format!("{} ({stage})", app.app), &url));
        }
        if let Some(build) = app.build.as_ref().filter(|_| dashboard) {
            let page = format!(
                "https://dashboard.heroku.com/apps/{}/activity/builds/{}",
                app.app, build.id
            );
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
