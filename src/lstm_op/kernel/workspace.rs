//! Buffers that outlive a training step.
//!
//! A step at 512 units writes some 60 MB; fresh memory for each step would cost a fifth of it in page faults. Buffers
//! come from a pool of the process and go back to it when dropped, so a training loop allocates in its first step only.
//! Their contents are whatever the last user left.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Mutex;

/// More free buffers than a training step of a few layers has in use; older ones are let go.
const MOST_FREE_BUFFERS: usize = 24;
/// A cache line.
const ALIGNMENT: usize = 64;

static FREE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

/// Initialised f32 memory that begins at a cache line.
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
        let capacity = capacity.max(ALIGNMENT);
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

/// `len` f32 with unspecified contents, lent by the pool until dropped.
pub(super) struct Buffer {
    /// `None` only while it is dropped.
    memory: Option<Memory>,
    len: usize,
}

impl Buffer {
    /// The smallest free buffer that is large enough, or a new one.
    pub(super) fn take(len: usize) -> Buffer {
        let mut free = FREE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let fitting = (0..free.len()).filter(|&i| free[i].capacity >= len).min_by_key(|&i| free[i].capacity);
        // A buffer much too large would be missed by the next user who needs it.
        let fitting = fitting.filter(|&i| free[i].capacity <= 4 * len.max(1024));
        let memory = fitting.map(|i| free.swap_remove(i));
        drop(free);
        Buffer { memory: Some(memory.unwrap_or_else(|| Memory::new(len))), len }
    }

    fn memory(&self) -> &Memory {
        self.memory.as_ref().expect("a buffer has memory until it is dropped")
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
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
