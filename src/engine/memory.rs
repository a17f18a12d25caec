//! How much memory a query may hold before it goes on in temporary files.
//!
//! Sorting and grouping can go on there, and are made to from a stated size on. A join cannot: it holds the smaller of its two sides,
//! which is given what it needs, since a check that breaks off says nothing.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};

/// What all sorting and grouping of one query may hold together.
const HELD_BYTES_MAX: usize = 512 * 1024 * 1024;

pub(super) fn runtime() -> Arc<RuntimeEnv> {
    let pool = Arc::new(Pool { held: AtomicUsize::new(0), spillable: AtomicUsize::new(0) });
    RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().expect("temporary files are made when they are first needed")
}

/// Refuses more memory only to those who can do without.
#[derive(Debug)]
struct Pool {
    /// Bytes of everyone.
    held: AtomicUsize,
    /// Bytes of those who can go on in temporary files.
    spillable: AtomicUsize,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool of {HELD_BYTES_MAX} bytes for sorting and grouping")
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        "sorting and grouping"
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.held.fetch_add(additional, Ordering::Relaxed);
        if reservation.consumer().can_spill() {
            self.spillable.fetch_add(additional, Ordering::Relaxed);
        }
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.held.fetch_sub(shrink, Ordering::Relaxed);
        if reservation.consumer().can_spill() {
            self.spillable.fetch_sub(shrink, Ordering::Relaxed);
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let spillable = self.spillable.load(Ordering::Relaxed);
        if reservation.consumer().can_spill() && spillable + additional > HELD_BYTES_MAX {
            return Err(DataFusionError::ResourcesExhausted(format!("{spillable} bytes are held, and {additional} more were asked for")));
        }
        self.grow(reservation, additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(HELD_BYTES_MAX)
    }
}
