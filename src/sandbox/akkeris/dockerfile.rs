//! How the build worker reads a source: it unpacks it and requires a Dockerfile.

use std::io::Read as _;
use std::path::Component;

use flate2::read::MultiGzDecoder;

/// The largest Dockerfile that is read.
const LARGEST: u64 = 64 * 1024;

/// The Dockerfile at the root of a gzipped tarball, or of the one directory in it. The error is for the build's log.
pub(super) fn find(gzip: &[u8]) -> Result<String, String> {
    let cannot = |_| {
        "Command failed: tar zxf /tmp/sources -C /tmp/build || unzip /tmp/sources -d /tmp/build"
            .to_owned()
    };
    let mut archive = tar::Archive::new(MultiGzDecoder::new(gzip));
    let mut tops = std::collections::BTreeSet::new();
    let (mut at_root, mut within) = (None, None);
    for entry in archive.entries().map_err(cannot)? {
        let mut entry = entry.map_err(cannot)?;
        let path = entry.path().map_err(cannot)?.into_owned();
        let parts: Vec<String> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        let Some(top) = parts.first() else { continue };
        let is_directory = entry.header().entry_type().is_dir();
        tops.insert((top.clone(), parts.len() > 1 || is_directory));
        if parts.last().is_some_and(|name| name == "Dockerfile") && parts.len() <= 2 {
            let mut text = String::new();
            (&mut entry)
                .take(LARGEST)
                .read_to_string(&mut text)
                .map_err(cannot)?;
            *(if parts.len() == 1 {
                &mut at_root
            } else {
                &mut within
            }) = Some(text);
        }
    }
    let alone = tops.len() == 1 && tops.iter().all(|(_, is_directory)| *is_directory);
    at_root.or(within.filter(|_| alone)).ok_or_else(|| {
        "(HTTP code 500) server error - Cannot locate specified Dockerfile: Dockerfile".to_owned()
    })
}

/// The commands of a Dockerfile, and why it fails if it does.
pub(super) fn steps(dockerfile: &str) -> (Vec<String>, Option<String>) {
    let mut steps = Vec::new();
    let lines = dockerfile.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        steps.push(line.to_owned());
        let Some(command) = line.strip_prefix("RUN ") else {
            continue;
        };
        let code = match command.trim() {
            "false" => Some("1"),
            other => other.strip_prefix("exit ").filter(|code| *code != "0"),
        };
        if let Some(code) = code {
            let why =
                format!("The command '/bin/sh -c {command}' returned a non-zero code: {code}");
            return (steps, Some(why));
        }
    }
    (steps, None)
}
