//! Processor time by phase of a training step, and what each member of a team does in which order: only with the feature
//! `phases`.

/// The phases of a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Packing weights for the forward pass.
    Pack,
    /// The rest of the forward pass.
    Forward,
    /// Packing transposed weights for the backward pass.
    Transpose,
    /// The backward pass through time.
    ThroughTime,
    /// Summing the weight gradients.
    WeightGradient,
    /// Writing the weight gradients in the order of the weights.
    Unpack,
}

#[cfg(feature = "phases")]
mod clock {
    use super::Phase;
    use std::cell::RefCell;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, PoisonError};

    /// What a member of a team does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Event {
        /// Computes for so many nanoseconds of processor time.
        Work(u64),
        /// Waits until so many parts of steps of a task are done.
        Wait { task: usize, parts: usize },
        /// Is done with its part of a step of a task.
        Done { task: usize },
        /// Waits until all members have come as far.
        All,
    }

    thread_local! {
        static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    }
    static PASSES: Mutex<Vec<Vec<Vec<Event>>>> = Mutex::new(Vec::new());

    pub(crate) fn note(event: Event) {
        EVENTS.with_borrow_mut(|events| events.push(event));
    }

    /// What this thread has noted since the last call.
    pub(crate) fn take_events() -> Vec<Event> {
        EVENTS.with_borrow_mut(std::mem::take)
    }

    pub(crate) fn add_pass(members: Vec<Vec<Event>>) {
        PASSES.lock().unwrap_or_else(PoisonError::into_inner).push(members);
    }

    /// The events of the passes since the last call: `[passes][members]`.
    pub fn take_passes() -> Vec<Vec<Vec<Event>>> {
        std::mem::take(&mut PASSES.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub const COUNT: usize = 6;
    static TOTALS: [AtomicU64; COUNT] = [const { AtomicU64::new(0) }; COUNT];

    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }

    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }

    fn nanoseconds() -> u64 {
        let mut time = Time { seconds: 0, nanoseconds: 0 };
        // SAFETY: the C library's function fills the structure; 3 is the clock of this thread's processor time on Linux.
        unsafe { clock_gettime(3, &mut time) };
        time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
    }

    pub struct Started(u64);

    impl Started {
        pub fn now() -> Started {
            Started(nanoseconds())
        }

        pub fn end(self, phase: Phase) {
            let spent = nanoseconds() - self.0;
            TOTALS[phase as usize].fetch_add(spent, Ordering::Relaxed);
            note(Event::Work(spent));
        }
    }

    /// Nanoseconds by phase since the last call, in the order of [`Phase`].
    pub fn take() -> [u64; COUNT] {
        std::array::from_fn(|i| TOTALS[i].swap(0, Ordering::Relaxed))
    }
}

#[cfg(not(feature = "phases"))]
mod clock {
    use super::Phase;

    pub struct Started;

    impl Started {
        #[inline(always)]
        pub fn now() -> Started {
            Started
        }

        #[inline(always)]
        pub fn end(self, _phase: Phase) {}
    }
}

pub(crate) use clock::Started;
#[cfg(feature = "phases")]
pub use clock::{Event, take, take_passes};
#[cfg(feature = "phases")]
pub(crate) use clock::{add_pass, note, take_events};
