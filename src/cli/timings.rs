//! How long each stage of a run took, for whoever asks. The only clock of the program: nothing that is kept or hashed knows of it.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::terminal::{self, Progress};

/// Shows what is being done, and measures it where it was asked to.
pub struct Timings {
    progress: Progress,
    watch: Option<RefCell<Watch>>,
}

struct Watch {
    /// Stages in the order in which they began; the files that were read are one stage.
    stages: Vec<(String, Duration)>,
    since: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a person asks how long it took; no output that is kept depends on it")]
fn now() -> Instant {
    Instant::now()
}

impl Timings {
    pub fn start(asked: bool) -> Timings {
        let watch = asked.then(|| RefCell::new(Watch { stages: Vec::new(), since: now() }));
        Timings { progress: Progress::start(), watch }
    }

    /// Ends the stage before and begins another.
    pub fn tell(&self, text: &str) {
        self.progress.tell(text);
        if let Some(watch) = &self.watch {
            watch.borrow_mut().begin(text);
        }
    }

    /// Ends the last stage and shows the table on standard error.
    pub fn finish(self) {
        drop(self.progress);
        let Some(watch) = self.watch else { return };
        let mut watch = watch.into_inner();
        watch.end();
        let total: Duration = watch.stages.iter().map(|(_, took)| *took).sum();
        let row = |name: &str, took: Duration| vec![name.to_owned(), format!("{:.2} s", took.as_secs_f64())];
        let mut rows: Vec<Vec<String>> = watch.stages.iter().map(|(name, took)| row(name, *took)).collect();
        rows.push(row("all", total));
        terminal::aside(&terminal::table_text(&["Stage", "Time"], rows, terminal::Width::Free));
    }
}

impl Watch {
    fn begin(&mut self, text: &str) {
        self.end();
        let name = if text.starts_with("reading ") && text != "reading the workspace" { "reading the evidence" } else { text };
        if self.stages.last().is_none_or(|(last, _)| last != name) {
            self.stages.push((name.to_owned(), Duration::ZERO));
        }
    }

    fn end(&mut self) {
        let at = now();
        if let Some((_, took)) = self.stages.last_mut() {
            *took += at.duration_since(self.since);
        }
        self.since = at;
    }
}
