//! How long each stage of a run took, for whoever asks. The only clock of the program: nothing that is kept or hashed knows of it.

use std::collections::HashMap;
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
    /// What each thread is at, and since when.
    running: HashMap<ThreadId, (usize, Instant)>,
    /// The thread whose stages follow each other; those of the others are parts of them.
    main: ThreadId,
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
        let watch = || Watch { stages: Vec::new(), running: HashMap::new(), main: thread::current().id() };
        Timings { progress: Progress::start(), watch: asked.then(|| Mutex::new(watch())) }
    }

    /// Ends what this thread was at and begins another stage; an empty text begins none.
    pub fn tell(&self, text: &str) {
        if !text.is_empty() {
            self.progress.tell(text);
        }
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
        watch.begin("");
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
        let (at, thread) = (now(), thread::current().id());
        if let Some((stage, since)) = self.running.remove(&thread)
            && let Some(own) = self.stages.get_mut(stage)
        {
            own.took += at.duration_since(since);
        }
        if text.is_empty() {
            return;
        }
        let name = if text.starts_with("reading ") && text != "reading the workspace" { "reading the evidence" } else { text };
        let is_part = thread != self.main;
        let stage = self.stages.iter().rposition(|own| own.name == name && own.is_part == is_part).unwrap_or_else(|| {
            self.stages.push(Stage { name: name.to_owned(), took: Duration::ZERO, is_part });
            self.stages.len() - 1
        });
        self.running.insert(thread, (stage, at));
    }
}
