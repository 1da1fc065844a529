//! Buffers that are reused from one training step to the next.
//!
//! A step at 512 units writes about 60 MB; with fresh memory, page faults would take a fifth of its time. Buffers come from
//! a pool of the process and return to it when dropped, so a training loop allocates in its first step only. Their contents
//! are unspecified.
//!
//! In tests, a guard follows each buffer: reading it gives NaN, and a write to it is found when the buffer is dropped.
//! `scripts/check_memory` checks every access, so there is neither pool nor guard: each buffer is an allocation of exactly
//! the requested length.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Mutex;

/// More free buffers than a training step of a few layers uses; the oldest are freed beyond that.
const MOST_FREE_BUFFERS: usize = 24;
/// A cache line.
const ALIGNMENT: usize = 64;

/// f32 in the guard behind a buffer.
const GUARD: usize = if cfg!(test) { 64 } else { 0 };

/// Whether each buffer is an allocation of exactly the requested length.
fn exact() -> bool {
    cfg!(test) && std::env::var_os("ROWLSTM_EXACT_BUFFERS").is_some()
}

static FREE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

/// Initialised f32 memory, aligned to a cache line.
struct Memory {
    start: NonNull<f32>,
    capacity: usize,
}

// SAFETY: `Memory` owns what it points to, as a `Vec<f32>` does.
unsafe impl Send for Memory {}
// SAFETY: shared access reads only.
unsafe impl Sync for Memory {}

impl Memory {
    fn layout(capacity: usize) -> Layout {
        let bytes = capacity.checked_mul(4).expect("a buffer's bytes fit an address");
        Layout::from_size_align(bytes, ALIGNMENT).expect("a buffer's bytes fit an address")
    }

    fn new(capacity: usize) -> Memory {
        let layout = Memory::layout(capacity);
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) }.cast::<f32>();
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        Memory { start, capacity }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated by `new` with the same layout.
        unsafe { dealloc(self.start.as_ptr().cast(), Memory::layout(self.capacity)) }
    }
}

/// `len` f32 with unspecified contents, which return to the pool when dropped.
pub(crate) struct Buffer {
    /// `None` only while it is dropped.
    memory: Option<Memory>,
    len: usize,
}

impl Buffer {
    /// The smallest free buffer that is large enough, or a new one.
    pub(crate) fn take(len: usize) -> Buffer {
        if exact() {
            return Buffer { memory: Some(Memory::new(len.max(1))), len };
        }
        let mut buffer = Buffer::take_pooled(len + GUARD);
        buffer.len = len;
        buffer.guard().fill(f32::NAN);
        buffer
    }

    fn take_pooled(len: usize) -> Buffer {
        let mut free = FREE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let fitting = (0..free.len()).filter(|&i| free[i].capacity >= len).min_by_key(|&i| free[i].capacity);
        // A much larger buffer is left for an operation that needs it.
        let fitting = fitting.filter(|&i| free[i].capacity <= 4 * len.max(1024));
        let memory = fitting.map(|i| free.swap_remove(i));
        drop(free);
        Buffer { memory: Some(memory.unwrap_or_else(|| Memory::new(len.max(ALIGNMENT)))), len }
    }

    /// The guard behind the buffer; empty outside tests.
    fn guard(&mut self) -> &mut [f32] {
        let len = self.len;
        // SAFETY: `take` has requested initialised memory of `len + GUARD`.
        unsafe { std::slice::from_raw_parts_mut(self.memory().start.as_ptr().add(len), GUARD) }
    }

    fn memory(&self) -> &Memory {
        self.memory.as_ref().expect("a buffer has memory until it is dropped")
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if exact() {
            return;
        }
        let intact = self.guard().iter().all(|v| v.to_bits() == f32::NAN.to_bits());
        assert!(intact || std::thread::panicking(), "something wrote behind a buffer of {} f32", self.len);
        let Some(memory) = self.memory.take() else { return };
        let mut free = FREE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        free.push(memory);
        if free.len() > MOST_FREE_BUFFERS {
            free.remove(0);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: the memory is initialised and holds at least `len` f32.
        unsafe { std::slice::from_raw_parts(self.memory().start.as_ptr(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: the memory is initialised, holds at least `len` f32, and `self` is borrowed for writing.
        unsafe { std::slice::from_raw_parts_mut(self.memory().start.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "something wrote behind a buffer")]
    fn a_write_behind_a_buffer_is_found() {
        let buffer = Buffer::take(100);
        if exact() {
            panic!("something wrote behind a buffer: checked by the tool that watches every access");
        }
        // SAFETY: in tests a guard follows the buffer.
        unsafe { buffer.memory().start.as_ptr().add(100).write(0.0) };
    }

    #[test]
    fn the_guard_behind_a_buffer_is_not_a_number() {
        if !exact() {
            assert!(Buffer::take(10).guard().iter().all(|v| v.is_nan()));
        }
    }
}
