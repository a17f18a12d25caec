//! How long each stage of a run took, for whoever asks. The only clock of the program: nothing that is kept or hashed knows of it.

use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::terminal::{self, Progress};

/// Shows what is being done, and measures it where it was asked to.
pub struct Timings {
    progress: Progress,
    watch: Option<Mutex<Watch>>,
}

struct Watch {
    /// Stages in the order in which they began; the files that were read are one stage.
    stages: Vec<Stage>,
    /// What each thread is at, and since when: a stage, and the part of it that runs on this thread.
    running: Vec<(ThreadId, Vec<(usize, Instant)>)>,
}

struct Stage {
    name: String,
    took: Duration,
    is_part: bool,
}

#[expect(clippy::disallowed_methods, reason = "a person asks how long it took; no output that is kept depends on it")]
fn now() -> Instant {
    Instant::now()
}

impl Timings {
    pub fn start(asked: bool) -> Timings {
        let watch = || Watch { stages: Vec::new(), running: Vec::new() };
        Timings { progress: Progress::start(), watch: asked.then(|| Mutex::new(watch())) }
    }

    /// Begins a stage, which ends the one before. A text with a blank before it begins a part of the stage, of which several may run
    /// side by side; an empty text ends the part that this thread was at.
    pub fn tell(&self, text: &str) {
        self.progress.tell(text);
        if let Some(watch) = &self.watch
            && let Ok(mut watch) = watch.lock()
        {
            watch.begin(text);
        }
    }

    /// Ends the last stage and shows the table on standard error.
    pub fn finish(self) {
        drop(self.progress);
        let Some(mut watch) = self.watch.and_then(|watch| watch.into_inner().ok()) else { return };
        watch.end(0);
        let total: Duration = watch.stages.iter().filter(|own| !own.is_part).map(|own| own.took).sum();
        let row = |name: String, took: Duration| vec![name, format!("{:.2} s", took.as_secs_f64())];
        let mut rows: Vec<Vec<String>> =
            watch.stages.into_iter().map(|own| row(format!("{}{}", if own.is_part { "  " } else { "" }, own.name), own.took)).collect();
        rows.push(row("all".into(), total));
        terminal::aside(&terminal::table_text(&["Stage", "Time"], rows, terminal::Width::Free));
    }
}

impl Watch {
    fn begin(&mut self, text: &str) {
        let is_part = text.starts_with(' ');
        if text.is_empty() {
            let depth = self.own().len();
            return self.end(depth.saturating_sub(1));
        }
        if !is_part {
            self.end(0);
        }
        let name = text.trim_start();
        let name = if name.starts_with("reading ") && name != "reading the workspace" { "reading the evidence" } else { name };
        let stage = self.stages.iter().rposition(|own| own.name == name && own.is_part == is_part).unwrap_or_else(|| {
            self.stages.push(Stage { name: name.to_owned(), took: Duration::ZERO, is_part });
            self.stages.len() - 1
        });
        self.own().push((stage, now()));
    }

    /// Ends what this thread is at, down to a depth.
    fn end(&mut self, depth: usize) {
        let at = now();
        let running = self.own();
        let ended = running.split_off(depth.min(running.len()));
        for (stage, since) in ended {
            self.stages[stage].took += at.duration_since(since);
        }
    }

    /// What this thread is at.
    fn own(&mut self) -> &mut Vec<(usize, Instant)> {
        let thread = thread::current().id();
        let place = self.running.iter().position(|(own, _)| *own == thread).unwrap_or_else(|| {
            self.running.push((thread, Vec::new()));
            self.running.len() - 1
        });
        &mut self.running[place].1
    }
}
