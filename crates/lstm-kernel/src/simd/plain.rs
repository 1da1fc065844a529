//! [`Simd`] in plain Rust, for every processor: arrays of four f32, which the compiler keeps in the registers of SSE2
//! or NEON.

use super::Simd;

const LANES: usize = 4;

#[derive(Clone, Copy)]
pub(crate) struct Plain;

/// Four f32.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Four([f32; LANES]);

#[inline(always)]
fn zip(a: Four, b: Four, op: impl Fn(f32, f32) -> f32) -> Four {
    Four([op(a.0[0], b.0[0]), op(a.0[1], b.0[1]), op(a.0[2], b.0[2]), op(a.0[3], b.0[3])])
}

/// `a * b + c`, fused if every processor of the target has the instruction; otherwise fusing would be a slow call.
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { a.mul_add(b, c) } else { a * b + c }
}

impl Simd for Plain {
    type V = Four;
    const LANES: usize = LANES;
    const TILE_ROWS: usize = 2;
    const TILE: usize = 8;
    const GROUP: usize = 4;

    #[inline(always)]
    fn zero(self) -> Four {
        Four([0.0; LANES])
    }
    #[inline(always)]
    fn splat(self, value: f32) -> Four {
        Four([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(self, source: *const f32) -> Four {
        // SAFETY: the caller vouches.
        Four(unsafe { source.cast::<[f32; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f32, v: Four) {
        // SAFETY: the caller vouches.
        unsafe { target.cast::<[f32; LANES]>().write_unaligned(v.0) }
    }
    #[inline(always)]
    fn add(self, a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn fma(self, a: Four, b: Four, c: Four) -> Four {
        let (a, b, c) = (a.0, b.0, c.0);
        Four([
            multiply_add(a[0], b[0], c[0]),
            multiply_add(a[1], b[1], c[1]),
            multiply_add(a[2], b[2], c[2]),
            multiply_add(a[3], b[3], c[3]),
        ])
    }
    #[inline(always)]
    fn negated_fma(self, a: Four, b: Four, c: Four) -> Four {
        self.fma(zip(a, a, |a, _| -a), b, c)
    }
    #[inline(always)]
    fn min(self, a: Four, b: Four) -> Four {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, a: Four, b: Four) -> Four {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn without_tiny(self, v: Four, least: Four) -> Four {
        zip(v, least, |v, least| if v.abs() < least { 0.0 } else { v })
    }
    #[inline(always)]
    fn reciprocal(self, v: Four) -> Four {
        zip(v, v, |v, _| 1.0 / v)
    }
    #[inline(always)]
    fn power_of_two(self, shifted: Four) -> Four {
        zip(shifted, shifted, |v, _| f32::from_bits((v.to_bits() << 23).wrapping_add(0x3f80_0000)))
    }
    #[inline(always)]
    fn nonzero(self, values: &[f32]) -> u64 {
        debug_assert!(values.len() <= Self::LANES);
        super::nonzero_one_by_one(values)
    }
    #[inline(always)]
    fn prefetch(self, _source: *const f32) {}
}
