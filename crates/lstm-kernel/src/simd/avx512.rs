//! [`Simd`] on AVX-512: 16 lanes, 32 registers.

use std::arch::x86_64::*;

use super::{Simd, Vectorized, instructions};

/// Made by [`run`] only.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

/// Runs `work` compiled for AVX-512. To call it is safe only on a processor with AVX-512 F, VL, DQ and BW, AVX2, FMA, BMI1,
/// BMI2, LZCNT and POPCNT.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
pub(crate) fn run<W: Vectorized>(work: W) -> W::Output {
    work.run(Avx512(()))
}

impl Simd for Avx512 {
    type V = __m512;
    const LANES: usize = 16;
    const TILE_ROWS: usize = 6;
    const TILE: usize = 24;
    const GROUP: usize = 4;

    instructions! {
        zero() -> __m512 = _mm512_setzero_ps;
        splat(value: f32) -> __m512 = _mm512_set1_ps;
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps;
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps;
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps;
        fma(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps;
        negated_fma(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fnmadd_ps;
        min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps;
        max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps;
    }

    #[inline(always)]
    unsafe fn load(self, source: *const f32) -> __m512 {
        // SAFETY: the caller vouches for the pointer, here and below `self` for the instructions.
        unsafe { _mm512_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f32, v: __m512) {
        // SAFETY: as in `load`.
        unsafe { _mm512_storeu_ps(target, v) }
    }
    #[inline(always)]
    fn without_tiny(self, v: __m512, least: __m512) -> __m512 {
        // SAFETY: `self` vouches for the instructions.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(v), least), v) }
    }
    #[inline(always)]
    fn reciprocal(self, v: __m512) -> __m512 {
        // SAFETY: `self` vouches for the instructions.
        unsafe { _mm512_div_ps(_mm512_set1_ps(1.0), v) }
    }
    #[inline(always)]
    fn power_of_two(self, shifted: __m512) -> __m512 {
        // SAFETY: `self` vouches for the instructions.
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
            _mm512_castsi512_ps(_mm512_add_epi32(exponent, _mm512_set1_epi32(0x3f80_0000)))
        }
    }
    #[inline(always)]
    fn nonzero(self, values: &[f32]) -> u64 {
        debug_assert!(values.len() <= Self::LANES);
        let wanted = ((1u32 << values.len()) - 1) as __mmask16;
        // SAFETY: `self` vouches for the instructions; only `values` are read.
        unsafe {
            let v = _mm512_maskz_loadu_ps(wanted, values.as_ptr());
            _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(v, _mm512_setzero_ps()) as u64
        }
    }
    #[inline(always)]
    fn prefetch(self, source: *const f32) {
        // SAFETY: a prefetch reads no memory that the program sees.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(source.cast()) }
    }
}
