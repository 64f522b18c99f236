//! What lies between two commits, as far as the checkout has them.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use super::git::{NoAnswer, ask};
use super::repository::{Repository, object_id};

/// How many commits are kept with their subjects; the others are counted.
const KEPT: usize = 20;
/// More commits than any two releases are apart. What is further apart stays unknown.
const MOST: u64 = 1_000_000;
/// How much of a line is kept.
const LONGEST: u64 = 1024;

/// What lies between two commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Divergence {
    /// How many commits of the second one's history the first one's lacks.
    pub behind: u64,
    /// How many commits of the first one's history the second one's lacks.
    pub ahead: u64,
    /// The newest of those that the first one lacks, newest first.
    pub commits: Vec<Commit>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// The first line of its message, as it is: foreign text.
    pub subject: String,
}

/// What lies between `from` and `to`, in the checkout around a directory. `None` if there is no checkout, or one that does
/// not have both and all between them: it is shallow, or what runs was built from another repository. Blocks; `cancelled` is
/// asked often.
pub fn between(
    directory: &Path,
    from: &str,
    to: &str,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<Divergence>, NoAnswer> {
    let root = std::fs::canonicalize(directory).ok();
    let repository = root.and_then(|root| Repository::around(&root).ok()?);
    let (Some(repository), Some(from), Some(to)) = (repository, object_id(from), object_id(to))
    else {
        return Ok(None);
    };
    let cut = repository.cut();
    let range = format!("{from}...{to}");
    let arguments = [
        "rev-list",
        "--left-right",
        "--encoding=UTF-8",
        "--format=%s",
        &range,
        "--",
    ];
    let answer = ask(&repository, &arguments, cancelled, |listing| {
        let mut listing = BufReader::with_capacity(64 * 1024, listing);
        let between = read(&mut listing, &cut)?;
        // To the end, or git would fail.
        io::copy(&mut listing, &mut io::sink()).map(|_| between)
    })?;
    match (answer.status.code(), &answer.value) {
        (Some(0), Ok(between)) => Ok(between.clone()),
        (Some(0), Err(_)) | (None, _) => Err(answer.failed()),
        (Some(_), _) => Ok(None),
    }
}

/// Reads a listing: `commit <ID` or `commit >ID`, then the subject. `None` if history is `cut` off at one of them, or the
/// listing is not as it should be.
fn read(listing: &mut impl BufRead, cut: &HashSet<String>) -> io::Result<Option<Divergence>> {
    let mut between = Divergence::default();
    while let Some(head) = line(listing)? {
        let id = head
            .strip_prefix("commit ")
            .and_then(|rest| Some((rest.get(..1)?, object_id(rest.get(1..)?)?)));
        let (Some((side, id)), Some(subject)) = (id, line(listing)?) else {
            return Ok(None);
        };
        if cut.contains(&id) || between.behind + between.ahead >= MOST {
            return Ok(None);
        }
        if side == "<" {
            between.ahead += 1;
            continue;
        }
        between.behind += 1;
        if between.commits.len() < KEPT {
            between.commits.push(Commit { id, subject });
        }
    }
    Ok(Some(between))
}

/// The next line, without its end; of a long one the beginning.
fn line(listing: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if listing
        .by_ref()
        .take(LONGEST)
        .read_until(b'\n', &mut line)?
        == 0
    {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else {
        listing.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    #[test]
    fn a_listing_is_read_commit_by_commit() {
        let (a, b, c) = (id('a'), id('b'), id('c'));
        let listing =
            format!("commit >{a}\nFix it\ncommit >{b}\n\ncommit <{c}\ncommit >{a}, a liar\n");
        let read = |listing: &str, cut: &[&String]| {
            let cut = cut.iter().map(|id| (*id).clone()).collect();
            read(&mut listing.as_bytes(), &cut).unwrap()
        };
        let between = read(&listing, &[]).unwrap();
        assert_eq!((between.behind, between.ahead), (2, 1));
        let subjects: Vec<&str> = between.commits.iter().map(|c| c.subject.as_str()).collect();
        assert_eq!(subjects, ["Fix it", ""]);
        assert_eq!(read("", &[]), Some(Divergence::default()));
        assert_eq!(read(&listing, &[&b]), None);
        for wrong in ["fatal: no", "commit >abc\nx\n", &format!("commit >{a}\n")] {
            assert_eq!(read(wrong, &[]), None, "{wrong}");
        }
        let long = format!(
            "commit >{a}\n{}\ncommit >{b}\nshort\n",
            "x".repeat(1_000_000)
        );
        let between = read(&long, &[]).unwrap();
        assert_eq!(between.behind, 2);
        assert_eq!(between.commits[0].subject.len(), 1024);
    }
}
