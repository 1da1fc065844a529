//! [`Simd`] on AVX-512: 16 lanes, 32 registers.
//!
//! Every method is a few instructions. It is unsafe for the reason that its trait method gives: the processor must have the
//! instructions, and the pointers must be valid.

use std::arch::x86_64::*;

use super::{Simd, Vectorized};

#[derive(Clone, Copy)]
pub(crate) struct Avx512;

/// Runs `work` compiled for AVX-512.
///
/// # Safety
///
/// The processor must have AVX-512 F, VL, DQ and BW, AVX2, FMA, BMI1, BMI2, LZCNT and POPCNT.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
pub(crate) unsafe fn run<W: Vectorized>(work: W) -> W::Output {
    // SAFETY: the caller vouches for the instructions.
    unsafe { work.run::<Avx512>() }
}

// SAFETY of every block below: the caller of the trait method vouches for processor and pointers.
impl Simd for Avx512 {
    type V = __m512;
    const LANES: usize = 16;
    const TILE_ROWS: usize = 6;
    const TILE: usize = 24;
    const GROUP: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> __m512 {
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(source: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store(target: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(target, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn negated_fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn without_tiny(v: __m512, least: __m512) -> __m512 {
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(v), least), v) }
    }
    #[inline(always)]
    unsafe fn reciprocal(v: __m512) -> __m512 {
        unsafe { _mm512_div_ps(_mm512_set1_ps(1.0), v) }
    }
    #[inline(always)]
    unsafe fn power_of_two(shifted: __m512) -> __m512 {
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
            _mm512_castsi512_ps(_mm512_add_epi32(exponent, _mm512_set1_epi32(0x3f80_0000)))
        }
    }
    #[inline(always)]
    unsafe fn nonzero(source: *const f32, count: usize) -> u64 {
        debug_assert!(count <= Self::LANES);
        unsafe {
            let wanted = ((1u32 << count) - 1) as __mmask16;
            let v = _mm512_maskz_loadu_ps(wanted, source);
            _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(v, _mm512_setzero_ps()) as u64
        }
    }
    #[inline(always)]
    unsafe fn prefetch(source: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(source.cast()) }
    }
}
