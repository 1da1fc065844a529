//! Optimisers and clipping against PyTorch's, in f64; tests/golden/README.md says how the values were made.

use super::support::{DEVICES, assert_within};
use burn::tensor::Device;
use rowlstm::config::{OptimizerName, TrainConfig};
use rowlstm::model::{LayerWeights, ModelShape, ModelWeights, RowClassifier};
use rowlstm::training::{Optimizer, ParameterGradients, clip_factor};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/optimizers.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The settings of [`network`].
fn config() -> TrainConfig {
    TrainConfig { num_units: 1, timesteps: 784, ..TrainConfig::default() }
}

/// A network whose first layer's bias, `[4U]` with U = 1, holds the four values that are optimised.
fn network(values: &[f64], device: &Device) -> RowClassifier {
    let layer = LayerWeights {
        input: vec![0.0; 4],
        recurrent: vec![0.0; 4],
        bias: values.iter().map(|value| *value as f32).collect(),
    };
    let shape = ModelShape { inputs: 1, units: 1, layers: 1, classes: 10 };
    let weights =
        ModelWeights { shape, layers: vec![layer], head_weights: vec![0.0; 10], head_bias: vec![0.0; 10] };
    RowClassifier::new(&weights, device)
}

/// The bias is the third parameter; the gradient of the others is zero.
fn bias_gradient(gradient: &[f64]) -> ParameterGradients {
    let bias = gradient.iter().map(|value| *value as f32).collect();
    ParameterGradients(vec![vec![0.0; 4], vec![0.0; 4], bias, vec![0.0; 10], vec![0.0; 10]])
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
            let config = TrainConfig { optimizer, weight_decay, momentum: 0.9, ..config() };
            let mut optimizer = Optimizer::new(&config);
            let mut model = network(&numbers(&golden["initial_values"]), &device.clone().autodiff());
            let steps = golden["gradients"].as_array().unwrap();
            for (step, gradient) in steps.iter().enumerate() {
                model = optimizer.step(learning_rate, 1.0, model, &bias_gradient(&numbers(gradient)));
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
        let vectors = case["gradients"].as_array().unwrap().iter();
        let narrow = |vector: &Value| numbers(vector).iter().map(|value| *value as f32).collect();
        let gradients = ParameterGradients(vectors.map(narrow).collect());
        let (norm, expected_norm) = (gradients.norm(), case["global_norm"].as_f64().unwrap());
        assert!((norm - expected_norm).abs() < 1e-6 * expected_norm.max(1.0), "{norm}, {expected_norm}");
        let factor = clip_factor(norm, case["max_norm"].as_f64().unwrap());
        for (index, gradient) in gradients.0.iter().enumerate() {
            let found: Vec<f32> = gradient.iter().map(|value| factor * value).collect();
            // PyTorch divides by norm + 1e-6, which moves a norm of 1 by as much.
            assert_within(&found, &numbers(&case["clipped"][index]), 2e-6, "clipped");
        }
    }
}

#[test]
fn the_scale_is_a_factor_of_the_gradient() {
    let device = rowlstm::device::device(DEVICES[0]);
    let gradient = [3.0, -4.0, 0.5, 0.0];
    let halves = gradient.map(|value| value / 2.0);
    for optimizer in [OptimizerName::Adam, OptimizerName::Adamw, OptimizerName::Rmsprop, OptimizerName::Sgd] {
        for momentum in [0.0, 0.9] {
            let config = TrainConfig { optimizer, momentum, weight_decay: 0.01, ..config() };
            let after = |scale, gradient: &[f64]| {
                let network = network(&[1.0, -2.0, 3.0, 0.5], &device.clone().autodiff());
                Optimizer::new(&config).step(0.1, scale, network, &bias_gradient(gradient)).to_weights()
            };
            assert_eq!(after(0.5, &gradient), after(1.0, &halves), "{optimizer}");
            assert_ne!(after(1.0, &gradient), after(1.0, &[0.0; 4]), "{optimizer}");
        }
    }
}

#[test]
fn without_a_limit_nothing_is_clipped() {
    let gradients = bias_gradient(&[30.0, 40.0, 0.0, 0.0]);
    assert_eq!(gradients.norm(), 50.0);
    assert_eq!(clip_factor(50.0, 0.0), 1.0);
    assert_eq!(clip_factor(50.0, 50.0), 1.0);
    assert_eq!(clip_factor(50.0, 25.0), 0.5);
    assert_eq!(clip_factor(f64::INFINITY, 25.0), 1.0);
}
