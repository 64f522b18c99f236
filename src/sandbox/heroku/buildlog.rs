//! What a build writes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::buildpack::{self, Detected};
use super::entity::SourceBlob;
use super::tarball::Contents;
use crate::sandbox::host::additions::Pieces;

/// The first lines of every build.
pub(super) fn opening(source: &SourceBlob) -> Pieces {
    let version = source.version.as_deref().filter(|text| !text.is_empty());
    lines(&[
        "-----> Building on the Heroku-24 stack (simulated by the sandbox)",
        &format!("       Source version: {}", version.unwrap_or("none given")),
    ])
}

/// All that a build says that fails on purpose. The form is that of heroku/heroku-buildpack-ruby#1146.
pub(super) fn notice() -> Pieces {
    lines(&[
        "",
        " !   Your app is using the Heroku-22 stack, which is deprecated (simulated by the sandbox).",
        " !",
        " !   THIS IS A ONE-OFF NOTICE. THE NEXT DEPLOY WILL FUNCTION WITHOUT INTERRUPTION.",
        " !",
        " !   The next warning of this kind will occur in: 30 day(s).",
        "",
    ])
}

/// The middle of a build that could read its source.
pub(super) fn body(
    source: &SourceBlob,
    packed: usize,
    contents: &Contents,
    buildpacks: Option<&[Value]>,
    process_types: &BTreeMap<String, String>,
) -> Pieces {
    let detected = buildpack::detect(&contents.top);
    let checksum = match &source.checksum {
        Some(checksum) => format!("       Verified {checksum}"),
        None => "       No checksum was given".to_owned(),
    };
    let links = match contents.links {
        0 => String::new(),
        n => format!(" and {n} links"),
    };
    let mut text = vec![
        "-----> Reading the source".to_owned(),
        format!(
            "       {} files{links}, {} packed, {} unpacked",
            contents.files,
            size(packed as u64),
            size(contents.bytes)
        ),
        checksum,
    ];
    text.extend(buildpack_lines(detected, buildpacks));
    let names: Vec<&str> = process_types.keys().map(String::as_str).collect();
    let from = if contents.process_types.is_empty() {
        "Default types for buildpack"
    } else {
        "Procfile declares types"
    };
    text.extend([
        "-----> Discovering process types".to_owned(),
        format!("       {from} -> {}", names.join(", ")),
        "-----> Compressing...".to_owned(),
        format!("       Done: {}", size(packed as u64)),
        "-----> Launching...".to_owned(),
    ]);
    lines(&text)
}

fn buildpack_lines(detected: Detected, buildpacks: Option<&[Value]>) -> Vec<String> {
    let requested: Vec<&str> = buildpacks
        .unwrap_or_default()
        .iter()
        .filter_map(|one| one["name"].as_str().or(one["url"].as_str()))
        .collect();
    let mut text: Vec<String> = requested
        .iter()
        .map(|name| format!("-----> Using buildpack: {name}"))
        .collect();
    text.push(match detected.file {
        Some(file) => format!("-----> {} app detected ({file})", detected.name),
        None => "-----> No language detected, going on with a generic app".to_owned(),
    });
    text
}

/// The end of a build that failed.
pub(super) fn failure(reason: &str) -> Pieces {
    lines(&[
        "",
        &format!(" !     {reason}"),
        " !     Push rejected, failed to compile the app.",
        "",
    ])
}

fn lines<T: AsRef<str>>(lines: &[T]) -> Pieces {
    lines
        .iter()
        .map(|line| format!("{}\n", line.as_ref()).into_bytes())
        .collect()
}

/// A size for people.
fn size(bytes: u64) -> String {
    let units = [(1_000_000, "MB"), (1000, "kB")];
    for (unit, name) in units {
        if bytes >= unit {
            return format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1500), "1.5 kB");
        assert_eq!(size(12_345_678), "12.3 MB");
    }
}
