//! The processor's multiply-add peak, measured: what a kernel could reach if it did nothing but multiply and add.

use super::simd::{Simd, Tier, Vectorized};
use rayon::prelude::*;
use std::time::Instant;

/// Sums side by side: enough to hide the latency of a multiply-add on two ports, few enough for the registers.
const CHAINS: usize = 12;
/// Multiply-adds of each sum in one timing: about half a millisecond.
const LENGTH: usize = 100_000;
/// Timings, of which the fastest counts.
const TIMINGS: usize = 20;

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
        let sums: Vec<f32> =
            (0..threads).into_par_iter().with_max_len(1).map(|_| tier.run(MultiplyAdds)).collect();
        // Read, so that the compiler cannot leave the work out.
        std::hint::black_box(sums);
        start.elapsed().as_secs_f64()
    };
    operations / (0..TIMINGS).map(|_| time()).fold(f64::INFINITY, f64::min)
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
