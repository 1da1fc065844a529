//! Against other programs, by simulation, at the edges, and what must hold for any trials.

mod edges;
mod goldens;
mod properties;
mod simulation;

use super::*;

/// Trials with seeds from 1 on, in folds of `images` images of 60,000, that have these numbers of correct answers.
fn counted(label: &str, size: usize, correct: &[usize], images: usize, folds: usize) -> Measured {
    let trial = |(index, &correct): (usize, &usize)| Trial {
        seed: index as u64 + 1,
        fold: index % folds,
        training_images: images * (folds - 1),
        held_out: Answers::counted(correct, images),
        test: Answers::counted(2 * correct, 2 * images),
    };
    Measured::new(label, size, size, correct.iter().enumerate().map(trial).collect(), Vec::new())
}
