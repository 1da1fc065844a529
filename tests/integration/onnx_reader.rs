//! A reader of ONNX files that shares nothing with the writer: protocol buffers by their wire format, and the graph node
//! by node after the operators' descriptions, one f64 at a time. It knows what this program's files hold and no more.

use std::collections::BTreeMap;

/// A message: its fields by number, in the order of the file.
struct Message<'a>(BTreeMap<u64, Vec<Field<'a>>>);

#[derive(Clone, Copy)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Message<'a> {
    fn read(mut bytes: &'a [u8]) -> Self {
        let mut fields: BTreeMap<u64, Vec<Field<'_>>> = BTreeMap::new();
        while !bytes.is_empty() {
            let key = number(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(number(&mut bytes)),
                2 => {
                    let length = number(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Field::Bytes(value)
                }
                other => panic!("wire type {other} is none of an ONNX file of this program"),
            };
            fields.entry(key >> 3).or_default().push(field);
        }
        Self(fields)
    }

    fn all(&self, field: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0.get(&field).into_iter().flatten().map(move |value| match value {
            Field::Bytes(bytes) => *bytes,
            Field::Number(_) => panic!("field {field} is a number"),
        })
    }

    fn numbers(&self, field: u64) -> Vec<u64> {
        let plain = |value: &Field<'_>| match value {
            Field::Number(number) => *number,
            Field::Bytes(_) => panic!("field {field} is no number"),
        };
        self.0.get(&field).into_iter().flatten().map(plain).collect()
    }

    fn messages(&self, field: u64) -> Vec<Message<'a>> {
        self.all(field).map(Message::read).collect()
    }

    fn texts(&self, field: u64) -> Vec<&'a str> {
        self.all(field).map(|bytes| std::str::from_utf8(bytes).unwrap()).collect()
    }
}

/// A number of variable length: seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for position in 0..10 {
        let (first, rest) = bytes.split_first().expect("the file goes on");
        *bytes = rest;
        value |= u64::from(first & 0x7f) << (7 * position);
        if first & 0x80 == 0 {
            return value;
        }
    }
    panic!("no number has more than ten bytes");
}

/// A tensor's values, row by row.
#[derive(Clone)]
struct Array {
    sizes: Vec<usize>,
    values: Vec<f64>,
}

impl Array {
    fn of(message: &Message<'_>) -> Self {
        let bytes = message.all(9).next().unwrap();
        let values: Vec<f64> = match message.numbers(2)[..] {
            [1] => bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four).into()).collect(),
            [7] => bytes.as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight) as f64).collect(),
            ref other => panic!("element type {other:?}"),
        };
        let sizes: Vec<usize> = message.numbers(1).into_iter().map(|size| size as usize).collect();
        assert_eq!(sizes.iter().product::<usize>(), values.len());
        Self { sizes, values }
    }
}

/// Runs the model of a file on images `x`, `[B, T, W]`; returns logits `[B, C]`.
pub fn run(bytes: &[u8], x: &[f32], batch: usize) -> Vec<f64> {
    let model = Message::read(bytes);
    assert_eq!(model.numbers(1), [7], "IR version");
    assert_eq!(model.messages(8)[0].numbers(2), [14], "operator set");
    let graph = &model.messages(7)[0];
    let input = &graph.messages(11)[0];
    let dimensions = input.messages(2)[0].messages(1)[0].messages(2)[0].messages(1);
    assert_eq!((dimensions.len(), dimensions[0].texts(2)), (3, vec!["B"]), "the batch is free");
    let [steps, inputs] = [1, 2].map(|axis: usize| dimensions[axis].numbers(1)[0] as usize);
    let mut values: BTreeMap<String, Array> = BTreeMap::new();
    for tensor in graph.messages(5) {
        values.insert(tensor.texts(8)[0].into(), Array::of(&tensor));
    }
    let images =
        Array { sizes: vec![batch, steps, inputs], values: x.iter().map(|v| f64::from(*v)).collect() };
    assert_eq!(images.values.len(), batch * steps * inputs);
    values.insert(input.texts(1)[0].into(), images);
    for node in graph.messages(1) {
        let taken: Vec<&Array> = node.texts(1).into_iter().map(|name| &values[name]).collect();
        let given = match node.texts(4)[0] {
            "Transpose" => vec![steps_first(taken[0], &node)],
            "LSTM" => lstm(&taken, &node),
            "Squeeze" => vec![squeeze(taken[0], taken[1])],
            "Gemm" => vec![gemm(&taken)],
            other => panic!("operator {other}"),
        };
        for (name, value) in node.texts(2).into_iter().zip(given) {
            values.insert(name.into(), value);
        }
    }
    values.remove(graph.messages(12)[0].texts(1)[0]).expect("the graph computes its output").values
}

fn steps_first(x: &Array, node: &Message<'_>) -> Array {
    assert_eq!(node.messages(5)[0].numbers(8), [1, 0, 2]);
    let [batch, steps, inputs] = x.sizes[..] else { panic!("three axes") };
    let pieces = (0..steps).flat_map(|t| (0..batch).map(move |b| (b * steps + t) * inputs));
    let values = pieces.flat_map(|start| x.values[start..start + inputs].to_vec()).collect();
    Array { sizes: vec![steps, batch, inputs], values }
}

fn squeeze(x: &Array, axis: &Array) -> Array {
    let mut sizes = x.sizes.clone();
    assert_eq!(sizes.remove(axis.values[0] as usize), 1);
    Array { sizes, values: x.values.clone() }
}

fn gemm(taken: &[&Array]) -> Array {
    let [a, b, c] = taken else { panic!("three inputs") };
    let (rows, inner, columns) = (a.sizes[0], a.sizes[1], b.sizes[1]);
    let one = |place: usize| {
        let (row, column) = (place / columns, place % columns);
        let terms = (0..inner).map(|k| a.values[row * inner + k] * b.values[k * columns + column]);
        c.values[column] + terms.sum::<f64>()
    };
    Array { sizes: vec![rows, columns], values: (0..rows * columns).map(one).collect() }
}

/// Y `[T, 1, B, U]` and Y_h `[1, B, U]` of an LSTM, with W, R and B whose gates stand in the order i, o, f, c.
fn lstm(taken: &[&Array], node: &Message<'_>) -> Vec<Array> {
    let [x, w, r, b] = taken else { panic!("four inputs") };
    let [steps, batch, inputs] = x.sizes[..] else { panic!("three axes") };
    let units = node.messages(5)[0].numbers(3)[0] as usize;
    assert_eq!((&w.sizes, &r.sizes), (&vec![1, 4 * units, inputs], &vec![1, 4 * units, units]));
    assert_eq!(b.sizes, [1, 8 * units]);
    let (mut h, mut c) = (vec![0.0; batch * units], vec![0.0; batch * units]);
    let mut states = Vec::new();
    for step in 0..steps {
        let before = h.clone();
        for (image, unit) in (0..batch).flat_map(|image| (0..units).map(move |unit| (image, unit))) {
            let row = |gate: usize| gate * units + unit;
            let piece = &x.values[(step * batch + image) * inputs..][..inputs];
            let past = &before[image * units..][..units];
            let dot = |m: &[f64], v: &[f64]| m.iter().zip(v).map(|(m, v)| m * v).sum::<f64>();
            let z = |gate: usize| {
                dot(&w.values[row(gate) * inputs..][..inputs], piece)
                    + dot(&r.values[row(gate) * units..][..units], past)
                    + b.values[row(gate)]
                    + b.values[row(gate + 4)]
            };
            let sigmoid = |value: f64| 1.0 / (1.0 + (-value).exp());
            let place = image * units + unit;
            c[place] = sigmoid(z(2)) * c[place] + sigmoid(z(0)) * z(3).tanh();
            h[place] = sigmoid(z(1)) * c[place].tanh();
        }
        states.extend(&h);
    }
    let all = Array { sizes: vec![steps, 1, batch, units], values: states };
    vec![all, Array { sizes: vec![1, batch, units], values: h }]
}
