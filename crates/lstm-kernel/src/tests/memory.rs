//! The predicted memory against the memory that is used.

use super::support::Case;
use crate::{Kernel, Output, Shape, Tier};

#[test]
fn what_is_saved_takes_the_predicted_bytes_for_any_images() {
    for sizes in [[1, 1, 1, 1], [3, 5, 70, 17], [40, 6, 28, 24], [130, 3, 28, 9]] {
        let dense = Case::random(3, sizes, Output::Last);
        let blank = dense.clone().with_zeros(3, |image| image % 4);
        for (case, tier) in
            [dense, blank].iter().flat_map(|case| Tier::available().into_iter().map(move |tier| (case, tier)))
        {
            let kernel = Kernel::on(tier).unwrap();
            let mut out = vec![0.0; case.output.len(case.shape)];
            let weights = case.weights();
            let saved = kernel.forward(case.shape, &case.x, &weights, case.output, false, &mut out);
            let found = 4 * (saved.hidden.len() + saved.tape.len()) + 8 * saved.masks.len();
            assert_eq!(found, kernel.saved_bytes(case.shape), "{sizes:?} on {tier:?}");
        }
    }
}

#[test]
fn what_is_saved_takes_28_bytes_per_unit_timestep_and_image_and_little_more() {
    let shape = Shape { batch: 128, timesteps: 28, inputs: 28, units: 128 };
    for tier in Tier::available() {
        let kernel = Kernel::on(tier).unwrap();
        let ratio = kernel.saved_bytes(shape) as f64 / (28 * 128 * 28 * 128) as f64;
        // A blank row for every 32 images. A mask of 8 bytes is added to 28 bytes for each of 128 units.
        // Four shards with a blank row each, and one row more for an odd number. A mask of 8 bytes is added to 28 bytes for
        // each of 128 units.
        let expected = 133.0 / 128.0 * (1.0 + 8.0 / (28.0 * 128.0));
        assert!((ratio - expected).abs() < 1e-9, "{ratio}, expected {expected}");
    }
}

#[test]
fn the_backward_pass_of_a_layer_that_reads_another_takes_more() {
    let shape = Shape { batch: 128, timesteps: 28, inputs: 128, units: 128 };
    for tier in Tier::available() {
        let kernel = Kernel::on(tier).unwrap();
        let bytes = |input_gradient| kernel.backward_bytes(shape, input_gradient);
        // The input weights once more, [128, 512] f32, and the gradient of the inputs of a timestep, 133 rows.
        assert_eq!(bytes(true) - bytes(false), 4 * (128 * 512 + 133 * 128), "{tier:?}");
    }
}
