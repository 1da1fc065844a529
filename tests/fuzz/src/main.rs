//! Fuzz targets for every reader of foreign bytes, in one program; `scripts/fuzz` builds and runs it.
//!
//! The environment variable `FUZZ_TARGET` names the target ([`targets::TARGETS`]). With `FUZZ_SEEDS=FOLDER` it writes the seed
//! corpora of all targets into that folder and ends. A target fails if it panics, overflows, or takes more memory or processor
//! time than its limit.
#![no_main]

mod memory;
mod seeds;
mod targets;

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;
use targets::{TARGETS, Target};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(init: begin(), |bytes: &[u8]| run(bytes));

fn begin() {
    if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
        seeds::write(Path::new(&folder));
        std::process::exit(0);
    }
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("FUZZ_TARGET must be one of {}", names.join(", "));
        std::process::exit(2);
    });
    TARGET.get_or_init(|| target);
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // The program catches the panics of this decoder.
        if !info.location().is_some_and(|place| place.file().contains("zune-jpeg")) {
            report(info);
            std::process::abort();
        }
    }));
}

fn run(bytes: &[u8]) {
    let target = TARGET.get().expect("`begin` ran first");
    memory::reset();
    let begun = processor_seconds();
    (target.run)(bytes);
    let (seconds, taken) = (processor_seconds() - begun, memory::most());
    assert!(seconds <= target.most_seconds, "{}: {seconds} s, at most {}", target.name, target.most_seconds);
    assert!(
        taken <= target.most_bytes,
        "{}: {taken} bytes of memory, at most {}",
        target.name,
        target.most_bytes
    );
}

/// Processor time of this process, which does not depend on what else the machine does.
fn processor_seconds() -> f64 {
    unsafe extern "C" {
        safe fn clock() -> std::ffi::c_long;
    }
    // CLOCKS_PER_SEC is a million under POSIX.
    clock() as f64 / 1e6
}
