//! The machine itself fails: the disk is full, nothing can be written, nobody reads, there are no file descriptors. There
//! is a clear error and the right exit code, or it makes no difference; never a panic.

use std::process::Command;

use crate::support::{Run, SINGLE, Shop, lies};

fn shop() -> Shop {
    Shop::with(&[]).yaml(SINGLE)
}

#[track_caller]
fn no_panic(run: &Run) {
    let text = format!("{}{}", run.stderr, run.stdout);
    assert!(!text.contains("panicked"), "{text}");
    assert!(!text.contains("internal error"), "{text}");
}

#[test]
fn nobody_who_reads_is_no_reason_to_stop() {
    for behind in [
        "| head -1; exit ${PIPESTATUS[0]}",
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "2>&1 | true; exit ${PIPESTATUS[0]}",
        "2> /dev/full",
    ] {
        let run = shop().deploy_in_shell("", behind).run();
        no_panic(&run);
        run.exits(0);
        assert_eq!(lies(&run), Vec::<String>::new(), "{behind}");
    }
}

#[test]
fn events_that_can_not_be_written_are_told_at_the_end() {
    let shop = shop();
    let run = shop.deploy_in_shell("", "> /dev/full").run();
    no_panic(&run);
    run.exits(74);
    let words = run.words();
    assert!(
        words.contains("events could not be written to standard output: No space left"),
        "{words}"
    );
    assert!(words.contains("the run itself succeeded"), "{words}");
    // The deploy went on to its end, and the record knows both.
    assert_eq!(lies(&run), Vec::<String>::new());
    let record = run.record.unwrap();
    assert_eq!(record["outcome"], "io", "{record}");
    assert_eq!(
        record["stages"][0]["apps"][0]["outcome"], "succeeded",
        "{record}"
    );
}

#[test]
fn a_disk_that_becomes_full_on_the_way_is_told_too() {
    let shop = shop();
    let events = shop.path("events.json");
    // The first events fit, the rest does not.
    let run = shop
        .deploy_in_shell(
            "trap '' XFSZ; ulimit -f 2;",
            &format!("> '{}'", events.display()),
        )
        .run();
    no_panic(&run);
    run.exits(74);
    let words = run.words();
    assert!(
        words.contains("events could not be written to standard output: File too large"),
        "{words}"
    );
    let text = std::fs::read_to_string(events).unwrap();
    assert!(text.lines().count() > 1, "{text}");
}

#[test]
fn a_run_that_failed_keeps_its_exit_code_when_events_are_lost() {
    let shop = Shop::with(&["build=fail".to_owned()]).yaml(SINGLE);
    let run = shop.deploy_in_shell("", "> /dev/full").run();
    no_panic(&run);
    run.exits(10);
    let words = run.words();
    assert!(
        words.contains("events could not be written to standard output"),
        "{words}"
    );
    assert_eq!(lies(&run), Vec::<String>::new());
}

#[test]
fn data_that_can_not_be_written_is_a_failure() {
    for (command, code) in [
        ("schema > /dev/full", 74),
        ("explain > /dev/full", 74),
        ("completions bash > /dev/full", 74),
        ("schema | true; exit ${PIPESTATUS[0]}", 0),
        ("explain >&-", 0),
    ] {
        let output = Command::new("bash")
            .args([
                "-c",
                &format!("'{}' {command}", env!("CARGO_BIN_EXE_launchway")),
            ])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{command}: {stderr}");
        assert_eq!(stderr.contains("standard output"), code == 74, "{stderr}");
    }
}

#[test]
fn a_full_disk_ends_the_run_before_anything_is_sent() {
    let shop = shop();
    // Nothing that compresses: the archive is as large.
    let noise: String = (0..20_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_string())
        .collect();
    shop.write("noise.txt", &noise);
    // Files can't be longer than this, and who tries gets an error instead of a signal.
    let run = shop
        .deploy_in_shell("trap '' XFSZ; ulimit -f 16;", "")
        .run();
    no_panic(&run);
    run.exits(74);
    assert!(run.stderr.contains("too large"), "{}", run.stderr);
    assert!(run.stderr.contains("nothing was sent"), "{}", run.stderr);
    assert!(run.requests.iter().all(|request| request.method == "GET"));
}

#[test]
fn a_temporary_directory_that_can_not_be_written_is_named() {
    for place in ["/proc", "/nowhere/at/all", "/dev/null"] {
        let shop = shop();
        let run = shop.deploy().env("TMPDIR", place).run();
        no_panic(&run);
        run.exits(74);
        assert!(run.stderr.contains("TMPDIR"), "{}", run.stderr);
        assert!(run.stderr.contains(place), "{}", run.stderr);
    }
}

#[test]
fn a_record_that_can_not_be_written_is_a_failure() {
    for place in ["/nowhere/record.json", "/proc/record.json", "/dev/full"] {
        let shop = shop();
        let run = shop.deploy_with_record(place).run();
        no_panic(&run);
        run.exits(74);
        assert!(run.stderr.contains(place), "{}", run.stderr);
        // The run itself was a success, and says so.
        assert!(run.stderr.contains("done in"), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_who_stops_reading_does_not_hold_up_the_end() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    use crate::wait::eventually;

    /// Of the 64 KiB that a pipe takes. Lines that do not fit into a page leave a little of it unused.
    const NEARLY_FULL: u64 = 56 * 1024;

    // More than a pipe takes.
    let shop = Shop::with(&["log=flood:20000".to_owned()]).yaml(SINGLE);
    let mut command = shop.deploy().command;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = stdout.by_ref().lines();
    assert!(lines.any(|line| line.unwrap().contains("a build that talks a lot")));
    // Nothing is read from here on: the pipe fills up.
    let waiting = || rustix::io::ioctl_fionread(stdout.get_ref()).unwrap();
    eventually(
        || (waiting() >= NEARLY_FULL).then_some(()),
        || format!("{} bytes wait to be read", waiting()),
    );
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    // It would hang for ever.
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn few_file_descriptors_are_an_error_and_no_panic() {
    let mut codes = Vec::new();
    for limit in 3..=24 {
        let shop = shop();
        let run = shop
            .deploy_in_shell(&format!("ulimit -n {limit};"), "")
            .run();
        no_panic(&run);
        let code = run.code;
        // 127 and 126: not even the binary could be started.
        assert!(
            matches!(code, Some(0 | 20 | 65 | 66 | 69 | 74 | 75 | 126 | 127)),
            "{limit}: {code:?}\n{}",
            run.stderr
        );
        codes.push((limit, code));
    }
    assert_eq!(codes.last().unwrap().1, Some(0), "{codes:?}");
}
