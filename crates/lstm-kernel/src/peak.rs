//! The processor's multiply-add peak, measured: what a kernel could reach if it did nothing but multiply and add.

use super::simd::{Simd, Tier, Vectorized};
use std::time::{Duration, Instant};

/// Sums side by side: enough to hide the latency of a multiply-add on two ports, few enough for the registers.
const CHAINS: usize = 12;
/// Multiply-adds of each sum in one timing: about a fifth of a millisecond.
const LENGTH: usize = 100_000;
/// For how long timings are taken, of which the fastest counts. The first milliseconds do not suffice: new threads may
/// share one core until the system has spread them.
const DURATION: Duration = Duration::from_millis(200);

/// Floating-point operations a second (a multiply-add counts two) of the current thread pool on this tier: the fastest
/// of several timings in which every thread keeps multiplying and adding in registers.
///
/// # Panics
/// When the processor lacks the tier.
pub fn multiply_add_peak(tier: Tier) -> f64 {
    let threads = rayon::current_num_threads();
    let operations = (2 * CHAINS * LENGTH * tier.lanes() * threads) as f64;
    let time = || {
        let start = Instant::now();
        // On every thread once: shared out, one quick thread could take the other's part too. The sums are read, so that the
        // compiler cannot leave the work out.
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
    unsafe fn run<S: Simd>(self) -> f32 {
        // SAFETY: the caller has made sure of the instructions, and `out` holds a vector's f32.
        unsafe {
            let (factor, term) = (S::splat(std::hint::black_box(0.5)), S::splat(std::hint::black_box(0.25)));
            let mut sums = [S::zero(); CHAINS];
            for _ in 0..LENGTH {
                for sum in &mut sums {
                    *sum = S::fma(*sum, factor, term);
                }
            }
            let total = sums.into_iter().fold(S::zero(), |total, sum| S::add(total, sum));
            let mut out = [0.0; 64];
            S::store(out.as_mut_ptr(), total);
            out[0]
        }
    }
}
