use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard},
};

use indicatif::{ProgressDrawTarget, TermLike};

use super::*;
use crate::redact::Redactor;
use crate::{
    journal::{Listener, event::Event},
    report::{
        Console, Style,
        console::{Out, tests::Shared},
        fixtures,
        human::Human,
        waits::tests::waiting,
    },
};

const WIDTH: usize = 100;

/// A terminal that can do what the live area needs: lines, a cursor, wrapping.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<Grid>>);

#[derive(Debug, Default)]
struct Grid {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Grid {
    fn put(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                '\r' => self.column = 0,
                c => {
                    if self.column == WIDTH {
                        (self.row, self.column) = (self.row + 1, 0);
                    }
                    let line = self.line();
                    *line = c;
                    self.column += 1;
                }
            }
        }
    }

    fn line(&mut self) -> &mut char {
        let rows = self.lines.len().max(self.row + 1);
        self.lines.resize(rows, Vec::new());
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), ' ');
        &mut line[self.column]
    }
}

impl Screen {
    fn grid(&self) -> MutexGuard<'_, Grid> {
        self.0.lock().unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let lines = &self.grid().lines;
        let mut lines: Vec<String> = lines
            .iter()
            .map(|l| l.iter().collect::<String>().trim_end().to_owned())
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        u16::try_from(WIDTH).unwrap()
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        let mut grid = self.grid();
        grid.row = grid.row.saturating_sub(n);
        Ok(())
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.grid().row += n;
        Ok(())
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.grid().column += n;
        Ok(())
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        let mut grid = self.grid();
        grid.column = grid.column.saturating_sub(n);
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.grid().put(&format!("{text}\n"));
        Ok(())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.grid().put(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        let mut grid = self.grid();
        let row = grid.row;
        grid.column = 0;
        if let Some(line) = grid.lines.get_mut(row) {
            line.clear();
        }
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.grid().put(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn on_a_terminal(screen: &Screen) -> Console {
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let multi = MultiProgress::with_draw_target(target);
    Console::new(Out::to(screen.clone()), Some(multi), Redactor::default())
}

#[test]
fn the_live_area_never_garbles_the_log_and_leaves_nothing_behind() {
    for sample in [
        fixtures::happy(),
        fixtures::promotion_failed(),
        fixtures::unknown(),
    ] {
        let plain = Shared::default();
        let console = Console::new(Out::to(plain.clone()), None, Redactor::default());
        let mut reference = Human::new(&console, Style::plain());
        let screen = Screen::default();
        let mut human = Human::new(&on_a_terminal(&screen), Style::plain());
        for event in &sample.events {
            reference.on(event, &sample.record);
            human.on(event, &sample.record);
            let log = wrapped(&plain.text());
            eventually(&screen, &format!("{event:?}"), |shown| {
                let (above, live) = shown.split_at(log.len().min(shown.len()));
                let live = live.join("\n");
                above == log
                    && match &event.event {
                        Event::Waiting { what, .. } => live.contains(what),
                        Event::UploadProgress { .. } => live.contains("200 kB of 412 kB"),
                        Event::Uploaded { .. }
                        | Event::WaitOver { .. }
                        | Event::RunFinished { .. } => live.is_empty(),
                        _ => true,
                    }
            });
        }
    }
}

/// Waits until the screen is as it should be: the clocks are drawn by a thread of their own.
fn eventually(screen: &Screen, when: &str, holds: impl Fn(&[String]) -> bool) {
    for _ in 0..1000 {
        if holds(&screen.lines()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{when}:\n{}", screen.lines().join("\n"));
}

fn wrapped(text: &str) -> Vec<String> {
    let screen = Screen::default();
    screen.grid().put(text);
    screen.lines()
}

#[test]
fn several_waits_are_shown_at_once_and_each_goes_when_it_is_over() {
    let screen = Screen::default();
    let console = on_a_terminal(&screen);
    let mut live = LiveArea::new(console.live().unwrap().clone(), false);
    let began = "2026-08-01T12:00:00Z".parse().unwrap();
    let limit = Duration::from_mins(10);
    let wait = |app: &str, standing: Option<&str>| {
        waiting(&format!("the release of {app}"), standing, began, limit)
    };
    live.wait(wait("acme-eu", None));
    live.wait(wait("acme-us", None));
    live.wait(wait("acme-us", Some("queued")));
    console.print("a line");
    let words = |app: &str| {
        format!("0s      waiting for the release of {app} until 12:10:00, then it ends")
    };
    eventually(&screen, "two waits", |shown| {
        shown.len() == 3
            && shown[0] == "a line"
            && shown[1].ends_with(&words("acme-eu"))
            && shown[2].ends_with(&words("acme-us (queued)"))
    });
    live.over("the release of acme-eu");
    live.over("never heard of");
    eventually(&screen, "one wait", |shown| {
        shown.len() == 2 && shown[1].contains("acme-us")
    });
    drop(live);
    eventually(&screen, "no wait", |shown| shown == ["a line"]);
}
