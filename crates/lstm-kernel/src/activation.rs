//! Sigmoid and tanh on vectors, without branches.
//!
//! Both use one exponential: `x = n ln 2 + r` with an integer `n` and `|r| <= ln 2 / 2`, and `e^r - 1` as a polynomial of
//! degree 6 (the factor of `r^2` interpolates at the five Chebyshev nodes of that interval; relative error below 2.5e-8).
//! They saturate for large and infinite arguments instead of overflowing. NaN gives NaN.

use super::simd::Simd;

/// `1.5 * 2^23`: adding it rounds a small number to an integer, in the low bits of the mantissa.
const ROUNDING: f32 = 12_582_912.0;
/// ln 2 in two parts; the first has so few bits that its product with an integer below 2^15 is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// `(e^r - 1 - r) / r^2`, constant term first.
const EXPONENTIAL: [f32; 5] = [0.5, 0.166_665_76, 0.041_666_554, 0.008_363_293, 0.001_392_632_6];
/// For larger arguments `e^x` or `e^-x` would not be a normal number.
const SIGMOID_LIMIT: f32 = 87.0;
/// For larger arguments the tanh of half the argument rounds to 1.
const TANH_LIMIT: f32 = 18.5;

/// `(2^n, e^r - 1)` with `e^x = 2^n e^r`, for `|x| <= 87`.
#[inline(always)]
unsafe fn split_exponential<S: Simd>(x: S::V) -> (S::V, S::V) {
    // SAFETY: the caller vouches for the instructions of `S`.
    unsafe {
        let shifted = S::fma(x, S::splat(std::f32::consts::LOG2_E), S::splat(ROUNDING));
        let n = S::sub(shifted, S::splat(ROUNDING));
        let r = S::negated_fma(n, S::splat(LN_2_LOW), S::negated_fma(n, S::splat(LN_2_HIGH), x));
        let mut factor = S::splat(EXPONENTIAL[4]);
        factor = S::fma(factor, r, S::splat(EXPONENTIAL[3]));
        factor = S::fma(factor, r, S::splat(EXPONENTIAL[2]));
        factor = S::fma(factor, r, S::splat(EXPONENTIAL[1]));
        factor = S::fma(factor, r, S::splat(EXPONENTIAL[0]));
        (S::power_of_two(shifted), S::fma(S::mul(r, r), factor, r))
    }
}

/// `1 / (1 + e^-x)`.
///
/// # Safety
///
/// The processor must have the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for the instructions of `S`.
    unsafe {
        let negated = S::sub(S::zero(), x);
        let bounded = S::max(S::splat(-SIGMOID_LIMIT), S::min(S::splat(SIGMOID_LIMIT), negated));
        let (scale, rest) = split_exponential::<S>(bounded);
        S::reciprocal(S::add(S::splat(1.0), S::fma(scale, rest, scale)))
    }
}

/// `tanh x` as `(e^2x - 1) / (e^2x + 1)`, with a numerator that stays accurate near zero.
///
/// # Safety
///
/// The processor must have the instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for the instructions of `S`.
    unsafe {
        let doubled = S::add(x, x);
        let bounded = S::max(S::splat(-TANH_LIMIT), S::min(S::splat(TANH_LIMIT), doubled));
        let (scale, rest) = split_exponential::<S>(bounded);
        let exponential_less_one = S::fma(scale, rest, S::sub(scale, S::splat(1.0)));
        let denominator = S::add(exponential_less_one, S::splat(2.0));
        S::mul(exponential_less_one, S::reciprocal(denominator))
    }
}
