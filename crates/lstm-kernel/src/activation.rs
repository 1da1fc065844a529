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
fn split_exponential<S: Simd>(simd: S, x: S::V) -> (S::V, S::V) {
    let shifted = simd.fma(x, simd.splat(std::f32::consts::LOG2_E), simd.splat(ROUNDING));
    let n = simd.sub(shifted, simd.splat(ROUNDING));
    let r = simd.negated_fma(n, simd.splat(LN_2_LOW), simd.negated_fma(n, simd.splat(LN_2_HIGH), x));
    let mut factor = simd.splat(EXPONENTIAL[4]);
    factor = simd.fma(factor, r, simd.splat(EXPONENTIAL[3]));
    factor = simd.fma(factor, r, simd.splat(EXPONENTIAL[2]));
    factor = simd.fma(factor, r, simd.splat(EXPONENTIAL[1]));
    factor = simd.fma(factor, r, simd.splat(EXPONENTIAL[0]));
    (simd.power_of_two(shifted), simd.fma(simd.mul(r, r), factor, r))
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(simd: S, x: S::V) -> S::V {
    let negated = simd.sub(simd.zero(), x);
    let bounded = simd.max(simd.splat(-SIGMOID_LIMIT), simd.min(simd.splat(SIGMOID_LIMIT), negated));
    let (scale, rest) = split_exponential(simd, bounded);
    simd.reciprocal(simd.add(simd.splat(1.0), simd.fma(scale, rest, scale)))
}

/// `tanh x` as `(e^2x - 1) / (e^2x + 1)`, with a numerator that stays accurate near zero.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(simd: S, x: S::V) -> S::V {
    let doubled = simd.add(x, x);
    let bounded = simd.max(simd.splat(-TANH_LIMIT), simd.min(simd.splat(TANH_LIMIT), doubled));
    let (scale, rest) = split_exponential(simd, bounded);
    let exponential_less_one = simd.fma(scale, rest, simd.sub(scale, simd.splat(1.0)));
    let denominator = simd.add(exponential_less_one, simd.splat(2.0));
    simd.mul(exponential_less_one, simd.reciprocal(denominator))
}
