//! The live area at the bottom of a terminal: the upload and the waits, with clocks that run.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::waits::Waiting;
use crate::units;

/// How often a clock moves.
const TICK: Duration = Duration::from_millis(120);

/// The live area.
#[derive(Debug)]
pub struct LiveArea {
    multi: MultiProgress,
    colour: bool,
    upload: Option<ProgressBar>,
    waits: Vec<(Waiting, ProgressBar)>,
}

impl LiveArea {
    /// An empty live area.
    pub fn new(multi: MultiProgress, colour: bool) -> Self {
        Self {
            multi,
            colour,
            upload: None,
            waits: Vec::new(),
        }
    }

    /// The upload began or went on.
    pub fn upload(&mut self, sent: u64, bytes: u64) {
        let bar = if let Some(bar) = &self.upload {
            bar
        } else {
            let template = "{spinner} {clock}  upload   [{bar:24}] {sent} of {all}, {rate}";
            let bar = ProgressBar::new(bytes).with_style(self.style(template));
            self.upload.insert(self.show(bar))
        };
        bar.set_position(sent);
    }

    /// The upload is over.
    pub fn uploaded(&mut self) {
        if let Some(bar) = self.upload.take() {
            bar.finish_and_clear();
        }
    }

    /// A wait began, or more is known of it.
    pub fn wait(&mut self, waiting: Waiting) {
        let mut known = self.waits.iter_mut();
        if let Some((known, bar)) = known.find(|(known, _)| known.what == waiting.what) {
            known.update(waiting);
            bar.set_message(known.live());
            return;
        }
        let style = self.style("{spinner} {clock}  {wide_msg}");
        let bar = ProgressBar::new_spinner()
            .with_style(style)
            .with_message(waiting.live());
        let bar = self.show(bar);
        self.waits.push((waiting, bar));
    }

    /// A wait is over.
    pub fn over(&mut self, what: &str) {
        if let Some(at) = self.waits.iter().position(|(w, _)| w.what == what) {
            self.waits.remove(at).1.finish_and_clear();
        }
    }

    /// Everything is over: the live area goes away.
    pub fn stop(&mut self) {
        self.uploaded();
        for (_, bar) in self.waits.drain(..) {
            bar.finish_and_clear();
        }
    }

    fn show(&self, bar: ProgressBar) -> ProgressBar {
        let bar = self.multi.add(bar);
        // The first one at once: the ticker's own comes when its thread has started.
        bar.tick();
        bar.enable_steady_tick(TICK);
        bar
    }

    fn style(&self, template: &str) -> ProgressStyle {
        let template = if self.colour {
            template.replace("{spinner}", "{spinner:.cyan}")
        } else {
            template.to_owned()
        };
        // The templates are ours; were one of them wrong, the plain spinner is still a live area.
        ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .progress_chars("=> ")
            .with_key("clock", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                let _ = write!(w, "{:<6}", units::whole(s.elapsed()));
            })
            .with_key("sent", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                let _ = w.write_str(&units::bytes(s.pos()));
            })
            .with_key("all", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                let _ = w.write_str(&units::bytes(s.len().unwrap_or(0)));
            })
            .with_key("rate", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                let ms = u64::try_from(s.elapsed().as_millis()).unwrap_or(u64::MAX);
                let rate = s.pos().saturating_mul(1000) / ms.max(1);
                let _ = write!(w, "{}/s", units::bytes(rate));
            })
    }
}

impl Drop for LiveArea {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
