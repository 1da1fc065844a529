use super::*;
use crate::config::{HeadInitializerName, InitializerName};
use crate::device::{BUILT_IN, device};
use crate::model::{ModelShape, RowClassifier, initializers::initial_weights};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};

/// 100 units: the recurrent weights, 40,000 values, are three chunks.
fn network(device: &Device) -> RowClassifier {
    let shape = ModelShape { inputs: 28, units: 100, layers: 1, classes: 10 };
    RowClassifier::new(
        &initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 1),
        &device.clone().autodiff(),
    )
}

/// The bits of all weights.
fn bits(model: &RowClassifier) -> Vec<u32> {
    let weights = model.to_weights();
    let layer = &weights.layers[0];
    let all = [&layer.input, &layer.recurrent, &layer.bias, &weights.head_weights, &weights.head_bias];
    all.into_iter().flatten().map(|value| value.to_bits()).collect()
}

/// Gradients of many magnitudes, with zeros of both signs and subnormal numbers among them.
struct Noise<'a> {
    step: u32,
    device: &'a Device,
    gradients: GradientsParams,
}

impl ModuleVisitor for Noise<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.dims();
        let value = |index: u32| {
            let noise = (index + 7919 * self.step).wrapping_mul(2_654_435_761) >> 8;
            let value = noise as f32 / (1 << 23) as f32 - 1.0;
            match noise % 16 {
                0 => 0.0,
                1 => -0.0,
                2 => value * 1e-41,
                3 => value * 1e-22,
                4 => value * 100.0,
                _ => value * 0.01,
            }
        };
        let values = (0..shape.iter().product::<usize>() as u32).map(value).collect();
        self.gradients.register(param.id, from_values(values, shape, self.device));
    }
}

/// Takes the steps `steps` with a learning rate that falls.
fn train(
    optimizer: &mut ModuleOptimizer,
    mut model: RowClassifier,
    steps: std::ops::Range<u32>,
    device: &Device,
) -> RowClassifier {
    for step in steps {
        let mut noise = Noise { step, device, gradients: GradientsParams::new() };
        model.visit(&mut noise);
        model = optimizer.step(0.01 / f64::from(step + 3), model, noise.gradients);
    }
    model
}

type New = Box<dyn Fn() -> ModuleOptimizer>;

/// Each rule here and burn's, with and without weight decay and momentum.
fn pairs() -> Vec<(String, New, New)> {
    let mut pairs: Vec<(String, New, New)> = Vec::new();
    for weight_decay in [0.0, 0.013] {
        let decay = move || (weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay));
        let ours = move || RmsProp { weight_decay }.into();
        let burns = move || {
            let config = RmsPropConfig::new().with_alpha(0.9).with_momentum(0.0).with_epsilon(1e-8);
            config.with_weight_decay(decay()).init()
        };
        pairs.push((format!("RMSprop, weight decay {weight_decay}"), Box::new(ours), Box::new(burns)));
        for momentum in [0.0, 0.9] {
            let ours = move || Sgd { weight_decay, momentum: momentum as f32 }.into();
            let burns = move || {
                let config = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
                let config = SgdConfig::new().with_momentum((momentum > 0.0).then_some(config));
                config.with_weight_decay(decay()).init()
            };
            let name = format!("SGD, weight decay {weight_decay}, momentum {momentum}");
            pairs.push((name, Box::new(ours), Box::new(burns)));
        }
    }
    pairs
}

#[test]
fn rmsprop_and_sgd_are_bit_identical_with_burns_own() {
    for &backend in BUILT_IN {
        let device = device(backend);
        for (name, ours, burns) in pairs() {
            let (mut ours, mut burns) = (ours(), burns());
            let (mut one, mut other) = (network(&device), network(&device));
            for step in 0..30 {
                one = train(&mut ours, one, step..step + 1, &device);
                other = train(&mut burns, other, step..step + 1, &device);
                assert!(bits(&one) == bits(&other), "{name}, step {step}, {backend}");
            }
        }
    }
}

#[test]
fn a_state_that_burn_wrote_is_read_here_and_the_other_way_round() {
    let device = device(BUILT_IN[0]);
    for (name, ours, burns) in pairs() {
        for (first, second) in [(&ours, &burns), (&burns, &ours)] {
            let mut optimizer = first();
            let model = train(&mut optimizer, network(&device), 0..5, &device);
            let mut restored = second().from_bytes(optimizer.into_bytes().unwrap()).unwrap();
            let went_on = train(&mut optimizer, model.clone(), 5..8, &device);
            assert!(bits(&train(&mut restored, model, 5..8, &device)) == bits(&went_on), "{name}");
            assert_eq!(
                optimizer.to_record().len(),
                restored.to_record().len(),
                "{name}: tensors of the state"
            );
        }
    }
}
