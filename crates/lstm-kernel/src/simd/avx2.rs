//! [`Simd`] on AVX2 and FMA: 8 lanes, 16 registers.
//!
//! Every method is a few instructions. It is unsafe for the reason that its trait method gives: the processor must have the
//! instructions, and the pointers must be valid.

use std::arch::x86_64::*;

use super::{Simd, Vectorized};

#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// Runs `work` compiled for AVX2 and FMA.
///
/// # Safety
///
/// The processor must have AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn run<W: Vectorized>(work: W) -> W::Output {
    // SAFETY: the caller vouches for the instructions.
    unsafe { work.run::<Avx2>() }
}

// SAFETY of every block below: the caller of the trait method vouches for processor and pointers.
impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const TILE_ROWS: usize = 3;
    const TILE: usize = 12;
    const GROUP: usize = 2;

    #[inline(always)]
    unsafe fn zero() -> __m256 {
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(source: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store(target: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(target, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn negated_fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fnmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn without_tiny(v: __m256, least: __m256) -> __m256 {
        unsafe {
            let magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0), v);
            _mm256_and_ps(v, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitude, least))
        }
    }
    #[inline(always)]
    unsafe fn reciprocal(v: __m256) -> __m256 {
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), v) }
    }
    #[inline(always)]
    unsafe fn power_of_two(shifted: __m256) -> __m256 {
        unsafe {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
            _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_set1_epi32(0x3f80_0000)))
        }
    }
    #[inline(always)]
    unsafe fn nonzero(source: *const f32, count: usize) -> u64 {
        debug_assert!(count <= Self::LANES);
        unsafe {
            if count == Self::LANES {
                let equal = _mm256_cmp_ps::<_CMP_NEQ_UQ>(_mm256_loadu_ps(source), _mm256_setzero_ps());
                return u64::from(_mm256_movemask_ps(equal) as u32);
            }
            (0..count).fold(0, |mask, i| mask | u64::from(*source.add(i) != 0.0) << i)
        }
    }
    #[inline(always)]
    unsafe fn prefetch(source: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(source.cast()) }
    }
}
