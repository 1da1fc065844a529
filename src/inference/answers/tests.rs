use super::*;
use crate::config::{BackendName, HeadInitializerName, InitializerName, TrainConfig};
use crate::data::{CLASSES, PIXELS};
use crate::device::{BUILT_IN, device};
use crate::inference::evaluate;
use crate::machine::with_threads;
use crate::model::{ModelShape, initializers::initial_weights};

/// Seven images of noise with the digits 0 to 6.
fn images() -> Images {
    let pixels = (0..7 * PIXELS).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    Images::new(pixels, (0..7).collect()).unwrap()
}

fn model(timesteps: usize, device: &Device) -> RowClassifier {
    let shape = ModelShape { inputs: PIXELS / timesteps, units: 9, layers: 2, classes: CLASSES };
    RowClassifier::new(
        &initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 5),
        device,
    )
}

fn reading(timesteps: usize) -> Reading {
    Reading::new(&TrainConfig { timesteps, ..TrainConfig::default() })
}

#[test]
fn the_last_answer_is_what_evaluation_scores() {
    for &backend in BUILT_IN {
        let device = device(backend);
        for timesteps in [1, 7, 28] {
            let (images, model) = (images(), model(timesteps, &device));
            let scored = evaluate(&model, &images, 0..7, &reading(timesteps), &device);
            let last = probabilities(&model, &images, 0..7, &reading(timesteps), &device);
            for (index, (answer, predicted)) in last.iter().zip(&scored.predictions).enumerate() {
                assert!(answer.iter().all(|p| *p <= answer[usize::from(*predicted)]), "image {index}");
                // Ten quotients of f64.
                assert!((answer.iter().sum::<f64>() - 1.0).abs() < 1e-14);
                let every = probabilities_every_step(&model, &images, index, &reading(timesteps), &device);
                assert_eq!((every.len(), every.last()), (timesteps, Some(answer)), "bit-identical");
            }
            let correct = correct_every_step(&model, &images, 0..7, &reading(timesteps), &device);
            assert_eq!((correct.len(), correct.last()), (timesteps, Some(&scored.correct)));
        }
    }
}

#[test]
fn an_answer_after_a_timestep_depends_only_on_what_was_read_until_then() {
    let device = device(BackendName::Ndarray);
    let (images, model) = (images(), model(28, &device));
    let mut changed = images.image(2).to_vec();
    changed[20 * 28..].fill(0);
    let changed = Images::new(changed, vec![2]).unwrap();
    let [whole, cut] = [(&images, 2), (&changed, 0)]
        .map(|(images, index)| probabilities_every_step(&model, images, index, &reading(28), &device));
    assert_eq!(whole[..20], cut[..20]);
    assert_ne!(whole[20..], cut[20..]);
}

#[test]
fn counts_after_every_step_are_those_of_the_answers() {
    let device = device(BackendName::Ndarray);
    let (images, model) = (images(), model(14, &device));
    let correct = correct_every_step(&model, &images, 1..6, &reading(14), &device);
    let right = |step: usize| {
        let right = |index: &usize| {
            let answer = &probabilities_every_step(&model, &images, *index, &reading(14), &device)[step];
            answer.iter().all(|p| *p <= answer[usize::from(images.label(*index))])
        };
        (1..6).filter(right).count()
    };
    assert_eq!(correct, (0..14).map(right).collect::<Vec<_>>());
}

#[test]
fn a_sequence_is_the_image_cut_into_timestep_slices() {
    let images = images();
    let values = sequence(&images, 3, &reading(28), &device(BackendName::Ndarray));
    let expected: Vec<f32> = images.image(3).iter().map(|byte| f32::from(*byte) / 255.0).collect();
    assert_eq!(values, expected);
}

#[test]
fn what_a_run_does_not_read_changes_no_answer() {
    let device = device(BackendName::Ndarray);
    let reading = Reading::new(&TrainConfig { rows: 14, timesteps: 14, ..TrainConfig::default() });
    let shape = ModelShape { inputs: 28, units: 9, layers: 1, classes: CLASSES };
    let weights = initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 5);
    let model = RowClassifier::new(&weights, &device);
    let images = images();
    let mut changed = images.image(2).to_vec();
    changed[..7 * 28].fill(0);
    changed[21 * 28..].fill(0);
    let changed = Images::new(changed, vec![2]).unwrap();
    let [whole, cut] = [(&images, 2), (&changed, 0)]
        .map(|(images, index)| probabilities_every_step(&model, images, index, &reading, &device));
    assert_eq!((whole.len(), &whole), (14, &cut));
    assert_eq!(sequence(&images, 2, &reading, &device).len(), 14 * 28);
}

#[test]
fn answers_depend_neither_on_the_number_of_threads_nor_on_the_other_images() {
    const COUNT: usize = 700;
    let pixels = (0..COUNT * PIXELS).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let images = Images::new(pixels, (0..COUNT).map(|index| (index % CLASSES) as u8).collect()).unwrap();
    for &backend in BUILT_IN {
        let device = device(backend);
        let (model, reading) = (model(28, &device), reading(28));
        let answers = |range: Range<usize>| {
            (
                evaluate(&model, &images, range.clone(), &reading, &device),
                probabilities(&model, &images, range.clone(), &reading, &device),
                correct_every_step(&model, &images, range, &reading, &device),
            )
        };
        let expected = with_threads(1, || answers(0..COUNT)).unwrap();
        // Two threads have batches of their own, sixteen compute batches together.
        for threads in [2, 3, 16] {
            assert_eq!(with_threads(threads, || answers(0..COUNT)).unwrap(), expected, "{threads} threads");
        }
        for index in [0, 255, 256, COUNT - 1] {
            let (scored, probabilities, _) = answers(index..index + 1);
            assert_eq!(scored.logits, expected.0.logits[index * CLASSES..][..CLASSES], "image {index}");
            assert_eq!(probabilities[0], expected.1[index], "image {index}");
        }
    }
}
