//! A network as an ONNX model: one LSTM node per layer and the dense head.
//!
//! * input `images`: `[B, T, W]`, f32 in 0..=1; B is free.
//! * output `logits`: `[B, C]`, before softmax.
//!
//! Operators are those of operator set 14, the first with today's LSTM. An LSTM node reads `[T, B, W]` (its `layout` 1
//! is not implemented everywhere), so the first node exchanges the first two axes. It takes `[1, 4U, W]` and `[1, 4U, U]`
//! with gates in the order i, o, f, c, and both biases of all gates, `[1, 8U]`, of which the second is 0 here.
//! Source: the operators' descriptions in `docs/Operators.md` of the ONNX repository.

mod messages;

use super::weights_file::to_le_bytes;
use crate::error::ModelError;
use crate::model::{LayerWeights, ModelWeights, transposed};
use messages::{
    Attribute, Dimension, FLOAT, Graph, INT, INT64, INTS, Model, Node, OperatorSet, Shape, Tensor,
    TensorType, Type, ValueInfo,
};
use prost::Message;

/// The version of ONNX's file format that came with [`OPERATOR_SET`].
const IR_VERSION: i64 = 7;
const OPERATOR_SET: i64 = 14;
/// A message of protocol buffers is shorter than 2 GiB; some bytes are left for everything but weights.
const MOST_WEIGHT_BYTES: usize = (1 << 31) - (1 << 20);
/// Where ONNX's gates i, o, f, c stand among i, f, g, o.
const GATES: [usize; 4] = [0, 3, 1, 2];

/// The file's bytes; the same weights give the same bytes.
///
/// * `timesteps`: T, timesteps per image.
///
/// # Errors
/// [`ModelError::BeyondOnnx`].
pub fn to_bytes(weights: &ModelWeights, timesteps: usize) -> Result<Vec<u8>, ModelError> {
    let parameters = weights.shape.parameters();
    // The second biases are added.
    let values = parameters + 4 * weights.shape.units * weights.shape.layers;
    if values > MOST_WEIGHT_BYTES / 4 {
        return Err(ModelError::BeyondOnnx { parameters });
    }
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: env!("CARGO_PKG_NAME").into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: "Reads a 28 x 28 image of a digit piece by piece and scores the ten digits".into(),
        graph: Some(graph(weights, timesteps)),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATOR_SET }],
    };
    Ok(model.encode_to_vec())
}

fn graph(weights: &ModelWeights, timesteps: usize) -> Graph {
    let shape = weights.shape;
    let perm = Attribute { name: "perm".into(), ints: vec![1, 0, 2], r#type: INTS, ..Attribute::default() };
    let mut node = vec![Node {
        attribute: vec![perm],
        ..named_node("Transpose", "steps_first", &["images"], &["steps"]) // [T, B, W]
    }];
    let mut initializer = vec![axes("last_state_axis", 0)];
    if shape.layers > 1 {
        initializer.push(axes("direction_axis", 1));
    }
    for (index, layer) in weights.layers.iter().enumerate() {
        initializer.extend(layer_tensors(index, layer, shape.layer_inputs(index), shape.units));
        node.extend(layer_nodes(index, index + 1 == shape.layers, shape.units));
    }
    let (units, classes) = (shape.units, shape.classes);
    initializer.push(floats("head.weight", &[units, classes], &weights.head_weights));
    initializer.push(floats("head.bias", &[classes], &weights.head_bias));
    node.push(named_node("Gemm", "head", &["last_state", "head.weight", "head.bias"], &["logits"]));
    let pieces = "pixels divided by 255, 0 background, 1 full ink, from the image's top left row by row";
    Graph {
        node,
        name: "rowlstm".into(),
        initializer,
        input: vec![value("images", &[timesteps, shape.inputs], pieces)],
        output: vec![value("logits", &[classes], "scores of the digits 0 to 9, before softmax")],
    }
}

/// The node of an LSTM layer, and the one that takes the axis of directions, of which there is one, out of its result.
fn layer_nodes(index: usize, is_last: bool, units: usize) -> [Node; 2] {
    let input = if index == 0 { "steps".into() } else { format!("states_{}", index - 1) };
    let tensors = ["weight", "recurrent", "bias"].map(|name| tensor_name(index, name));
    let inputs = [input.as_str(), &tensors[0], &tensors[1], &tensors[2]];
    // Its outputs are all hidden states [T, 1, B, U], and the last of them [1, B, U].
    let raw = format!("raw_states_{index}");
    let outputs = if is_last { vec!["", &raw] } else { vec![raw.as_str()] };
    let (name, i) = ("hidden_size".into(), Some(units as i64));
    let lstm = Node {
        attribute: vec![Attribute { name, i, r#type: INT, ..Attribute::default() }],
        ..named_node("LSTM", &format!("lstm_{index}"), &inputs, &outputs)
    };
    let squeeze = if is_last {
        named_node("Squeeze", "take_last_state", &[&raw, "last_state_axis"], &["last_state"]) // [B, U]
    } else {
        let states = format!("states_{index}");
        named_node("Squeeze", &format!("take_{states}"), &[&raw, "direction_axis"], &[&states]) // [T, B, U]
    };
    [lstm, squeeze]
}

fn layer_tensors(index: usize, layer: &LayerWeights, inputs: usize, units: usize) -> [Tensor; 3] {
    let matrix = |name: &str, values: &[f32], inputs: usize| {
        let rows = in_onnx_order(&transposed(values, inputs, 4 * units));
        floats(&tensor_name(index, name), &[1, 4 * units, inputs], &rows)
    };
    let mut biases = in_onnx_order(&layer.bias);
    biases.resize(8 * units, 0.0);
    [
        matrix("weight", &layer.input, inputs),
        matrix("recurrent", &layer.recurrent, units),
        floats(&tensor_name(index, "bias"), &[1, 8 * units], &biases),
    ]
}

fn tensor_name(layer: usize, name: &str) -> String {
    format!("lstm_{layer}.{name}")
}

/// Four equal blocks, one a gate, from the order i, f, g, o to that of ONNX.
fn in_onnx_order(values: &[f32]) -> Vec<f32> {
    let block = values.len() / 4;
    GATES.into_iter().flat_map(|gate| &values[gate * block..(gate + 1) * block]).copied().collect()
}

fn named_node(op_type: &str, name: &str, input: &[&str], output: &[&str]) -> Node {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let (input, output) = (owned(input), owned(output));
    Node { input, output, name: name.into(), op_type: op_type.into(), ..Node::default() }
}

fn floats(name: &str, sizes: &[usize], values: &[f32]) -> Tensor {
    let dims = sizes.iter().map(|size| *size as i64).collect();
    Tensor { dims, data_type: FLOAT, name: name.into(), raw_data: to_le_bytes(values) }
}

/// The axis that a Squeeze node takes out.
fn axes(name: &str, axis: i64) -> Tensor {
    Tensor { dims: vec![1], data_type: INT64, name: name.into(), raw_data: axis.to_le_bytes().to_vec() }
}

/// An input or output whose first axis is the free B.
fn value(name: &str, sizes: &[usize], description: &str) -> ValueInfo {
    let batch = Dimension { dim_value: None, dim_param: Some("B".into()) };
    let fixed = sizes.iter().map(|size| Dimension { dim_value: Some(*size as i64), dim_param: None });
    let shape = Shape { dim: std::iter::once(batch).chain(fixed).collect() };
    let tensor_type = TensorType { elem_type: FLOAT, shape: Some(shape) };
    ValueInfo {
        name: name.into(),
        r#type: Some(Type { tensor_type: Some(tensor_type) }),
        doc_string: description.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelShape;

    #[test]
    fn gates_change_from_i_f_g_o_to_i_o_f_g() {
        assert_eq!(
            in_onnx_order(&[1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]),
            [1.0, 1.5, 4.0, 4.5, 2.0, 2.5, 3.0, 3.5]
        );
    }

    #[test]
    fn a_network_beyond_the_formats_limit_is_refused() {
        // Refused by its shape alone, so that no test needs its gigabytes.
        let shape = ModelShape { inputs: 28, units: 4096, layers: 16, classes: 10 };
        let weights = ModelWeights { shape, layers: vec![], head_weights: vec![], head_bias: vec![] };
        let message = to_bytes(&weights, 28).unwrap_err().to_string();
        assert!(message.contains("2 GiB"), "{message}");
    }
}
