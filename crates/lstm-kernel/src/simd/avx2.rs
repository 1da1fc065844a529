//! [`Simd`] on AVX2 and FMA: 8 lanes, 16 registers.

use std::arch::x86_64::*;

use super::{Simd, Vectorized, instructions};

/// Made by [`run`] only.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

/// Runs `work` compiled for AVX2 and FMA. To call it is safe only on a processor with both.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn run<W: Vectorized>(work: W) -> W::Output {
    work.run(Avx2(()))
}

impl Simd for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const TILE_ROWS: usize = 3;
    const TILE: usize = 12;
    const GROUP: usize = 2;

    instructions! {
        zero() -> __m256 = _mm256_setzero_ps;
        splat(value: f32) -> __m256 = _mm256_set1_ps;
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps;
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps;
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps;
        fma(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps;
        negated_fma(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fnmadd_ps;
        min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps;
        max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps;
    }

    #[inline(always)]
    unsafe fn load(self, source: *const f32) -> __m256 {
        // SAFETY: the caller vouches for the pointer, here and below `self` for the instructions.
        unsafe { _mm256_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f32, v: __m256) {
        // SAFETY: as in `load`.
        unsafe { _mm256_storeu_ps(target, v) }
    }
    #[inline(always)]
    fn without_tiny(self, v: __m256, least: __m256) -> __m256 {
        // SAFETY: `self` vouches for the instructions.
        unsafe {
            let magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0), v);
            _mm256_and_ps(v, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitude, least))
        }
    }
    #[inline(always)]
    fn reciprocal(self, v: __m256) -> __m256 {
        // SAFETY: `self` vouches for the instructions.
        unsafe { _mm256_div_ps(_mm256_set1_ps(1.0), v) }
    }
    #[inline(always)]
    fn power_of_two(self, shifted: __m256) -> __m256 {
        // SAFETY: `self` vouches for the instructions.
        unsafe {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
            _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_set1_epi32(0x3f80_0000)))
        }
    }
    #[inline(always)]
    fn nonzero(self, values: &[f32]) -> u64 {
        debug_assert!(values.len() <= Self::LANES);
        if values.len() == Self::LANES {
            // SAFETY: `self` vouches for the instructions; there are as many values as are read.
            let different = unsafe {
                let v = _mm256_loadu_ps(values.as_ptr());
                _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(v, _mm256_setzero_ps()))
            };
            return u64::from(different as u32);
        }
        super::nonzero_one_by_one(values)
    }
    #[inline(always)]
    fn prefetch(self, source: *const f32) {
        // SAFETY: a prefetch reads no memory that the program sees.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(source.cast()) }
    }
}
