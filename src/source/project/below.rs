//! The applications of a repository that has several, each in a directory of its own.

use std::{fs, path::Path};

/// How deep they may lie.
const DEPTH: usize = 2;
/// The most entries that are looked at: this is a hint, not a search.
const MOST: usize = 1000;
/// What only an application has.
const SIGNS: [&str; 4] = ["Procfile", "Dockerfile", "app.json", "heroku.yml"];

/// The directories below `root` that hold an application, sorted, with `/` between their parts. No link is followed; what can't
/// be read is passed over.
pub(super) fn applications(root: &Path) -> Vec<String> {
    let (mut found, mut left) = (Vec::new(), MOST);
    look(root, "", DEPTH, &mut left, &mut found);
    found.sort();
    found
}

fn look(at: &Path, name: &str, depth: usize, left: &mut usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(at) else {
        return;
    };
    let mut below = Vec::new();
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let (Ok(kind), Ok(file)) = (entry.file_type(), entry.file_name().into_string()) else {
            continue;
        };
        if kind.is_file() && SIGNS.contains(&file.as_str()) && !name.is_empty() {
            found.push(name.to_owned());
            return;
        }
        let is_other = file.starts_with('.') || matches!(file.as_str(), "node_modules" | "vendor");
        if kind.is_dir() && !is_other {
            below.push(file);
        }
    }
    if depth == 0 {
        return;
    }
    below.sort();
    for file in below {
        let inner = if name.is_empty() {
            file.clone()
        } else {
            format!("{name}/{file}")
        };
        look(&at.join(&file), &inner, depth - 1, left, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_found_in_directories_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        for path in [
            "web/Procfile",
            "services/api/Dockerfile",
            "services/api/sub/Procfile",
            "deep/er/down/Procfile",
            ".hidden/Procfile",
            "node_modules/one/Procfile",
            "docs/readme.md",
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "web: x\n").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("web"), dir.path().join("link")).unwrap();
        assert_eq!(applications(dir.path()), ["services/api", "web"]);
        assert!(applications(&dir.path().join("nowhere")).is_empty());
    }
}
