//! Reading the values that PyTorch computed; tests/golden/README.md says how.

use rowlstm::exchange::weights_file;
use rowlstm::model::{ModelShape, ModelWeights};
use safetensors::{SafeTensors, tensor::TensorView};
use std::path::Path;

const FILE: &[u8] = include_bytes!("../golden/pytorch_lstm.safetensors");

/// One case: the same network in PyTorch, in f64, from the same f32 numbers.
pub struct Case {
    pub name: String,
    /// Batch B and timesteps T.
    pub size: (usize, usize),
    pub weights: ModelWeights,
    pub x: Vec<f32>,
    pub labels: Vec<i32>,
    pub hidden: Vec<f64>,
    pub logits: Vec<f64>,
    pub plain: Loss,
    /// With label smoothing 0.1.
    pub smoothed: Loss,
}

/// A loss and its gradients.
pub struct Loss {
    pub loss: f64,
    /// In the order and layout of `ModelWeights::tensors`.
    pub gradients: Vec<Vec<f64>>,
    pub x: Vec<f64>,
}

/// Every case of the file that starts from a zero state.
pub fn cases() -> Vec<Case> {
    let names = ["small", "two_layers", "odd_sizes", "one_unit", "rows"];
    let file = SafeTensors::deserialize(FILE).unwrap();
    let cases: Vec<Case> = names.map(|name| Reader { file: &file, name }.case()).into();
    let case = |tensor: &str| tensor.split('.').next().unwrap().to_string();
    let known = |case: String| names.contains(&case.as_str()) || case == "small_from_state";
    assert!(file.names().into_iter().map(case).all(known), "every other case of the file is tested");
    cases
}

struct Reader<'a> {
    file: &'a SafeTensors<'a>,
    name: &'a str,
}

impl Reader<'_> {
    fn tensor(&self, name: &str) -> TensorView<'_> {
        self.file.tensor(&format!("{}.{name}", self.name)).unwrap()
    }

    fn f32s(&self, name: &str) -> Vec<f32> {
        self.tensor(name).data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    fn f64s(&self, name: &str) -> Vec<f64> {
        self.tensor(name).data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    }

    fn weight_names(&self) -> Vec<String> {
        let prefix = format!("{}.", self.name);
        let names = self.file.names().into_iter().filter_map(|name| name.strip_prefix(&prefix));
        names
            .filter(|name| name.starts_with("lstm.") || name.starts_with("head."))
            .map(str::to_string)
            .collect()
    }

    fn case(&self) -> Case {
        let names = self.weight_names();
        let views = names.iter().map(|name| (name.as_str(), self.tensor(name)));
        // PyTorch's names and layout: the file format of weights reads them as they are.
        let bytes = safetensors::serialize(views, None).unwrap();
        let weights = weights_file::from_bytes(&bytes, Path::new(self.name)).unwrap();
        let [batch, timesteps, _] = self.tensor("x").shape().try_into().unwrap();
        let labels = self.tensor("labels");
        let labels = labels.data().as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as i32);
        Case {
            name: self.name.to_string(),
            size: (batch, timesteps),
            x: self.f32s("x"),
            labels: labels.collect(),
            hidden: self.f64s("hidden"),
            logits: self.f64s("logits"),
            plain: self.loss("", weights.shape),
            smoothed: self.loss("_smoothed", weights.shape),
            weights,
        }
    }

    fn loss(&self, suffix: &str, shape: ModelShape) -> Loss {
        let gradient = |name: &str| self.f64s(&format!("grad{suffix}.{name}"));
        let transposed = |name: String| {
            let [rows, columns] = self.tensor(&name).shape().try_into().unwrap();
            let values = gradient(&name);
            (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c)).map(|i| values[i]).collect()
        };
        let layers = (0..shape.layers).flat_map(|k| {
            [
                transposed(format!("lstm.weight_ih_l{k}")),
                transposed(format!("lstm.weight_hh_l{k}")),
                gradient(&format!("lstm.bias_ih_l{k}")),
            ]
        });
        Loss {
            loss: self.f64s(&format!("loss{suffix}"))[0],
            gradients: layers.chain([transposed("head.weight".into()), gradient("head.bias")]).collect(),
            x: gradient("x"),
        }
    }
}
