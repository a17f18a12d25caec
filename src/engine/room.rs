//! How much memory a part of a query may hold before it goes on from disk.
//!
//! Grouping can put aside what it holds: each grouping may hold so much, counted for itself. What another part or another query holds at
//! the time has no say in it, so that the same query over the same tables is always worked out the same way. Every other part (one side of a
//! join, windows, sorts) gets what it needs: some of them cannot go on from disk, and a sort that is refused room after its rows are sorted
//! gives up. What they hold grows with identities and not with events.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

/// So many bytes one grouping holds.
pub(super) const HELD_MAX: usize = 192 * 1024 * 1024;

/// Gives each part of a query its own room.
#[derive(Debug)]
pub(super) struct Room {
    held_max: usize,
    held: AtomicUsize,
}

impl Room {
    pub(super) fn new(held_max: usize) -> Room {
        Room { held_max, held: AtomicUsize::new(0) }
    }
}

fn is_grouping(part: &MemoryConsumer) -> bool {
    part.can_spill() && part.name().contains("Aggregate")
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "room of {} bytes for each grouping", self.held_max)
    }
}

impl MemoryPool for Room {
    fn name(&self) -> &str {
        "room"
    }

    fn grow(&self, _: &MemoryReservation, additional: usize) {
        self.held.fetch_add(additional, Ordering::Relaxed);
    }

    fn shrink(&self, _: &MemoryReservation, less: usize) {
        self.held.fetch_sub(less, Ordering::Relaxed);
    }

    fn try_grow(&self, part: &MemoryReservation, additional: usize) -> Result<()> {
        // A part that holds nothing has nothing to put aside.
        let holds = part.size();
        if is_grouping(part.consumer()) && holds > 0 && holds.saturating_add(additional) > self.held_max {
            return Err(DataFusionError::ResourcesExhausted(format!("`{}` holds {holds} bytes", part.consumer().name())));
        }
        self.grow(part, additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Table;
    use crate::base::table::Column;
    use crate::engine::{Engine, Parameters, Query};

    /// Counts how often a part was refused more.
    #[derive(Debug)]
    struct Counting {
        room: Room,
        refused: AtomicUsize,
    }

    impl fmt::Display for Counting {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.room.fmt(f)
        }
    }

    impl MemoryPool for Counting {
        fn name(&self) -> &str {
            self.room.name()
        }

        fn grow(&self, part: &MemoryReservation, additional: usize) {
            self.room.grow(part, additional);
        }

        fn shrink(&self, part: &MemoryReservation, less: usize) {
            self.room.shrink(part, less);
        }

        fn try_grow(&self, part: &MemoryReservation, additional: usize) -> Result<()> {
            self.room.try_grow(part, additional).inspect_err(|_| {
                self.refused.fetch_add(1, Ordering::Relaxed);
            })
        }

        fn reserved(&self) -> usize {
            self.room.reserved()
        }
    }

    /// Many groups, some of them missing, in no order.
    fn engine(held_max: usize) -> (Engine, Arc<Counting>) {
        let room = Arc::new(Counting { room: Room::new(held_max), refused: AtomicUsize::new(0) });
        let engine = Engine::with_room(room.clone());
        let rows = 0..40_000_i64;
        let who = |row: i64| (row % 11 != 0).then(|| format!("who{}", row * 7_919 % 9_001));
        let columns = vec![
            ("who".to_owned(), Column::Text(rows.clone().map(who).collect())),
            ("place".to_owned(), Column::Text(rows.clone().map(|row| Some(format!("log.json\u{1f}$[{}]", row * 31 % 40_000))).collect())),
            ("day".to_owned(), Column::Integer(rows.clone().map(|row| (row % 13 != 0).then_some(row % 90)).collect())),
            ("failed".to_owned(), Column::Boolean(rows.map(|row| (row % 17 != 0).then_some(row % 5 == 0)).collect())),
        ];
        engine.load("events", &Table::new(columns));
        (engine, room)
    }

    fn told(engine: &Engine, sql: &str) -> Vec<String> {
        let table = engine.query(&Query::parse(sql).unwrap(), &Parameters::new()).unwrap();
        let names: Vec<String> = table.names().iter().map(ToString::to_string).collect();
        let mut rows: Vec<String> =
            (0..table.len()).map(|row| names.iter().map(|name| table.cell(row, name).to_string()).collect::<Vec<_>>().join("|")).collect();
        rows.sort();
        rows
    }

    #[test]
    fn what_goes_on_from_disk_gives_the_same_answer_and_leaves_nothing_behind() {
        for sql in [
            "select who, day, min(place) as place, max(place) as last from events group by who, day",
            "select who, count(*) as days, sum(n) as n, bool_or(failed) as failed from \
             (select who, day, count(*) as n, bool_and(failed) as failed from events group by who, day) as days group by who",
            "select who, min(case when failed then place end) as place, count(distinct day) as days from events group by who having count(*) > 2",
            "select distinct place, who from events",
            "select count(*) filter (where failed) as failed, count(day) as days, place from events group by place",
            "select a.who, a.n, b.last from (select who, count(*) as n from events group by who) as a \
             inner join (select who, max(place) as last from events group by who) as b on b.who = a.who",
        ] {
            let ((narrow, refusing), (wide, granting)) = (engine(64 * 1024), engine(HELD_MAX));
            let found = told(&narrow, sql);
            assert!(found.len() > 5_000, "{sql}");
            assert_eq!(found, told(&wide, sql), "{sql}");
            assert!(refusing.refused.load(Ordering::Relaxed) > 1, "{sql}");
            assert_eq!(granting.refused.load(Ordering::Relaxed), 0);
            assert_eq!((refusing.reserved(), granting.reserved()), (0, 0));
            assert_eq!(narrow.context.runtime_env().disk_manager.used_disk_space(), 0);
        }
    }

    #[test]
    fn what_cannot_go_on_from_disk_gets_what_it_needs() {
        let (engine, room) = engine(64 * 1024);
        let joined = "select a.place from events as a inner join events as b on a.place = b.place order by a.place";
        assert_eq!(told(&engine, joined).len(), 40_000);
        assert_eq!(told(&engine, "select place, lag(place) over (partition by who order by place) as before from events").len(), 40_000);
        assert_eq!(room.refused.load(Ordering::Relaxed), 0);
    }
}
