//! The heap of a call.
//!
//! Every call starts from the snapshot that `configure` left, and the memory that it writes is thrown away. The host
//! pays for each page that a call writes, and most when they lie apart; a general allocator puts small blocks into the
//! holes that `configure` left all over the heap. So a call takes its memory from one block, one piece behind the
//! other, and gives back only the last one. When the block is used up, the general allocator goes on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::with_exposed_provenance_mut;

/// Size of the block, bytes. It stands in the snapshot, so that a call need not grow the memory: growing costs system
/// calls that two threads serialise on.
const BLOCK: usize = 256 * 1024;
/// Pages of the block are then no other's.
const PAGE: usize = 4096;

/// The allocator of a plug-in: the general one until [`CallHeap::open`], then the block first.
#[derive(Debug)]
pub(crate) struct CallHeap {
    start: Cell<usize>,
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a component of this contract has one thread: the target wasm32-wasip1 has no others, and the host offers none.
// Native tests use a value of their own in each thread.
#[allow(unsafe_code)]
unsafe impl Sync for CallHeap {}

impl CallHeap {
    /// Without a block.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self { start: Cell::new(0), next: Cell::new(0), end: Cell::new(0) }
    }

    /// Takes the block from the general allocator, for good; without one everything goes on as before.
    #[allow(unsafe_code)]
    pub(crate) fn open(&self) {
        let Ok(layout) = Layout::from_size_align(BLOCK, PAGE) else { return };
        // SAFETY: the layout has a size. The block is never given back, so its addresses are ours to hand out.
        let block = unsafe { System.alloc(layout) };
        if block.is_null() {
            return;
        }
        let start = block.expose_provenance();
        self.start.set(start);
        self.next.set(start);
        self.end.set(start + BLOCK);
    }

    fn take(&self, layout: Layout) -> Option<usize> {
        let start = self.next.get().checked_next_multiple_of(layout.align())?;
        let end = start.checked_add(layout.size())?;
        (self.start.get() != 0 && end <= self.end.get()).then(|| {
            self.next.set(end);
            start
        })
    }

    fn holds(&self, address: usize) -> bool {
        (self.start.get()..self.end.get()).contains(&address)
    }
}

impl Default for CallHeap {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: pieces of the block do not overlap, because `next` only moves behind what it hands out, and back only to the
// start of the last piece when that one is given back. They are aligned by `take`. Every other block is the general
// allocator's from beginning to end: `holds` tells whose an address is. Tests run blocks of all sizes through it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for CallHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.take(layout) {
            Some(start) => with_exposed_provenance_mut(start),
            // SAFETY: the caller keeps the contract of `alloc`.
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let start = block.addr();
        if !self.holds(start) {
            // SAFETY: not of the block, so it came from the general allocator, with this layout.
            unsafe { System.dealloc(block, layout) };
        } else if start + layout.size() == self.next.get() {
            self.next.set(start);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = block.addr();
        if !self.holds(start) {
            // SAFETY: as in `dealloc`; the caller keeps the contract of `realloc`.
            return unsafe { System.realloc(block, layout, size) };
        }
        if start + layout.size() == self.next.get() && size <= self.end.get() - start {
            self.next.set(start + size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return std::ptr::null_mut() };
        // SAFETY: `wanted` has a size, for it is larger than the old one.
        let other = unsafe { self.alloc(wanted) };
        if !other.is_null() {
            // SAFETY: both are valid for the old size, and a new piece overlaps no other.
            unsafe { std::ptr::copy_nonoverlapping(block, other, layout.size()) };
            // SAFETY: the caller gave the old block up.
            unsafe { self.dealloc(block, layout) };
        }
        other
    }
}

#[cfg(test)]
#[allow(unsafe_code, clippy::unwrap_used)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn before_it_is_opened_the_general_allocator_serves() {
        let heap = CallHeap::new();
        // SAFETY: given back with the layout it was taken with.
        unsafe {
            let block = heap.alloc(layout(100, 8));
            assert!(!block.is_null() && !heap.holds(block.addr()));
            heap.dealloc(block, layout(100, 8));
        }
    }

    #[test]
    fn the_last_piece_grows_in_place_and_is_given_back() {
        let heap = CallHeap::new();
        heap.open();
        // SAFETY: each block is used with the layout that it has by then.
        unsafe {
            let first = heap.alloc(layout(10, 1));
            let second = heap.alloc(layout(8, 8));
            assert_eq!(second.addr() - first.addr(), 16);
            let grown = heap.realloc(second, layout(8, 8), 800);
            assert_eq!(grown, second);
            let moved = heap.realloc(first, layout(10, 1), 20);
            assert!(moved.addr() >= second.addr() + 800);
            heap.dealloc(moved, layout(20, 1));
            heap.dealloc(grown, layout(800, 8));
            assert_eq!(heap.alloc(layout(8, 8)), second);
        }
    }

    #[test]
    fn blocks_of_all_sizes_keep_what_is_written() {
        let heap = CallHeap::new();
        heap.open();
        let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut random = 7_u32;
        for round in 0_u8..=255 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = (random >> 8) as usize;
            let mut wanted = layout(1 + number % 9_000, 1 << (number % 6));
            // SAFETY: sizes are above 0, every block is used with its own layout and given back once.
            unsafe {
                let mut block = heap.alloc(wanted);
                assert_eq!(block.addr() % wanted.align(), 0);
                block.write_bytes(round, wanted.size());
                if round % 3 == 0 {
                    let size = wanted.size() * 2;
                    block = heap.realloc(block, wanted, size);
                    block.add(wanted.size()).write_bytes(round, wanted.size());
                    wanted = layout(size, wanted.align());
                }
                blocks.push((block, wanted, round));
                if round % 4 == 0 {
                    let (block, layout, _) = blocks.swap_remove(number % blocks.len());
                    heap.dealloc(block, layout);
                }
            }
            for (block, layout, written) in &blocks {
                // SAFETY: the block is alive and was written whole.
                let bytes = unsafe { std::slice::from_raw_parts(*block, layout.size()) };
                assert!(bytes.iter().all(|byte| byte == written));
            }
        }
        assert!(blocks.iter().any(|(block, ..)| heap.holds(block.addr())), "the block served");
        assert!(blocks.iter().any(|(block, ..)| !heap.holds(block.addr())), "and was used up");
        for (block, layout, _) in blocks {
            // SAFETY: alive until here.
            unsafe { heap.dealloc(block, layout) };
        }
    }
}
