//! Tests of the kernel: against a scalar LSTM in f64, of its promises of equal bits, and at the edges of its domain.

mod agreement;
mod bits;
mod edges;
mod memory;
mod reference;
mod support;
