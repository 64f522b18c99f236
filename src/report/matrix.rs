//! The stages' apps as the matrix of a CI system: one job for each app, or for some apps where there are more than the
//! system has jobs. Both forms are JSON, which is YAML, too: nothing in a name can be taken for anything else.

use serde_json::{Map, Value, json};

use super::dotenv::release_of;

/// The most jobs of a matrix: GitHub's limit.
pub const MOST_JOBS: usize = 256;

/// A job: it promotes to some apps of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// The stage.
    pub stage: &'a str,
    /// The stage before it.
    pub before: &'a str,
    /// The apps, at least one.
    pub apps: &'a [String],
}

/// A stage that is promoted to.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name of the stage before it.
    pub before: &'a str,
    /// Its apps.
    pub apps: &'a [String],
}

/// The jobs of these stages: as many as there are apps, or else as few apps in each as `most` jobs allow.
pub fn jobs<'a>(stages: &[Stage<'a>], most: usize) -> Vec<Job<'a>> {
    let count = |size: usize| -> usize {
        let stages = stages.iter();
        stages.map(|stage| stage.apps.len().div_ceil(size)).sum()
    };
    let largest = stages.iter().map(|stage| stage.apps.len()).max();
    let size = (1..=largest.unwrap_or(1)).find(|size| count(*size) <= most);
    let size = size.or(largest).unwrap_or(1).max(1);
    stages
        .iter()
        .flat_map(|stage| {
            stage.apps.chunks(size).map(|apps| Job {
                stage: stage.name,
                before: stage.before,
                apps,
            })
        })
        .collect()
}

/// The matrix of GitHub Actions, in one line: for `strategy: {matrix: ${{ fromJSON(…) }}}`.
pub fn github(jobs: &[Job<'_>]) -> String {
    let include: Vec<Value> = jobs
        .iter()
        .map(|job| json!({"stage": job.stage, "app": job.apps.join(",")}))
        .collect();
    format!("{}\n", json!({"include": include}))
}

/// A child pipeline of GitLab: its stages follow each other, and the jobs of each run side by side.
pub fn gitlab(jobs: &[Job<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut pipeline = Map::new();
    let hook = json!({
        "interruptible": false,
        "retry": {"max": 2, "exit_codes": [69, 75]},
    });
    pipeline.insert(".launchway".to_owned(), hook);
    for job in jobs {
        let base = format!(".launchway {}", job.stage);
        if !names.contains(&job.stage) {
            names.push(job.stage);
            let script = format!(
                "launchway promote --to \"$LAUNCHWAY_STAGE\" --app \"$LAUNCHWAY_APP\" ${{{0}:+--release \"${0}\"}}",
                release_of(job.before)
            );
            let stage = json!({
                "extends": ".launchway",
                "stage": job.stage,
                "variables": {"LAUNCHWAY_STAGE": job.stage},
                "script": [script],
            });
            pipeline.insert(base.clone(), stage);
        }
        let more = match job.apps.len() {
            0 | 1 => String::new(),
            apps => format!(" and {} more", apps - 1),
        };
        let name = format!(
            "{}: {}{more}",
            job.stage,
            job.apps.first().map_or("", String::as_str)
        );
        let of_app = json!({
            "extends": base,
            "variables": {"LAUNCHWAY_APP": job.apps.join(",")},
        });
        pipeline.insert(name, of_app);
    }
    pipeline.insert("stages".to_owned(), json!(names));
    format!("{:#}\n", Value::Object(pipeline))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps(count: usize) -> Vec<String> {
        (1..=count).map(|at| format!("shop-{at}")).collect()
    }

    #[test]
    fn there_are_never_more_jobs_than_the_system_has() {
        for (counts, most, jobs_of_one, expected) in [
            (&[2, 3][..], 256, true, 5),
            (&[256], 256, true, 256),
            (&[257], 256, false, 129),
            (&[1, 300], 256, false, 151),
            (&[5000], 256, false, 250),
            (&[1, 1, 1], 2, true, 3),
            (&[], 256, true, 0),
        ] {
            let apps: Vec<Vec<String>> = counts.iter().map(|count| apps(*count)).collect();
            let stages: Vec<Stage<'_>> = apps
                .iter()
                .map(|apps| Stage {
                    name: "production",
                    before: "staging",
                    apps,
                })
                .collect();
            let jobs = jobs(&stages, most);
            assert_eq!(jobs.len(), expected, "{counts:?}");
            assert_eq!(jobs.iter().all(|job| job.apps.len() == 1), jobs_of_one);
            let all: usize = jobs.iter().map(|job| job.apps.len()).sum();
            assert_eq!(all, counts.iter().sum::<usize>());
        }
    }

    #[test]
    fn both_systems_read_json() {
        let (canary, all) = (apps(1), apps(3));
        let stages = [
            Stage {
                name: "canary",
                before: "staging",
                apps: &canary,
            },
            Stage {
                name: "production",
                before: "canary",
                apps: &all,
            },
        ];
        let jobs = jobs(&stages, 3);
        assert_eq!(
            github(&jobs),
            "{\"include\":[{\"app\":\"shop-1\",\"stage\":\"canary\"},{\"app\":\"shop-1,shop-2\",\"stage\":\"production\"},\
             {\"app\":\"shop-3\",\"stage\":\"production\"}]}\n"
        );
        insta::assert_snapshot!("gitlab_matrix", gitlab(&jobs));
    }
}
