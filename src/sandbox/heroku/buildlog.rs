//! What a build writes.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;

use super::buildpack::{self, Detected};
use super::entity::SourceBlob;
use super::tarball::Contents;
use crate::sandbox::fault::Effect;

/// The log of a build, in the pieces in which it is written.
pub(in crate::sandbox) type Pieces = Vec<Vec<u8>>;

/// The first lines of every build.
pub(super) fn opening(source: &SourceBlob) -> Pieces {
    let version = source.version.as_deref().filter(|text| !text.is_empty());
    lines(&[
        "-----> Building on the Heroku-24 stack (simulated by the sandbox)",
        &format!("       Source version: {}", version.unwrap_or("none given")),
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

/// What a fault adds to the log.
pub(in crate::sandbox) fn additions(effects: &[Effect]) -> Pieces {
    effects
        .iter()
        .flat_map(|effect| match effect {
            Effect::LogHostile => HOSTILE.iter().map(|piece| piece.to_vec()).collect(),
            Effect::LogFlood(n) => flood(*n),
            // One byte a piece: characters of several bytes arrive in parts.
            Effect::LogSplit => "       größer – naïve ✓\n"
                .bytes()
                .map(|byte| vec![byte])
                .collect(),
            _ => Pieces::new(),
        })
        .collect()
}

/// Text that tries to drive the terminal, the CI system or whoever reads lines.
const HOSTILE: [&[u8]; 9] = [
    b"::set-output name=token::stolen\n",
    b"::error file=app.js,line=1::not from launchway\n",
    b"##[group]open\n::stop-commands::pause\n",
    b"section_start:0:evil[collapsed=true]\r\x1b[0Kfake section\n",
    b"\x1b]0;owned\x07\x1b[2J\x1b[31mred without end\n",
    b"downloading 10%\rdownloading 50%\rdownloading 100%\n",
    b"not UTF-8: \xff\xfe\xc3\n",
    b"\0glued\0to heartbeats\0\n",
    b"\xe2\x80\xaereversed\xe2\x80\xac and \xc2\x9b31m eight-bit\n",
];

fn flood(count: u32) -> Pieces {
    // In pieces of a hundred lines, and a hundred pieces at most: a flood is a matter of amount, not of time.
    let size = count.div_ceil(100).max(100);
    (1..=count)
        .step_by(size as usize)
        .map(|first| {
            let mut piece = Vec::new();
            for n in first..=count.min(first.saturating_add(size - 1)) {
                // Writing to a vector can't fail.
                let _ = writeln!(
                    piece,
                    "       line {n} of {count} of a build that talks a lot"
                );
            }
            piece
        })
        .collect()
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

    #[test]
    fn a_flood_has_its_lines() {
        for (count, pieces) in [(0, 0), (1, 1), (250, 3), (10_000, 100), (123_456, 100)] {
            let flood = flood(count);
            assert_eq!(flood.len(), pieces, "{count}");
            let text = String::from_utf8(flood.concat()).unwrap();
            let numbers = text
                .lines()
                .map(|line| line.split(' ').nth(8).unwrap().parse());
            assert!(numbers.eq((1..=count).map(Ok)), "{count}");
        }
    }
}
