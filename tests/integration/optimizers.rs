//! Optimisers and clipping against PyTorch's, in f64; tests/golden/README.md says how the values were made.

use super::support::{DEVICES, assert_within};
use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rowlstm::config::{OptimizerName, TrainConfig};
use rowlstm::model::{LayerWeights, ModelShape, ModelWeights, RowClassifier};
use rowlstm::training::{Optimizer, clip_by_global_norm};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/optimizers.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// A network whose first layer's bias, `[4U]` with U = 1, holds the four values that are optimised.
fn network(values: &[f64], device: &Device) -> RowClassifier {
    let layer = LayerWeights {
        input: vec![0.0; 4],
        recurrent: vec![0.0; 4],
        bias: values.iter().map(|value| *value as f32).collect(),
    };
    let shape = ModelShape { inputs: 1, units: 1, layers: 1, classes: 3 };
    let weights =
        ModelWeights { shape, layers: vec![layer], head_weights: vec![0.0; 3], head_bias: vec![0.0; 3] };
    RowClassifier::new(&weights, device)
}

/// The bias is the third parameter.
fn bias_gradient(gradient: &[f64], device: &Device) -> GradientsParams {
    let values: Vec<f32> = gradient.iter().map(|value| *value as f32).collect();
    let mut gradients = GradientsParams::new();
    let tensor = Tensor::<1>::from_data(TensorData::new(values, [gradient.len()]), device);
    gradients.register(ParamId::from(3), tensor);
    gradients
}

#[test]
fn five_steps_of_every_optimizer_agree_with_pytorch() {
    let golden = golden();
    let optimizers = [
        ("adam", OptimizerName::Adam, 0.0),
        ("adamw", OptimizerName::Adamw, 0.01),
        ("rmsprop", OptimizerName::Rmsprop, 0.0),
        ("sgd_momentum", OptimizerName::Sgd, 0.0),
    ];
    for (name, optimizer, weight_decay) in optimizers {
        let expected = &golden["optimizers"][name];
        assert_eq!(expected["settings"]["weight_decay"].as_f64().unwrap_or(0.0), weight_decay, "{name}");
        let learning_rate = expected["settings"]["lr"].as_f64().unwrap();
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let config = TrainConfig { optimizer, weight_decay, momentum: 0.9, ..TrainConfig::default() };
            let mut optimizer = Optimizer::new(&config);
            let mut model = network(&numbers(&golden["initial_values"]), &device.clone().autodiff());
            let steps = golden["gradients"].as_array().unwrap();
            for (step, gradient) in steps.iter().enumerate() {
                model = optimizer.step(learning_rate, model, bias_gradient(&numbers(gradient), &device));
                let found = model.to_weights().layers[0].bias.clone();
                let expected = numbers(&expected["values_after_each_step"][step]);
                // f32 values of size 2 after up to five roundings.
                assert_within(&found, &expected, 1e-6, &format!("{name}, step {step}"));
            }
        }
    }
}

#[test]
fn clipping_agrees_with_pytorch() {
    for case in golden()["clip_grad_norm"].as_array().unwrap() {
        let vectors: Vec<Vec<f64>> = case["gradients"].as_array().unwrap().iter().map(numbers).collect();
        let limit = case["max_norm"].as_f64().unwrap();
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let model = network(&[0.0; 4], &device.clone().autodiff());
            // The vectors as gradients of the network's two vectors and, when there is a third, of a matrix.
            let mut gradients = GradientsParams::new();
            let ids = [3, 5, 1];
            for (vector, id) in vectors.iter().zip(ids) {
                let values: Vec<f32> = vector.iter().map(|value| *value as f32).collect();
                let data = TensorData::new(values, [vector.len()]);
                match id {
                    1 => gradients
                        .register(ParamId::from(id), Tensor::<1>::from_data(data, &device).unsqueeze::<2>()),
                    _ => gradients.register(ParamId::from(id), Tensor::<1>::from_data(data, &device)),
                }
            }
            let norm = clip_by_global_norm(&mut gradients, &model, limit);
            let expected_norm = case["global_norm"].as_f64().unwrap();
            assert!((norm - expected_norm).abs() < 1e-6 * expected_norm.max(1.0), "{norm}, {expected_norm}");
            for (index, id) in ids.into_iter().enumerate().take(vectors.len()) {
                let found: Vec<f32> = match id {
                    1 => gradients.get::<2>(ParamId::from(id)).unwrap().into_data().try_into_vec().unwrap(),
                    _ => gradients.get::<1>(ParamId::from(id)).unwrap().into_data().try_into_vec().unwrap(),
                };
                // PyTorch divides by norm + 1e-6, which moves a norm of 1 by as much.
                assert_within(&found, &numbers(&case["clipped"][index]), 2e-6, "clipped");
            }
        }
    }
}

#[test]
fn without_a_limit_nothing_is_clipped() {
    let device = rowlstm::device::device(DEVICES[0]);
    let model = network(&[0.0; 4], &device.clone().autodiff());
    let mut gradients = bias_gradient(&[30.0, 40.0, 0.0, 0.0], &device);
    assert_eq!(clip_by_global_norm(&mut gradients, &model, 0.0), 50.0);
    let kept: Vec<f32> = gradients.get::<1>(ParamId::from(3)).unwrap().into_data().try_into_vec().unwrap();
    assert_eq!(kept, [30.0, 40.0, 0.0, 0.0]);
}
