//! Measures the processor's multiply-add peak: the speed of a kernel that does nothing but multiply and add.

use super::simd::{Simd, Tier, Vectorized};
use std::time::{Duration, Instant};

/// Independent sums: enough to hide the latency of a multiply-add on two ports, few enough for the registers.
const CHAINS: usize = 12;
/// Multiply-adds per sum in one timing: about a fifth of a millisecond.
const LENGTH: usize = 100_000;
/// How long timings are repeated; the fastest counts. A few milliseconds are not enough, because new threads may share one
/// core until the system has spread them.
const DURATION: Duration = Duration::from_millis(200);

/// Floating-point operations per second (a multiply-add counts as two) of the current thread pool on this tier: the fastest
/// of several timings in which every thread multiplies and adds in registers.
///
/// # Panics
///
/// If the processor lacks the tier.
pub fn multiply_add_peak(tier: Tier) -> f64 {
    let threads = rayon::current_num_threads();
    let operations = (2 * CHAINS * LENGTH * tier.lanes() * threads) as f64;
    let time = || {
        let start = Instant::now();
        // Once on every thread: with a parallel iterator, one fast thread could take the work of two. The sums are read, so
        // that the compiler cannot remove the work.
        std::hint::black_box(rayon::broadcast(|_| tier.run(MultiplyAdds)));
        start.elapsed().as_secs_f64()
    };
    let start = Instant::now();
    let mut fastest = time();
    while start.elapsed() < DURATION {
        fastest = fastest.min(time());
    }
    operations / fastest
}

struct MultiplyAdds;

impl Vectorized for MultiplyAdds {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let (factor, term) = (simd.splat(std::hint::black_box(0.5)), simd.splat(std::hint::black_box(0.25)));
        let mut sums = [simd.zero(); CHAINS];
        for _ in 0..LENGTH {
            for sum in &mut sums {
                *sum = simd.fma(*sum, factor, term);
            }
        }
        let total = sums.into_iter().fold(simd.zero(), |total, sum| simd.add(total, sum));
        let mut out = [0.0; 64];
        // SAFETY: `out` has room for a vector.
        unsafe { simd.store(out.as_mut_ptr(), total) };
        out[0]
    }
}
