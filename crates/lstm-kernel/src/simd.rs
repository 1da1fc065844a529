//! The vector operations that the kernel is written in, once for all processors.
//!
//! Owns the trait [`Simd`] and its three implementations, and [`Tier`], which names them and runs code on one of them. What
//! is computed with the vectors is in the modules above.
//!
//! Everything generic over [`Simd`] is `#[inline(always)]` from [`Vectorized::run`] down, and [`Tier::run`] calls it from
//! one function per tier that has the `#[target_feature]` attributes. So the compiler sees the whole computation with the
//! tier's instructions enabled. That function makes the value of `S` that everything below passes on: a value of a tier's
//! type is the proof that the processor has its instructions, so arithmetic on its vectors is safe.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use std::sync::OnceLock;

/// The fastest tier that this process may use.
static LIMIT: OnceLock<Tier> = OnceLock::new();

/// Vectors of `LANES` f32 and what the kernel does with them. A value exists only where the processor has the instructions.
pub(crate) trait Simd: Copy + 'static {
    /// One vector.
    type V: Copy;
    /// f32 in a vector.
    const LANES: usize;
    /// Rows of a micro-tile of the forward pass and of the weight gradients, of four vectors each: sums that the registers
    /// hold beside one vector and one factor per row ([`super::gates`], [`super::weight_gradient`]).
    const TILE_ROWS: usize;
    /// Vectors of sums that the registers hold beside the operands ([`super::matmul`]).
    const TILE: usize;
    /// Most vectors in a row of a micro-tile of [`super::matmul`].
    const GROUP: usize;

    fn zero(self) -> Self::V;
    fn splat(self, value: f32) -> Self::V;
    /// # Safety
    ///
    /// `source` must be valid for reading `LANES` f32; no alignment is required.
    unsafe fn load(self, source: *const f32) -> Self::V;
    /// # Safety
    ///
    /// `target` must be valid for writing `LANES` f32; no alignment is required.
    unsafe fn store(self, target: *mut f32, v: Self::V);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once if the processor fuses it.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c - a * b`.
    fn negated_fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The smaller of the two; `b` if either is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The larger of the two; `b` if either is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `v`, or 0 if its magnitude is below `least`; NaN stays NaN.
    fn without_tiny(self, v: Self::V, least: Self::V) -> Self::V;
    /// `1 / v` for `v` in `1..=2^126`, within one unit in the last place.
    fn reciprocal(self, v: Self::V) -> Self::V;
    /// `2^n` for an integer `n` in `-126..=127`, given as `1.5 * 2^23 + n`, whose low mantissa bits hold `n`.
    fn power_of_two(self, shifted: Self::V) -> Self::V;
    /// Bit `i` is set if `values[i]` is not zero; of at most `LANES` values.
    fn nonzero(self, values: &[f32]) -> u64;
    /// Prefetches the cache line of `source` into the L2 cache; any address is allowed.
    fn prefetch(self, source: *const f32);
}

/// Methods of a tier that are one instruction each.
#[cfg(target_arch = "x86_64")]
macro_rules! instructions {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty = $instruction:ident;)*) => {$(
        #[inline(always)]
        fn $name(self $(, $argument: $kind)*) -> $result {
            // SAFETY: `self` is the proof that the processor has the instruction, which uses no memory.
            unsafe { $instruction($($argument),*) }
        }
    )*};
}
#[cfg(target_arch = "x86_64")]
use instructions;

/// [`Simd::nonzero`] without vectors.
#[inline(always)]
fn nonzero_one_by_one(values: &[f32]) -> u64 {
    values.iter().enumerate().fold(0, |mask, (i, value)| mask | u64::from(*value != 0.0) << i)
}

/// Asks the processor to bring `bytes` into its L1 cache, and does not wait. Without effect on processors other than x86-64.
pub fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        // SAFETY: SSE is part of x86-64, and a prefetch reads no memory that the program sees.
        unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// A computation that can run on any tier.
pub(crate) trait Vectorized {
    type Output;
    /// Implementations are `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The vector instructions that the kernel uses, slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Plain Rust on short arrays, which the compiler vectorises with the instructions that every processor of the target
    /// has.
    Plain,
    /// x86-64 AVX2 and FMA: 8 lanes, 16 registers.
    Avx2,
    /// x86-64 AVX-512 F, VL, DQ and BW: 16 lanes, 32 registers.
    Avx512,
}

impl Tier {
    /// The tiers that this processor can run, slowest first; never empty.
    pub fn available() -> Vec<Tier> {
        [Tier::Plain, Tier::Avx2, Tier::Avx512].into_iter().filter(|tier| tier.is_available()).collect()
    }

    /// The fastest tier that this processor can run, of those that [`Tier::limit`] allows.
    pub fn best() -> Tier {
        let fastest = *Tier::available().last().expect("the plain tier runs on every processor");
        LIMIT.get().map_or(fastest, |limit| fastest.min(*limit))
    }

    /// Makes [`Tier::best`] of this process no faster than this tier. Must come before the first kernel is made; the first
    /// call counts.
    pub fn limit(self) {
        LIMIT.get_or_init(|| self);
    }

    /// Whether this processor can run the tier.
    pub fn is_available(self) -> bool {
        match self {
            Tier::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                Tier::Avx2.is_available()
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Avx2 | Tier::Avx512 => false,
        }
    }

    /// f32 in a vector of this tier.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Tier::Plain => plain::Plain::LANES,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => avx2::Avx2::LANES,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => avx512::Avx512::LANES,
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Avx2 | Tier::Avx512 => plain::Plain::LANES,
        }
    }

    /// Blocks of columns in a group of the transposed panels, at most.
    pub(crate) fn group(self) -> usize {
        match self {
            Tier::Plain => plain::Plain::GROUP,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => avx2::Avx2::GROUP,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => avx512::Avx512::GROUP,
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Avx2 | Tier::Avx512 => plain::Plain::GROUP,
        }
    }

    /// Runs `work` with this tier's vectors.
    ///
    /// # Panics
    ///
    /// If the processor lacks the tier.
    #[inline]
    pub(crate) fn run<W: Vectorized>(self, work: W) -> W::Output {
        assert!(self.is_available(), "this processor has no {self:?} instructions");
        match self {
            Tier::Plain => work.run(plain::Plain),
            // SAFETY: `is_available` has just found the instructions.
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => unsafe { avx2::run(work) },
            // SAFETY: `is_available` has just found the instructions.
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => unsafe { avx512::run(work) },
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Avx2 | Tier::Avx512 => unreachable!("not available on this processor"),
        }
    }
}
