//! `tickmark diff`, `tickmark trend`, `tickmark history`.

use std::collections::BTreeSet;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use super::args::{ChangesFormat, DiffArguments, Gate, SideArguments, TextOrJson, TrendArguments};
use super::catalog::print_json;
use super::look::Templates;
use super::sides::{Loaded, Trust, load, read, read_both};
use super::{Failure, anew, load_controls, settle, terminal};
use crate::assessment::Assessment;
use crate::base::Diagnostics;
use crate::catalog::{EditionName, EditionRelation};
use crate::diff::history::{Found, History, history};
use crate::diff::trend::{Trend, trend};
use crate::diff::{Anew, Change, ChangeSet, Correspondence, Crosswalk, Relation, Side, compare_anew, crossings, unclear};
use crate::pack::MANIFEST;
use crate::pack::archive::{self, LIMITS};
use crate::pipeline::rejudge::rejudge;
use crate::pipeline::{Look, Set};
use crate::render::{changes as documents, html, pdf, workbook};
use crate::report::changes::{CellView, Changes, Extent, TableView};
use crate::report::{Wording, changes as views};

pub fn run(arguments: &DiffArguments, controls: Option<&Path>) -> Result<(), Failure> {
    let trust = trust(&arguments.sides);
    let (before, after) = read_both(&arguments.before, &arguments.after, trust)?;
    // The program ends here: to give back the texts of a million identities one by one would take as long as comparing them.
    let (before, after) = (ManuallyDrop::new(before), ManuallyDrop::new(after));
    refuse_mistakes(&before.assessment, &after.assessment, arguments)?;
    let crosswalks = crosswalks(&before.assessment, &after.assessment, controls)?;
    let unclear = if arguments.records_only { Vec::new() } else { unclear(before.side(), after.side(), &crosswalks, &rejudge) };
    let anew = if unclear.is_empty() {
        Anew::nothing("no query was run again")
    } else {
        anew::worked_through([(&arguments.before, &before), (&arguments.after, &after)], &unclear, controls)?
    };
    let set = ManuallyDrop::new(compare_anew(before.side(), after.side(), &crosswalks, &rejudge, &anew));
    let machine = || json(&*set);
    let view = |wording: &Wording, extent: Extent| views::changes(&set, wording, extent);
    let format = format_of(arguments.sides.format, arguments.sides.out.as_deref())?;
    if format == ChangesFormat::Text {
        print_changes(&set, &view(templates(&arguments.sides)?.look(Set::Combined).wording, Extent::Page));
    } else if let (ChangesFormat::Json, Some(path)) = (format, &arguments.sides.out) {
        // Written while it is made: it may be as long as the records.
        crate::io::write_file_by(path, |out| write_json(&*set, out))?;
        said_written(path);
    } else {
        let made = made(format, &arguments.sides, machine, &view, || views::changes_csv(&set))?;
        deliver(&made, arguments.sides.out.as_deref())?;
    }
    gate(&set, &arguments.fail_on)
}

pub fn run_trend(arguments: &TrendArguments) -> Result<(), Failure> {
    let trust = trust(&arguments.sides);
    let loaded: Vec<Loaded> = arguments.packs.iter().map(|path| read(path, trust)).collect::<Result<_, _>>()?;
    let organisations: BTreeSet<&str> = loaded.iter().map(|own| own.assessment.frame.organisation.as_str()).collect();
    if organisations.len() > 1 && !arguments.sides.across_organisations {
        return Err(other_organisations(&organisations.into_iter().collect::<Vec<_>>()));
    }
    let sides: Vec<Side<'_>> = loaded.iter().map(Loaded::side).collect();
    let followed = trend(sides);
    let machine = || json(&followed);
    let view = |wording: &Wording, extent: Extent| views::trend(&followed, wording, extent);
    let format = format_of(arguments.sides.format, arguments.sides.out.as_deref())?;
    if format == ChangesFormat::Text {
        print_trend(&followed, &view(templates(&arguments.sides)?.look(Set::Combined).wording, Extent::Page));
        return Ok(());
    }
    let made = made(format, &arguments.sides, machine, &view, || views::trend_csv(&followed))?;
    deliver(&made, arguments.sides.out.as_deref())
}

/// Lists the packs of a folder. Ends well even where the chain has gaps: a list is no gate.
pub fn run_history(folder: &Path, format: TextOrJson) -> Result<(), Failure> {
    let found = found_packs(folder)?;
    if found.is_empty() {
        let shown = folder.display();
        return Err(Failure::BadInput(format!("`{shown}` holds no pack: no folder and no ZIP archive below it has an assessment.json")));
    }
    let list = history(found);
    match format {
        TextOrJson::Json => print_json(&serde_json::to_value(&list).unwrap_or_default()),
        TextOrJson::Text => print_history(&list),
    }
    Ok(())
}

fn trust(sides: &SideArguments) -> Trust {
    if sides.unverified { Trust::Unverified } else { Trust::VerifiedOnly }
}

fn write_json<T: serde::Serialize>(value: &T, mut out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    write_json(value, &mut bytes).map_err(|error| Failure::CouldNotRun(error.to_string()))?;
    Ok(bytes)
}

/// What can only be a slip of the hand is refused with the command that was meant.
fn refuse_mistakes(before: &Assessment, after: &Assessment, arguments: &DiffArguments) -> Result<(), Failure> {
    let (old, new) = (&before.frame, &after.frame);
    if old.organisation != new.organisation && !arguments.sides.across_organisations {
        return Err(other_organisations(&[&old.organisation, &new.organisation]));
    }
    let at = |written: &str| crate::base::Instant::parse(written).map(|at| at.micros()).unwrap_or_default();
    if at(&old.as_of) > at(&new.as_of) {
        let (one, two) = (arguments.before.display(), arguments.after.display());
        return Err(Failure::BadInput(format!(
            "`{one}` is judged as of {}, later than `{two}` as of {}; the earlier one comes first: tickmark diff {two} {one}",
            old.as_of, new.as_of
        )));
    }
    Ok(())
}

fn other_organisations(names: &[&str]) -> Failure {
    Failure::BadInput(format!(
        "the packs are of different organisations: {}; give --across-organisations where one became the other",
        names.join("; ")
    ))
}

/// The built-in crosswalks between editions that differ; nothing is loaded where none does.
fn crosswalks(before: &Assessment, after: &Assessment, overlay: Option<&Path>) -> Result<Vec<Crosswalk>, Failure> {
    let wanted = crossings(before, after);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut diagnostics = Diagnostics::default();
    let controls = load_controls(overlay, &mut diagnostics)?;
    settle(diagnostics)?;
    let crosswalk = |(from, to): (String, String)| {
        let find = |name: &str| controls.catalogs.editions.keys().find(|own: &&EditionName| own.as_str() == name);
        let entries = controls.catalogs.between_editions(find(&from)?, find(&to)?)?;
        let pairs = entries
            .into_iter()
            .map(|entry| Correspondence { before: entry.from, after: entry.to, relation: relation(entry.relation) })
            .collect();
        Some(Crosswalk { from, to, pairs })
    };
    Ok(wanted.into_iter().filter_map(crosswalk).collect())
}

fn relation(relation: EditionRelation) -> Relation {
    match relation {
        EditionRelation::Unchanged => Relation::Unchanged,
        EditionRelation::Renumbered => Relation::Renumbered,
        EditionRelation::Changed => Relation::Changed,
        EditionRelation::Split => Relation::Split,
        EditionRelation::Merged => Relation::Merged,
        EditionRelation::Withdrawn => Relation::Withdrawn,
        EditionRelation::New => Relation::New,
    }
}

/// The form that was named, else the one that the file's name tells.
fn format_of(format: Option<ChangesFormat>, out: Option<&Path>) -> Result<ChangesFormat, Failure> {
    let extension = out.and_then(|path| path.extension()).and_then(|extension| extension.to_str()).unwrap_or_default();
    let format = format.unwrap_or(match extension {
        "json" => ChangesFormat::Json,
        "md" => ChangesFormat::Markdown,
        "html" => ChangesFormat::Html,
        "pdf" => ChangesFormat::Pdf,
        "xlsx" => ChangesFormat::Xlsx,
        "csv" => ChangesFormat::Csv,
        _ => ChangesFormat::Text,
    });
    match (format, out) {
        (ChangesFormat::Text, Some(_)) => {
            Err(Failure::BadInput("text goes to the terminal; name a form for --out: json, markdown, html, pdf, xlsx or csv".into()))
        }
        (ChangesFormat::Pdf | ChangesFormat::Xlsx, None) => {
            Err(Failure::BadInput("a PDF and a workbook are written to a file: name it with --out".into()))
        }
        _ => Ok(format),
    }
}

fn templates(sides: &SideArguments) -> Result<Templates, Failure> {
    let mut diagnostics = Diagnostics::default();
    let templates = Templates::load(sides.templates.as_deref(), sides.fonts.as_deref(), &mut diagnostics)?;
    settle(diagnostics)?;
    Ok(templates)
}

fn made(
    format: ChangesFormat,
    sides: &SideArguments,
    machine: impl Fn() -> Result<Vec<u8>, Failure>,
    view: &dyn Fn(&Wording, Extent) -> Changes,
    csv: impl Fn() -> (Vec<String>, Vec<Vec<String>>),
) -> Result<Vec<u8>, Failure> {
    let own = templates(sides)?;
    let Look { templates, wording, fonts, .. } = own.look(Set::Combined);
    let failed = |error: &dyn std::fmt::Display| Failure::CouldNotRun(error.to_string());
    match format {
        ChangesFormat::Text => Ok(Vec::new()),
        ChangesFormat::Json => machine(),
        ChangesFormat::Markdown => Ok(documents::markdown(&view(wording, Extent::Page)).into_bytes()),
        ChangesFormat::Html => html::render_changes(&view(wording, Extent::Page), templates).map_err(|error| failed(&error)),
        ChangesFormat::Pdf => {
            let rendered = pdf::render_changes(&view(wording, Extent::Page), &machine()?, templates, fonts);
            rendered.map(|pdf| pdf.bytes).map_err(|error| failed(&error))
        }
        ChangesFormat::Xlsx => documents::xlsx(&view(wording, Extent::Whole)).map_err(|error| failed(&error)),
        ChangesFormat::Csv => {
            let (header, rows) = csv();
            workbook::csv_rows(&header, &rows).map_err(|error| failed(&error))
        }
    }
}

fn deliver(bytes: &[u8], out: Option<&Path>) -> Result<(), Failure> {
    match out {
        Some(path) => {
            crate::io::write_file(path, bytes)?;
            said_written(path);
        }
        None => terminal::raw(&String::from_utf8_lossy(bytes)),
    }
    Ok(())
}

fn said_written(path: &Path) {
    terminal::safe_line(&format!("Wrote {}.", path.display()));
}

fn gate(set: &ChangeSet, gates: &[Gate]) -> Result<(), Failure> {
    let stops = |entry: &&crate::diff::Entry| {
        gates.iter().any(|gate| match gate {
            Gate::Worsened => entry.is_worse(),
            Gate::Incomparable => entry.change == Change::Incomparable,
            Gate::Removed => entry.change == Change::Removed,
            Gate::Added => entry.change == Change::Added,
            Gate::Any => true,
        })
    };
    let stopped: Vec<String> = set.entries.iter().filter(stops).map(|entry| format!("{} {}", entry.framework, entry.clause)).collect();
    match stopped.len() {
        0 => Ok(()),
        count => {
            let few: Vec<&str> = stopped.iter().take(5).map(String::as_str).collect();
            let more = if count > few.len() { format!(" and {} more", count - few.len()) } else { String::new() };
            Err(Failure::Gate(format!(
                "the gate is not met by {count} {}: {}{more}",
                if count == 1 { "entry" } else { "entries" },
                few.join(", ")
            )))
        }
    }
}

/// Short first: what moved and how much; then clause by clause, then who.
fn print_changes(set: &ChangeSet, view: &Changes) {
    head(view);
    terminal::safe_line(&format!("{}  ->  {}", set.before.as_of, set.after.as_of));
    terminal::safe_line(&format!("{}  ->  {}\n", set.before.root, set.after.root));
    terminal::safe_line(&view.summary);
    let counts: Vec<String> = view.tiles.iter().map(|tile| format!("{} {}", tile.count, tile.label.to_lowercase())).collect();
    terminal::safe_line(&format!("{}.", counts.join(", ")));
    tables(view);
}

fn print_trend(followed: &Trend, view: &Changes) {
    head(view);
    terminal::safe_line(&format!("{}\n", view.summary));
    for own in &followed.points {
        terminal::safe_line(&format!("{}  {} to {}  {}", own.as_of, own.period_from, own.period_to, own.root));
    }
    tables(view);
}

fn head(view: &Changes) {
    terminal::safe_line(&format!("{}: {}", view.organisation, view.title));
    for mark in &view.marks {
        terminal::safe_line(&format!("{} {}", if mark.is_grave { "!!" } else { "!" }, mark.text));
    }
}

fn tables(view: &Changes) {
    for section in view.sections.iter().filter(|section| !section.tables.is_empty()) {
        for own in &section.tables {
            let caption = if own.caption.is_empty() { &section.title } else { &own.caption };
            terminal::safe_line(&format!("\n{caption}"));
            print_table(own);
        }
    }
}

fn print_table(own: &TableView) {
    let header: Vec<&str> = own.columns.iter().map(|column| column.title.as_str()).collect();
    let cell = |cell: &CellView| cell.lines.join(" | ");
    terminal::table(&header, own.rows.iter().map(|row| row.iter().map(cell).collect()));
    if !own.note.is_empty() {
        terminal::safe_line(&own.note);
    }
}

/// Every folder that holds a record and every ZIP archive of a pack, two levels down.
fn found_packs(folder: &Path) -> Result<Vec<Found>, Failure> {
    const LEVELS: usize = 2;
    let files = crate::io::list_below(folder, LEVELS + 1)?;
    let with = |wanted: &str| -> BTreeSet<&Path> {
        files.iter().filter(|path| path.file_name().is_some_and(|name| name == wanted)).filter_map(|path| path.parent()).collect()
    };
    let sealed = with(MANIFEST);
    let is_archive = |path: &&Path| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        // What lies in a pack is part of it.
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
            && below.components().count() <= LEVELS
            && !path.ancestors().any(|parent| sealed.contains(parent))
    };
    let mut places = with("assessment.json");
    places.extend(files.iter().map(PathBuf::as_path).filter(is_archive));
    let shown = |path: &Path| match path.strip_prefix(folder).unwrap_or(path).display().to_string() {
        own if own.is_empty() => ".".to_owned(),
        own => own,
    };
    let found = |path: &Path| match load(path) {
        Ok(loaded) => {
            let previous_root = loaded.assessment.frame.previous.as_ref().map(ToString::to_string);
            Some(Found { place: shown(path), side: Some(crate::diff::side_record(loaded.side())), previous_root, problem: String::new() })
        }
        Err(failure) => Some(Found { place: shown(path), side: None, previous_root: None, problem: why_unreadable(path, &failure)? }),
    };
    Ok(places.into_iter().filter_map(found).collect())
}

/// Why a place gave no pack; nothing where it is an archive of something else.
fn why_unreadable(path: &Path, failure: &Failure) -> Option<String> {
    if path.is_dir() {
        return Some(failure.to_string());
    }
    match crate::io::read_one_within(path, LIMITS.bytes).map(|bytes| archive::read(&bytes, LIMITS)) {
        Ok(Ok(files)) if files.get("assessment.json").is_none() => None,
        Ok(Err(problems)) => problems.first().map(|(what, reason)| format!("it is refused: {what}: {reason}")),
        Ok(Ok(_)) | Err(_) => Some(failure.to_string()),
    }
}

fn print_history(list: &History) {
    terminal::table(
        &["Period", "Judged as of", "Root", "Place", "What about it"],
        list.packs.iter().map(|link| {
            let side = link.found.side.as_ref();
            let notes: Vec<&str> = link.notes.iter().map(|note| note.text.as_str()).collect();
            vec![
                side.map(|side| format!("{} to {}", side.period_from, side.period_to)).unwrap_or_default(),
                side.map(|side| side.as_of.clone()).unwrap_or_default(),
                side.map(|side| side.root.clone()).unwrap_or_default(),
                link.found.place.clone(),
                notes.join(" "),
            ]
        }),
    );
    for own in &list.unreadable {
        terminal::safe_line(&format!("{}: {}", own.place, own.problem));
    }
    let told = if list.is_whole {
        "Every pack holds and, after the first, names one that is here; the periods follow each other without a gap."
    } else {
        "The chain is not whole; see above."
    };
    terminal::line(told);
}
