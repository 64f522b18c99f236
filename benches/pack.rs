//! How long it takes to pack a tree, next to what people use otherwise.
//!
//! ```text
//! cargo bench --bench pack                                # 200 MB of sources from cargo's registry
//! cargo bench --bench pack -- --small                     # 100,000 files of at most 20 kB
//! cargo bench --bench pack -- --memory                    # peak memory at 50 MB, 500 MB and 5 GB
//! cargo bench --bench pack -- --levels                    # the compressor alone, and the digest
//! cargo bench --bench pack -- --tree DIR --rounds 7 --only tar
//! ```
//!
//! Every contender runs once per round, in an order that rotates; the table has the medians, and the best wall time next to
//! them: on a machine that others use too, it is the better guess. Programs that are missing are left out.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    missing_docs,
    reason = "a bench may fail loudly, and prints its table"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use launchway::source::{Compression, Options, write};
use sha2::{Digest as _, Sha256};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

const MEGABYTE: u64 = 1_000_000;

/// Something that makes a compressed archive of a tree.
struct Contender {
    name: &'static str,
    /// What the shell runs in the tree; `$OUT` is the archive. `None`: ourselves.
    shell: Option<&'static str>,
    needs: &'static [&'static str],
    /// `--pack` and this, if it is ourselves.
    compression: &'static str,
}

const fn ours(name: &'static str, compression: &'static str) -> Contender {
    Contender {
        name,
        shell: None,
        needs: &[],
        compression,
    }
}

const fn theirs(
    name: &'static str,
    shell: &'static str,
    needs: &'static [&'static str],
) -> Contender {
    Contender {
        name,
        shell: Some(shell),
        needs,
        compression: "",
    }
}

const CONTENDERS: &[Contender] = &[
    theirs(
        "tar czf",
        "tar czf $OUT --exclude=./.git .",
        &["tar", "gzip"],
    ),
    theirs(
        "tar -I pigz",
        "tar -I pigz -cf $OUT --exclude=./.git .",
        &["tar", "pigz"],
    ),
    theirs(
        "git archive | pigz",
        "git archive --format=tar HEAD | pigz > $OUT",
        &["git", "pigz"],
    ),
    theirs(
        "tar to nowhere (reading alone)",
        "tar cf - --exclude=./.git . | cat > /dev/null",
        &["tar"],
    ),
    ours("launchway, balanced", "balanced"),
    ours("launchway, fast", "fast"),
    ours("launchway, small", "small"),
];

/// With one core only.
const ALONE: &[Contender] = &[
    theirs(
        "tar -I 'pigz -p1', one core",
        "taskset -c 0 tar -I 'pigz -p1' -cf $OUT --exclude=./.git .",
        &["tar", "pigz", "taskset"],
    ),
    ours("launchway, balanced, one core", "one-core"),
];

/// What one run took.
#[derive(Clone, Default)]
struct Run {
    wall: f64,
    cpu: f64,
    size: u64,
    peak: Option<u64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(compression) = value("--pack") {
        return pack(
            &compression,
            &value("--tree").unwrap(),
            &value("--out").unwrap(),
        );
    }
    if has("--test") {
        return;
    }
    let rounds = value("--rounds")
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(5);
    let work =
        std::path::absolute(option_env!("CARGO_TARGET_TMPDIR").unwrap_or("target/tmp")).unwrap();
    if has("--memory") {
        return memory(&work);
    }
    if has("--levels") {
        return levels(&sources(&work));
    }
    let tree = match value("--tree") {
        Some(tree) => PathBuf::from(tree),
        None if has("--small") => small_files(&work),
        None => sources(&work),
    };
    let only = value("--only").unwrap_or_default();
    compare(&tree, &work, rounds, &only);
}

/// Packs the tree in this process, and says what its peak memory was.
fn pack(compression: &str, tree: &str, out: &str) {
    let mut options = Options::new(tree);
    options.max_size = u64::MAX;
    options.compression = match compression {
        "fast" => Compression::Fast,
        "small" => Compression::Small,
        _ => Compression::Balanced,
    };
    let mut file = fs::File::create(out).unwrap();
    write(&options, &mut file, &|| false).unwrap();
    println!("{}", peak().unwrap_or_default());
}

/// The peak of this process's resident memory, in bytes.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn compare(tree: &Path, work: &Path, rounds: usize, only: &str) {
    let (files, bytes) = measure(tree);
    println!(
        "{}: {files} files, {:.1} MB",
        tree.display(),
        megabytes(bytes)
    );
    let contenders: Vec<&Contender> = CONTENDERS
        .iter()
        .chain(ALONE)
        .filter(|contender| contender.needs.iter().all(|program| exists(program)))
        .filter(|contender| contender.compression != "one-core" || exists("taskset"))
        .filter(|contender| contender.name.contains(only))
        .collect();
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for place in 0..contenders.len() {
            let at = (place + round) % contenders.len();
            let run = run(contenders[at], tree, &work.join("out.tgz"));
            // The first round only warms the page cache.
            if round > 0 {
                runs[at].push(run);
            }
        }
    }
    let medians: Vec<Run> = runs.iter_mut().map(|runs| median(runs)).collect();
    let baseline = |name: &str| {
        let at = contenders
            .iter()
            .position(|contender| contender.name == name);
        at.map_or_else(Run::default, |at| medians[at].clone())
    };
    let (tar, pigz) = (baseline("tar czf"), baseline("tar -I pigz"));
    println!(
        "| | wall s | best s | CPU s | MB/s | × tar czf | × pigz | × CPU of tar czf | size MB | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for ((contender, run), runs) in contenders.iter().zip(&medians).zip(&runs) {
        let best = runs
            .iter()
            .map(|run| run.wall)
            .fold(f64::INFINITY, f64::min);
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
            contender.name,
            run.wall,
            best,
            run.cpu,
            megabytes(bytes) / run.wall,
            tar.wall / run.wall,
            pigz.wall / run.wall,
            tar.cpu / run.cpu,
            megabytes(run.size),
            run.peak
                .map_or_else(|| "-".into(), |peak| format!("{:.1}", megabytes(peak))),
        );
    }
}

fn run(contender: &Contender, tree: &Path, out: &Path) -> Run {
    let mut command = if let Some(shell) = contender.shell {
        let mut command = Command::new("sh");
        command.args(["-c", shell]);
        command
    } else {
        let this = std::env::current_exe().unwrap();
        let mut command = if contender.compression == "one-core" {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(this);
            command
        } else {
            Command::new(this)
        };
        command
            .args(["--pack", contender.compression, "--tree"])
            .arg(tree)
            .arg("--out")
            .arg(out);
        command
    };
    // What is there from the run before must not be what is measured.
    let _ = fs::remove_file(out);
    let before = children_cpu();
    let start = Instant::now();
    let output = command
        .current_dir(tree)
        .env("OUT", out)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let wall = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{} failed", contender.name);
    Run {
        wall,
        cpu: children_cpu() - before,
        size: fs::metadata(out).map_or(0, |file| file.len()),
        peak: String::from_utf8_lossy(&output.stdout).trim().parse().ok(),
    }
}

/// The processor time of all children so far, in seconds. 0 where there is no `/proc`.
fn children_cpu() -> f64 {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(13).take(2);
    // Linux says it in hundredths of a second.
    fields
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

fn median(runs: &mut [Run]) -> Run {
    runs.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    runs.get(runs.len() / 2).cloned().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MEGABYTE as f64
}

fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Files and bytes of a tree, without its repository.
fn measure(tree: &Path) -> (u64, u64) {
    let mut sum = (0, 0);
    for entry in fs::read_dir(tree).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() && entry.file_name() != ".git" {
            let (files, bytes) = measure(&entry.path());
            sum = (sum.0 + files, sum.1 + bytes);
        } else if metadata.is_file() {
            sum = (sum.0 + 1, sum.1 + metadata.len());
        }
    }
    sum
}

/// 200 MB of sources, as a checkout: what cargo has fetched to build this.
fn sources(work: &Path) -> PathBuf {
    let tree = work.join("sources");
    if tree.join(".git").exists() {
        return tree;
    }
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    );
    let mut left = 200 * MEGABYTE;
    for registry in fs::read_dir(home.join("registry/src")).unwrap() {
        copy(&registry.unwrap().path(), &tree, &mut left);
    }
    commit(&tree);
    tree
}

fn copy(from: &Path, to: &Path, left: &mut u64) {
    fs::create_dir_all(to).unwrap();
    let mut entries: Vec<_> = fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for entry in entries {
        let target = to.join(entry.file_name().unwrap());
        let metadata = fs::symlink_metadata(&entry).unwrap();
        if entry.ends_with(".git") {
            continue;
        }
        if metadata.is_dir() {
            copy(&entry, &target, left);
        } else if metadata.is_file() && *left >= metadata.len() {
            *left -= metadata.len();
            fs::copy(&entry, target).unwrap();
        }
    }
}

/// 100,000 files of at most 20 kB, cut out of the sources.
fn small_files(work: &Path) -> PathBuf {
    let tree = work.join("small");
    if tree.join(".git").exists() {
        return tree;
    }
    let mut text = Vec::new();
    gather(&sources(work), &mut text, 64 * 1024 * 1024);
    let mut state = 1_usize;
    for number in 0..100_000_usize {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let length = (state >> 33) % 20_000;
        let from = (state >> 20) % (text.len() - length);
        let directory = tree.join(format!("d{}/e{}", number / 5000, number / 100 % 50));
        fs::create_dir_all(&directory).unwrap();
        fs::write(
            directory.join(format!("f{number}.rs")),
            &text[from..from + length],
        )
        .unwrap();
    }
    commit(&tree);
    tree
}

fn gather(from: &Path, text: &mut Vec<u8>, most: usize) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if text.len() >= most || path.ends_with(".git") {
            return;
        } else if path.is_dir() {
            gather(&path, text, most);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.extend(fs::read(path).unwrap());
        }
    }
}

fn commit(tree: &Path) {
    // All of it, so that git archive and tar pack the same.
    let script = "git init -q . && git add -A -f . && git -c user.name=b -c user.email=b@example.com \
                  -c commit.gpgsign=false commit -q -m tree";
    let status = Command::new("sh")
        .args(["-c", script])
        .current_dir(tree)
        .status()
        .unwrap();
    assert!(status.success(), "git is needed to make a tree");
}

/// What one core compresses at each level, in blocks as we do, and how fast it hashes: the limits of the whole.
fn levels(tree: &Path) {
    const BLOCK: usize = 256 * 1024;
    const WINDOW: usize = 32 * 1024;
    let tar = Command::new("tar")
        .args(["cf", "-", "--exclude=./.git", "."])
        .current_dir(tree)
        .output()
        .unwrap()
        .stdout;
    let row = |name: &str, wall: f64, size: usize| {
        let speed = megabytes(tar.len() as u64) / wall;
        println!("| {name} | {speed:.0} | {:.2} |", megabytes(size as u64));
    };
    println!("| | MB/s of one core | size MB |\n|---|---|---|");
    let start = Instant::now();
    let digest = Sha256::digest(&tar);
    row("SHA-256", start.elapsed().as_secs_f64(), digest.len());
    let mut room = vec![0; 2 * BLOCK];
    for level in 1..=9 {
        for mem_level in [6, 8] {
            let start = Instant::now();
            let mut size = 0;
            for from in (0..tar.len()).step_by(BLOCK) {
                let mut deflate = Deflate::new_with_config(DeflateConfig {
                    level,
                    window_bits: -15,
                    mem_level,
                    ..DeflateConfig::default()
                });
                let dictionary = &tar[from.saturating_sub(WINDOW)..from];
                deflate.set_dictionary(dictionary).unwrap();
                let block = &tar[from..tar.len().min(from + BLOCK)];
                deflate
                    .compress(block, &mut room, DeflateFlush::SyncFlush)
                    .unwrap();
                size += usize::try_from(deflate.total_out()).unwrap();
            }
            let name = format!("level {level}, mem_level {mem_level}");
            row(&name, start.elapsed().as_secs_f64(), size);
        }
    }
}

/// Peak memory at three sizes.
fn memory(work: &Path) {
    let sources = sources(work);
    println!("| input MB | files | peak MB |\n|---|---|---|");
    for copies in [50, 500, 5000_u64] {
        let tree = work.join("memory");
        let _ = fs::remove_dir_all(&tree);
        let mut left = copies * MEGABYTE;
        for number in 0..=(copies / 200) {
            let before = left;
            copy(&sources, &tree.join(format!("copy{number}")), &mut left);
            if before == left {
                break;
            }
        }
        let (files, bytes) = measure(&tree);
        let run = run(&ours("memory", "balanced"), &tree, &work.join("out.tgz"));
        println!(
            "| {:.0} | {files} | {:.1} |",
            megabytes(bytes),
            megabytes(run.peak.unwrap_or_default())
        );
        let _ = fs::remove_dir_all(&tree);
    }
}
