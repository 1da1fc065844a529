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

// SAFETY of every block below: the caller of the trait method vouches for the pointers.
impl Simd for Plain {
    type V = Four;
    const LANES: usize = LANES;
    const TILE_ROWS: usize = 2;
    const TILE: usize = 8;
    const GROUP: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Four {
        Four([0.0; LANES])
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> Four {
        Four([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(source: *const f32) -> Four {
        Four(unsafe { source.cast::<[f32; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(target: *mut f32, v: Four) {
        unsafe { target.cast::<[f32; LANES]>().write_unaligned(v.0) }
    }
    #[inline(always)]
    unsafe fn add(a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: Four, b: Four) -> Four {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn fma(a: Four, b: Four, c: Four) -> Four {
        let (a, b, c) = (a.0, b.0, c.0);
        Four([
            multiply_add(a[0], b[0], c[0]),
            multiply_add(a[1], b[1], c[1]),
            multiply_add(a[2], b[2], c[2]),
            multiply_add(a[3], b[3], c[3]),
        ])
    }
    #[inline(always)]
    unsafe fn negated_fma(a: Four, b: Four, c: Four) -> Four {
        unsafe { Self::fma(zip(a, a, |a, _| -a), b, c) }
    }
    #[inline(always)]
    unsafe fn min(a: Four, b: Four) -> Four {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn max(a: Four, b: Four) -> Four {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn without_tiny(v: Four, least: Four) -> Four {
        zip(v, least, |v, least| if v.abs() < least { 0.0 } else { v })
    }
    #[inline(always)]
    unsafe fn reciprocal(v: Four) -> Four {
        zip(v, v, |v, _| 1.0 / v)
    }
    #[inline(always)]
    unsafe fn power_of_two(shifted: Four) -> Four {
        zip(shifted, shifted, |v, _| f32::from_bits((v.to_bits() << 23).wrapping_add(0x3f80_0000)))
    }
    #[inline(always)]
    unsafe fn nonzero(source: *const f32, count: usize) -> u64 {
        debug_assert!(count <= Self::LANES);
        (0..count).fold(0, |mask, i| mask | u64::from(unsafe { *source.add(i) } != 0.0) << i)
    }
    #[inline(always)]
    unsafe fn prefetch(_source: *const f32) {}
}
