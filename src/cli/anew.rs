//! Both sides of a comparison worked through again, one part exchanged at a time, where their records alone do not tell what moved a verdict.
//!
//! In: the objectives concerned, and the sides. Out: what each comes to. A side whose evidence is not at hand is never worked through.

use std::collections::BTreeMap;
use std::path::Path;

use super::sides::{Loaded, reread};
use super::{Failure, rederive, terminal};
use crate::assessment::ObjectiveResult;
use crate::base::Diagnostics;
use crate::diff::{Anew, Exchange, Part, Start, Unclear};
use crate::pipeline::{Means, Reopened};

/// Tests every unclear objective again, in all exchanges that tell its parts apart.
pub fn worked_through(sides: [(&Path, &Loaded); 2], unclear: &[Unclear], overlay: Option<&Path>) -> Result<Anew, Failure> {
    let progress = terminal::Progress::start();
    let mut open = Vec::new();
    for (start, (path, loaded)) in [Start::Before, Start::After].into_iter().zip(sides) {
        progress.tell(&format!("opening {}", path.display()));
        match reopened(path, loaded, overlay)? {
            Ok(side) => open.push(side),
            Err(reason) => return Ok(Anew::nothing(format!("the {} {reason}", word(start)))),
        }
    }
    let [before, after] = open.as_slice() else { return Ok(Anew::nothing("a side is not at hand")) };
    let sides = Both { before, after };
    let mut results = BTreeMap::new();
    let mut runs: BTreeMap<Run, Vec<Exchange>> = BTreeMap::new();
    for own in unclear {
        for exchange in own.exchanges() {
            runs.entry(Run::of(&exchange, &own.parts)).or_default().push(exchange);
        }
    }
    for start in [Start::Before, Start::After] {
        let own: Vec<(&Run, Result<Means, String>)> =
            runs.keys().filter(|run| run.evidence == start).map(|run| (run, sides.means(run))).collect();
        let asked: Vec<Means> = own.iter().filter_map(|(_, means)| means.as_ref().ok().cloned()).collect();
        let mut tested = if asked.is_empty() { Vec::new() } else { sides.of(start).test(&asked, |text| progress.tell(text)) }.into_iter();
        for (run, means) in own {
            let result: Result<ObjectiveResult, String> = match means {
                Ok(_) => {
                    tested.next().unwrap_or_else(|| Err("was not tested".into())).map_err(|reason| format!("the {} {reason}", word(start)))
                }
                Err(reason) => Err(reason),
            };
            results.extend(runs[run].iter().map(|exchange| (exchange.clone(), result.clone())));
        }
    }
    Ok(Anew { results, otherwise: "it was not tested again".into() })
}

fn word(start: Start) -> &'static str {
    match start {
        Start::Before => "earlier side",
        Start::After => "later side",
    }
}

/// One test of an objective: which side gives what. Several exchanges may be the same test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    objective: String,
    evidence: Start,
    check: Start,
    stated: Start,
}

impl Run {
    /// A part in which the sides do not differ comes from the side that gives the evidence.
    fn of(exchange: &Exchange, parts: &[Part]) -> Run {
        let from = |part: Part| if exchange.part == part { exchange.start.other() } else { exchange.start };
        let evidence = from(Part::Evidence);
        let either = |part: Part| if parts.contains(&part) { from(part) } else { evidence };
        Run { objective: exchange.objective.clone(), evidence, check: either(Part::Check), stated: either(Part::Parameter) }
    }
}

struct Both<'a> {
    before: &'a Reopened,
    after: &'a Reopened,
}

impl<'a> Both<'a> {
    fn of(&self, start: Start) -> &'a Reopened {
        match start {
            Start::Before => self.before,
            Start::After => self.after,
        }
    }

    fn means(&self, run: &Run) -> Result<Means, String> {
        let absent = || format!("this program does not hold the query of the {}", word(run.check));
        let check = self.of(run.check).means(&run.objective).ok_or_else(absent)?;
        self.of(run.evidence).mixed(&check.objective, self.of(run.stated).stated(&run.objective))
    }
}

/// A side read again with its evidence, or what is to be said of it.
fn reopened(path: &Path, loaded: &Loaded, overlay: Option<&Path>) -> Result<Result<Reopened, String>, Failure> {
    let pack = match &loaded.pack {
        Ok(pack) => pack,
        Err(reason) => return Ok(Err((*reason).to_owned())),
    };
    let Some((files, assessment)) = reread(path, pack)? else { return Ok(Err("changed while it was compared".to_owned())) };
    let mut diagnostics = Diagnostics::default();
    let (kept, controls) = rederive::opened(&files, assessment, overlay, &mut diagnostics)?;
    Ok(Reopened::open(kept, controls, diagnostics))
}
