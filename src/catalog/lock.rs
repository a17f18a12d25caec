//! `controls.lock`: what every released revision of a catalog and a crosswalk consists of, so that none changes silently.

use std::collections::BTreeMap;

use super::Catalogs;

/// One line per edition and crosswalk: name, revision, digest.
pub fn render(catalogs: &Catalogs) -> String {
    entries(catalogs).into_iter().map(|(name, (revision, digest))| format!("{name} r{revision} {digest}\n")).collect()
}

fn entries(catalogs: &Catalogs) -> BTreeMap<String, (u32, String)> {
    let editions =
        catalogs.editions.values().map(|catalog| (catalog.name.to_string(), (catalog.about.revision, catalog.digest.to_string())));
    let crosswalks = catalogs
        .crosswalks
        .iter()
        .map(|crosswalk| (format!("{}--{}", crosswalk.from, crosswalk.to), (crosswalk.revision, crosswalk.digest.to_string())));
    editions.chain(crosswalks).collect()
}

/// What changed although its revision did not, and what went away. Each as a sentence that names the remedy.
pub fn drift(lock: &str, catalogs: &Catalogs) -> Vec<String> {
    let now = entries(catalogs);
    let mut drift = Vec::new();
    for (number, line) in lock.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let (name, revision, digest) = match parts.as_slice() {
            [name, revision, digest] => match revision.strip_prefix('r').and_then(|number| number.parse::<u32>().ok()) {
                Some(revision) => (*name, revision, *digest),
                None => {
                    drift.push(format!("line {} of the lock has no revision", number + 1));
                    continue;
                }
            },
            _ => {
                drift.push(format!("line {} of the lock is not name, revision, digest", number + 1));
                continue;
            }
        };
        match now.get(name) {
            None => drift.push(format!("{name} was released and is gone")),
            Some((now, _)) if *now < revision => drift.push(format!("{name} was released as revision {revision} and is now {now}")),
            Some((now, own)) if *now == revision && own != digest => {
                drift.push(format!("{name} changed and is still revision {revision}; raise `revision` and say why in the changelog"));
            }
            Some(_) => {}
        }
    }
    drift
}
