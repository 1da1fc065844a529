//! Tests of the kernel: against a scalar LSTM in f64, of bit-identical results, and at the edges of its domain.

mod agreement;
mod bits;
mod edges;
mod memory;
mod reference;
mod support;
