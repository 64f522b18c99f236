//! The report for people, on stderr: plain lines, with a live area below them on a terminal and a keep-alive without one.
//!
//! It tells what happens while it happens. What it came to (the table, the failure) is said by [`super::ending`], after
//! the run.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    console::Console,
    layout::Layout,
    narrate::{Line, Narrator, Step},
    pulse::Pulse,
    style::{Style, Verbosity},
    terminal::Live,
};
use crate::event::{Event, Listener, Stamped};

/// How often the keep-alive looks whether it is due.
const LOOK: Duration = Duration::from_secs(1);

/// The report for people.
pub struct Human {
    core: Arc<Mutex<Core>>,
    /// Ends the thread of the keep-alive when it is dropped.
    _alive: Option<Sender<()>>,
}

struct Core {
    console: Console,
    verbosity: Verbosity,
    narrator: Narrator,
    layout: Layout,
    live: Option<Live>,
    pulse: Pulse,
    /// When the run began, for the keep-alive's clock.
    began: Option<Instant>,
}

impl Human {
    /// A report in this style on this console. The live area is there if the console has one.
    pub fn new(console: &Console, style: Style) -> Self {
        let live = console
            .live()
            .filter(|_| style.verbosity > Verbosity::Quiet)
            .map(|multi| Live::new(multi.clone(), style.colour));
        let needs_pulse = live.is_none();
        let core = Arc::new(Mutex::new(Core {
            console: console.clone(),
            verbosity: style.verbosity,
            narrator: Narrator::new(style.colours()),
            layout: Layout::new(style),
            live,
            pulse: Pulse::default(),
            began: None,
        }));
        let alive = needs_pulse.then(|| keep_alive(Arc::downgrade(&core)));
        Self {
            core,
            _alive: alive,
        }
    }
}

impl Listener for Human {
    fn on(&mut self, event: &Stamped) {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.on(event);
    }
}

/// Starts the thread that keeps a silent log alive. It ends with the sender.
fn keep_alive(core: Weak<Mutex<Core>>) -> Sender<()> {
    let (alive, ended) = mpsc::channel();
    let look = move || {
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let Some(core) = core.upgrade() else { return };
            let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(began) = core.began {
                core.tick(Timestamp::now(), began.elapsed());
            }
        }
    };
    // Without the thread the report is complete, only more silent.
    let _ = thread::Builder::new().name("keep-alive".into()).spawn(look);
    alive
}

impl Core {
    fn on(&mut self, stamped: &Stamped) {
        if self.began.is_none() {
            self.began = Instant::now().checked_sub(stamped.elapsed);
        }
        self.follow(&stamped.event, stamped.elapsed);
        if let Event::StageStarted { stage, apps, .. } = &stamped.event {
            self.layout.expect(apps);
            self.layout.expect(&[stage]);
        }
        let lines = self.narrator.tell(stamped);
        self.print(&lines, stamped.at, stamped.elapsed);
    }

    /// Says that it still waits, if it is time to.
    fn tick(&mut self, at: Timestamp, elapsed: Duration) {
        if let Some(words) = self.pulse.due(elapsed) {
            self.print(&[Line::Step(Step::new("wait", "", words))], at, elapsed);
        }
    }

    fn print(&mut self, lines: &[Line], at: Timestamp, elapsed: Duration) {
        let mut text = String::new();
        for line in lines {
            let from = match line {
                Line::Header(_) | Line::Output { .. } => Verbosity::Normal,
                Line::Step(step) => step.from,
            };
            if self.verbosity >= from {
                text.push_str(&self.layout.line(line, at));
                text.push('\n');
            }
        }
        if !text.is_empty() {
            self.console.print(&text);
            self.pulse.spoke(elapsed);
        }
    }

    /// Keeps the live area and the keep-alive up to date.
    fn follow(&mut self, event: &Event, elapsed: Duration) {
        match (event, &mut self.live) {
            (Event::UploadStarted { bytes }, Some(live)) => live.upload(0, *bytes),
            (Event::UploadStarted { bytes }, None) => self.pulse.upload(0, *bytes, elapsed),
            (Event::UploadProgress { sent, bytes }, Some(live)) => live.upload(*sent, *bytes),
            (Event::UploadProgress { sent, bytes }, None) => {
                self.pulse.upload(*sent, *bytes, elapsed);
            }
            (Event::Uploaded { .. }, Some(live)) => live.uploaded(),
            (Event::Uploaded { .. }, None) => self.pulse.uploaded(),
            (Event::Waiting { what, deadline }, Some(live)) => live.wait(what, *deadline),
            (Event::Waiting { what, deadline }, None) => self.pulse.wait(what, *deadline, elapsed),
            (Event::WaitOver { what }, Some(live)) => live.over(what),
            (Event::WaitOver { what }, None) => self.pulse.over(what),
            (Event::RunFinished { .. }, Some(live)) => live.stop(),
            (Event::RunFinished { .. }, None) => self.pulse.stop(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{
        console::{Out, tests::Shared},
        ending,
        fixtures::{self, Sample},
        redact::Redactor,
        runners::{is_command, is_section, only_colours},
        sanitize,
        style::Verbosity::{Normal, Quiet, Verbose},
    };

    fn play(sample: &Sample, style: Style) -> String {
        let shared = Shared::default();
        let console = Console::new(Out::to(shared.clone()), None, Redactor::default());
        let mut human = Human::new(&console, style);
        for event in &sample.events {
            human.on(event);
        }
        console.print(&ending::render(
            &sample.record,
            sample.failure.as_ref(),
            &style,
        ));
        shared.text()
    }

    fn at(verbosity: Verbosity) -> Style {
        Style {
            verbosity,
            ..Style::plain()
        }
    }

    #[test]
    fn the_whole_output_of_a_run() {
        insta::assert_snapshot!("happy", play(&fixtures::happy(), at(Normal)));
        insta::assert_snapshot!("happy_quiet", play(&fixtures::happy(), at(Quiet)));
        insta::assert_snapshot!("happy_verbose", play(&fixtures::happy(), at(Verbose)));
        insta::assert_snapshot!("build_failed", play(&fixtures::build_failed(), at(Normal)));
        insta::assert_snapshot!(
            "promotion_failed",
            play(&fixtures::promotion_failed(), at(Normal))
        );
        insta::assert_snapshot!(
            "verification_failed",
            play(&fixtures::verification_failed(), at(Normal))
        );
        insta::assert_snapshot!(
            "verification_failed_quiet",
            play(&fixtures::verification_failed(), at(Quiet))
        );
        insta::assert_snapshot!("unknown", play(&fixtures::unknown(), at(Normal)));
    }

    #[test]
    fn colours_repeat_what_the_words_say() {
        let style = Style {
            colour: true,
            ..Style::plain()
        };
        let coloured = play(&fixtures::promotion_failed(), style);
        insta::assert_snapshot!("promotion_failed_coloured", coloured.replace('\u{1b}', "^"));
        let stripped: Vec<String> = coloured
            .lines()
            .map(|l| sanitize::line(l, sanitize::Colours::Strip))
            .collect();
        let plain = play(&fixtures::promotion_failed(), Style::plain());
        assert_eq!(stripped, plain.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_silent_wait_says_that_it_goes_on() {
        let shared = Shared::default();
        let console = Console::new(Out::to(shared.clone()), None, Redactor::default());
        let human = Human::new(&console, Style::plain());
        let mut core = human.core.lock().unwrap();
        let event = Stamped {
            at: "2026-08-01T12:00:00Z".parse().unwrap(),
            elapsed: Duration::ZERO,
            event: Event::Waiting {
                what: "the build of acme".into(),
                deadline: Duration::from_secs(1800),
            },
        };
        core.on(&event);
        let minute = "2026-08-01T12:01:00Z".parse().unwrap();
        core.tick(minute, Duration::from_secs(59));
        core.tick(minute, Duration::from_secs(60));
        core.tick(minute, Duration::from_secs(61));
        assert_eq!(
            shared.text(),
            "12:01:00  wait     still waiting for the build of acme (1m of 30m)\n"
        );
    }

    #[test]
    fn no_secret_reaches_the_console() {
        let shared = Shared::default();
        let redactor = Redactor::new(["acme-shop-us"]);
        let console = Console::new(Out::to(shared.clone()), None, redactor);
        let sample = fixtures::promotion_failed();
        let mut human = Human::new(&console, Style::plain());
        for event in &sample.events {
            human.on(event);
        }
        console.print(&ending::render(
            &sample.record,
            sample.failure.as_ref(),
            &Style::plain(),
        ));
        assert!(!shared.text().contains("acme-shop-us"));
        assert!(shared.text().contains("***"));
    }

    /// Text that is put together from what CI systems act on.
    fn hostile() -> impl Strategy<Value = String> {
        let parts = [
            "##[error]",
            "##",
            "[",
            "##vso[x]",
            "::error::",
            "::",
            " ",
            "\n",
            "\r",
            "\u{1b}[31m",
            "\u{1b}[2K",
            "\u{1b}",
            "word",
            "##teamcity[x]",
            "\u{a0}",
            "\u{9b}",
            "\u{202e}",
            "section_start:1:a",
            "\u{2028}",
            "a-rather-long-word-to-wrap",
        ];
        prop::collection::vec(prop::sample::select(parts.to_vec()), 0..40).prop_map(|p| p.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn nothing_foreign_can_speak_to_a_ci_system(foreign in hostile(), colour in any::<bool>(), narrow in any::<bool>()) {
            let sample = fixtures::foreign(&foreign);
            let width = if narrow { 60 } else { 160 };
            let printed = play(&sample, Style { colour, width, verbosity: Verbose, ..Style::plain() });
            prop_assert!(only_colours(&printed) && !is_section(&printed), "{printed:?}");
            for line in sanitize::split(&printed) {
                prop_assert!(!is_command(line), "{line:?}");
            }
        }
    }
}
