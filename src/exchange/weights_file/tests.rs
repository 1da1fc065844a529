use super::*;
use crate::config::{HeadInitializerName, InitializerName};
use crate::{model::ModelShape, model::initializers::initial_weights};
use safetensors::SafeTensors;

mod hostile;

/// A tensor on its way into a file.
struct Stored {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    fn new(name: &str, shape: &[usize]) -> Self {
        let bytes = vec![0; 4 * shape.iter().product::<usize>()];
        Self { name: name.into(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }
}

fn weights() -> ModelWeights {
    let shape = ModelShape { inputs: 7, units: 3, layers: 2, classes: 10 };
    initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 1)
}

/// What is read when a good file was changed.
fn changed(layout: WeightsLayout, change: impl Fn(&mut Vec<Stored>)) -> Result<ModelWeights, ModelError> {
    let bytes = to_bytes_in(layout, &weights());
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let stored = |(name, view): (String, TensorView<'_>)| Stored {
        name,
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    let mut tensors = file.tensors().into_iter().map(stored).collect();
    change(&mut tensors);
    let views = tensors.iter().map(|stored| {
        (stored.name.as_str(), TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes).unwrap())
    });
    from_bytes(&safetensors::serialize(views, None).unwrap(), Path::new("model.safetensors"))
}

fn find<'a>(tensors: &'a mut [Stored], name: &str) -> &'a mut Stored {
    tensors.iter_mut().find(|stored| stored.name == name).unwrap()
}

/// What is said of a file that was changed.
fn refusal(layout: WeightsLayout, change: impl Fn(&mut Vec<Stored>)) -> String {
    changed(layout, change).unwrap_err().to_string()
}

#[test]
fn what_is_stored_reads_back_to_the_bit_in_either_layout() {
    let weights = weights();
    for layout in [WeightsLayout::Pytorch, WeightsLayout::Keras] {
        let bytes = to_bytes_in(layout, &weights);
        assert_eq!(from_bytes(&bytes, Path::new("x")).unwrap(), weights, "{layout:?}");
        assert_eq!(bytes, to_bytes_in(layout, &weights), "the same weights give the same bytes");
    }
}

#[test]
fn names_and_shapes_are_those_of_the_two_frameworks() {
    let listed = |layout| {
        let bytes = to_bytes_in(layout, &weights());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut list: Vec<String> =
            file.iter().map(|(name, view)| format!("{name} {:?}", view.shape())).collect();
        list.sort_unstable();
        list
    };
    // torch.nn.LSTM(7, 3, 2) and torch.nn.Linear(3, 10): their state_dict.
    let pytorch = [
        "head.bias [10]",
        "head.weight [10, 3]",
        "lstm.bias_hh_l0 [12]",
        "lstm.bias_hh_l1 [12]",
        "lstm.bias_ih_l0 [12]",
        "lstm.bias_ih_l1 [12]",
        "lstm.weight_hh_l0 [12, 3]",
        "lstm.weight_hh_l1 [12, 3]",
        "lstm.weight_ih_l0 [12, 7]",
        "lstm.weight_ih_l1 [12, 3]",
    ];
    assert_eq!(listed(WeightsLayout::Pytorch), pytorch);
    let keras = [
        "dense/bias [10]",
        "dense/kernel [3, 10]",
        "lstm/lstm_cell/bias [12]",
        "lstm/lstm_cell/kernel [7, 12]",
        "lstm/lstm_cell/recurrent_kernel [3, 12]",
        "lstm_1/lstm_cell/bias [12]",
        "lstm_1/lstm_cell/kernel [3, 12]",
        "lstm_1/lstm_cell/recurrent_kernel [3, 12]",
    ];
    assert_eq!(listed(WeightsLayout::Keras), keras);
}

#[test]
fn both_biases_of_pytorch_are_summed() {
    let summed = changed(WeightsLayout::Pytorch, |tensors| {
        for k in 0..2 {
            find(tensors, &format!("lstm.bias_hh_l{k}")).bytes = to_le_bytes(&[0.5; 12]);
        }
    });
    let expected: Vec<f32> = weights().layers[1].bias.iter().map(|b| b + 0.5).collect();
    assert_eq!(summed.unwrap().layers[1].bias, expected);
}

#[test]
fn networks_without_biases_have_zeros_for_them() {
    for (layout, word) in [(WeightsLayout::Pytorch, "lstm.bias"), (WeightsLayout::Keras, "lstm_cell/bias")] {
        let read = changed(layout, |tensors| tensors.retain(|stored| !stored.name.contains(word))).unwrap();
        assert!(read.layers.iter().all(|layer| layer.bias == [0.0; 12]), "{layout:?}");
        assert_eq!(read.head_bias, weights().head_bias, "{layout:?}: the head keeps its own");
    }
    let read = changed(WeightsLayout::Pytorch, |tensors| tensors.retain(|stored| stored.name != "head.bias"));
    assert_eq!(read.unwrap().head_bias, [0.0; 10]);
}

#[test]
fn one_of_two_biases_is_not_taken_for_both() {
    for name in ["lstm.bias_hh_l1", "lstm.bias_ih_l0"] {
        let message = refusal(WeightsLayout::Pytorch, |tensors| tensors.retain(|stored| stored.name != name));
        assert!(message.contains(&format!("has no tensor `{name}`; it holds head.bias, ")), "{message}");
    }
}

#[test]
fn wrong_tensors_are_named_with_what_was_expected() {
    let shape = |name: &str, shape: &[usize]| {
        refusal(WeightsLayout::Pytorch, |tensors| *find(tensors, name) = Stored::new(name, shape))
    };
    for (message, expected) in [
        (shape("lstm.weight_hh_l0", &[3, 12]), "`lstm.weight_hh_l0` has shape [3, 12], expected [4U, U]"),
        (shape("lstm.weight_hh_l0", &[0, 0]), "has shape [0, 0], expected [4U, U], neither of them 0"),
        (shape("lstm.weight_ih_l0", &[84]), "`lstm.weight_ih_l0` has shape [84], expected [4U, W]"),
        (shape("lstm.weight_ih_l0", &[16, 7]), "has shape [16, 7], expected [12, 7]"),
        (shape("lstm.weight_ih_l1", &[12, 7]), "`lstm.weight_ih_l1` has shape [12, 7], expected [12, 3]"),
        (shape("head.weight", &[10, 6]), "`head.weight` has shape [10, 6], expected [10, 3]"),
        (shape("head.weight", &[7, 3]), "`head.weight` has shape [7, 3], expected [10, 3]"),
        (shape("head.bias", &[10, 1]), "`head.bias` has shape [10, 1], expected [10]"),
        (shape("lstm.weight_ih_l0", &[12, 800]), "of 800 values per timestep, expected at most 784"),
    ] {
        assert!(message.contains(expected), "{message}");
    }
    let swapped = refusal(WeightsLayout::Keras, |tensors| find(tensors, "dense/kernel").shape = vec![10, 3]);
    assert!(swapped.contains("`dense/kernel` has shape [10, 3], expected [3, 10]"), "{swapped}");
}

#[test]
fn foreign_tensors_types_and_names_are_told() {
    let added = |name: &str| refusal(WeightsLayout::Pytorch, |tensors| tensors.push(Stored::new(name, &[1])));
    let backwards = added("lstm.weight_ih_l0_reverse");
    assert!(
        backwards.contains("`lstm.weight_ih_l0_reverse` that an LSTM classifier of 2 layers does not have"),
        "{backwards}"
    );
    assert!(backwards.contains("expected lstm.weight_ih_l0, lstm.weight_hh_l0"), "{backwards}");
    assert!(added("lstm.weight_ih_l3").contains("`lstm.weight_ih_l3`"), "a layer without the one below it");
    let element = refusal(WeightsLayout::Pytorch, |tensors| {
        let bias = find(tensors, "head.bias");
        (bias.dtype, bias.bytes) = (Dtype::BF16, vec![0; 20]);
    });
    assert!(element.contains("`head.bias` holds BF16 values, expected F32"), "{element}");
    let number = refusal(WeightsLayout::Pytorch, |tensors| {
        find(tensors, "head.bias").bytes = to_le_bytes(&[f32::NAN; 10])
    });
    assert!(number.contains("`head.bias` holds a value that is not finite"), "{number}");
    let sum = refusal(WeightsLayout::Pytorch, |tensors| {
        for name in ["lstm.bias_ih_l0", "lstm.bias_hh_l0"] {
            find(tensors, name).bytes = to_le_bytes(&[f32::MAX; 12]);
        }
    });
    assert!(sum.contains("not finite"), "two finite biases whose sum is none: {sum}");
    let names = refusal(WeightsLayout::Pytorch, |tensors| {
        tensors.iter_mut().for_each(|stored| stored.name = format!("rnn\u{1b}[2J{}", stored.name));
    });
    assert!(
        names.contains("has no tensor `lstm.weight_ih_l0` or `lstm/lstm_cell/kernel`; it holds rnn"),
        "{names}"
    );
    assert!(!names.contains('\u{1b}'), "a file cannot steer the terminal");
}
