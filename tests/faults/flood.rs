//! A build that writes hundreds of megabytes: every line is shown, once and in order, and memory stays what it is with a
//! short log.
//!
//! An unoptimised build shows some thousand lines a second, so the tests of the suite are small; the large ones are for a
//! binary that is named in `LAUNCHWAY_TEST_BINARY`, as `.ci/run` does.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{SINGLE, Shop};

/// Bytes of a line of a flood, about.
const LINE: u32 = 58;
/// How much more memory a long log may take than a short one, in KiB: what a report keeps of a log, and what is on its way.
const SPARE: u64 = 5 << 10;
/// More than any record of one app.
const LARGEST_RECORD: usize = 16 << 10;

/// What a stream of a run was, without keeping it.
#[derive(Default)]
struct Seen {
    /// How many lines of the flood came, in their order.
    flood: u32,
    /// Whether it was said that the rest is not shown: the machine is too slow for the time after the verdict.
    cut: bool,
    /// The longest line that is no line of the flood.
    longest: usize,
    /// The last lines.
    last: VecDeque<String>,
}

/// Reads a stream to its end.
fn read(stream: impl Read) -> Seen {
    let mut seen = Seen::default();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        let number = line
            .split_once(" of a build that talks a lot")
            .map(|(head, _)| {
                let number = head.rsplit_once("line ").unwrap().1;
                number.split(' ').next().unwrap().parse::<u32>().unwrap()
            });
        match number {
            Some(number) if number == seen.flood + 1 => seen.flood = number,
            // The last lines of a log are said again at the end.
            Some(number) => assert!(number <= seen.flood, "{number} after {}", seen.flood),
            None => {
                seen.cut |= line.contains("is not shown in full");
                seen.longest = seen.longest.max(line.len());
            }
        }
        seen.last.push_back(line);
        if seen.last.len() > 100 {
            seen.last.pop_front();
        }
    }
    seen
}

/// The most memory that a process had so far, in KiB.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Runs a command to its end. Gives its exit code, what it said on stdout and on stderr, and the most memory that it had.
fn watched(mut command: Command) -> (Option<i32>, Seen, Seen, Option<u64>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let stderr = child.stderr.take().unwrap();
    let stdout = thread::spawn(move || read(stdout));
    let stderr = thread::spawn(move || read(stderr));
    let mut most = None;
    let status = loop {
        // The last look is at most this old when the process ends.
        most = peak(child.id()).or(most);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(20));
    };
    (
        status.code(),
        stdout.join().unwrap(),
        stderr.join().unwrap(),
        most,
    )
}

/// Deploys with so many megabytes of log, and holds against each other what a short log and this one take.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was measured, or could not be, is to be seen"
)]
fn flooded(megabytes: u32, faults: &[&str], code: i32) {
    let lines = (megabytes << 20) / LINE;
    // Lines in a millisecond.
    let optimised = std::env::var_os("LAUNCHWAY_TEST_BINARY").is_some();
    // The large logs keep a machine busy for minutes: no request times out sooner than for users.
    let (pace, tempo) = if optimised { (40, "1") } else { (20, "0.1") };
    let mut peaks = Vec::new();
    for lines in [100, lines] {
        let mut faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        faults.push(format!("log=flood:{lines}"));
        // Not faster than it can be shown on a quiet machine.
        faults.push(format!("build=slow:{}ms", lines / pace));
        let shop = Shop::with(&faults).yaml(SINGLE);
        let run = shop.deploy().env("LAUNCHWAY_TEST_TEMPO", tempo);
        let (found, stdout, stderr, most) = watched(run.command);
        let last = stdout.last.back().unwrap();
        assert_eq!(found, Some(code), "{:#?}", stderr.last);
        assert_eq!(stdout.flood, stderr.flood, "{last}");
        if stdout.cut {
            println!(
                "this machine showed {} of {lines} lines in time",
                stdout.flood
            );
        } else {
            assert_eq!(stdout.flood, lines, "{last}");
        }
        assert!(last.contains("run_finished"), "{last}");
        assert!(stdout.longest < LARGEST_RECORD, "{last}");
        let record = std::fs::read_to_string(shop.path("record.json")).unwrap();
        assert!(record.len() < LARGEST_RECORD, "{} bytes", record.len());
        let quoted = stderr.last.iter().filter(|line| line.starts_with("  | "));
        assert!(quoted.count() <= 100);
        peaks.extend(most);
    }
    match peaks[..] {
        [short, long] => {
            println!("{short} KiB with a short log, {long} KiB with {megabytes} MB");
            assert!(
                long < short + SPARE,
                "{short} KiB with a short log, {long} KiB with a long one"
            );
        }
        _ => eprintln!("skipped: this machine does not tell how much memory a process has had"),
    }
}

#[test]
fn a_long_log_takes_no_more_memory_than_a_short_one() {
    flooded(4, &[], 0);
}

#[test]
fn the_long_log_of_a_build_that_fails_takes_no_more_memory_either() {
    flooded(4, &["build=fail", "stream=text", "stream=reset:70%"], 10);
}

#[test]
#[ignore = "takes minutes: .ci/run runs it, with the release binary"]
fn a_very_long_log_takes_no_more_memory_than_a_short_one() {
    flooded(300, &["stream=reset:70%"], 0);
}

#[test]
#[ignore = "takes minutes: .ci/run runs it, with the release binary"]
fn the_very_long_log_of_a_build_that_fails_takes_no_more_memory_either() {
    flooded(80, &["build=fail", "stream=text"], 10);
}
