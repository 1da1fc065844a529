//! Processor time by phase of a training step, counted only with the feature `phases`.

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
    use std::sync::atomic::{AtomicU64, Ordering};

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
            TOTALS[phase as usize].fetch_add(nanoseconds() - self.0, Ordering::Relaxed);
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
pub use clock::take;
