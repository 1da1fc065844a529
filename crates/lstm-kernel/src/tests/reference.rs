//! A scalar LSTM in f64, written from the equations, with gradients by backpropagation, which central differences check.

use super::support::Case;
use crate::Output;

/// The results of a training step, in f64 and the layouts of the kernel.
#[derive(Clone, Debug)]
pub struct Expected {
    pub out: Vec<f64>,
    pub input_weights: Vec<f64>,
    pub recurrent_weights: Vec<f64>,
    pub bias: Vec<f64>,
    pub input: Vec<f64>,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The states of one image: gates `[T][4U]`, cells and hidden states `[T + 1][U]`.
struct Trace {
    gates: Vec<Vec<f64>>,
    cells: Vec<Vec<f64>>,
    hidden: Vec<Vec<f64>>,
}

fn run_image(case: &Case, image: usize) -> Trace {
    let (w, u) = (case.shape.inputs, case.shape.units);
    let mut trace = Trace { gates: Vec::new(), cells: vec![vec![0.0; u]], hidden: vec![vec![0.0; u]] };
    for t in 0..case.shape.timesteps {
        let x = &case.x[(image * case.shape.timesteps + t) * w..][..w];
        let (h, c) = (trace.hidden[t].clone(), trace.cells[t].clone());
        let mut gates: Vec<f64> = case.bias.iter().map(|&b| f64::from(b)).collect();
        for (n, gate) in gates.iter_mut().enumerate() {
            *gate +=
                (0..w).map(|k| f64::from(x[k]) * f64::from(case.input_weights[k * 4 * u + n])).sum::<f64>();
            *gate += (0..u).map(|k| h[k] * f64::from(case.recurrent_weights[k * 4 * u + n])).sum::<f64>();
            *gate = if n / u == 2 { gate.tanh() } else { sigmoid(*gate) };
        }
        let c: Vec<f64> = (0..u).map(|k| gates[u + k] * c[k] + gates[k] * gates[2 * u + k]).collect();
        trace.hidden.push((0..u).map(|k| gates[3 * u + k] * c[k].tanh()).collect());
        trace.cells.push(c);
        trace.gates.push(gates);
    }
    trace
}

/// Output and gradients of `sum(out * grad_out)`.
#[allow(clippy::needless_range_loop)] // The equations have indices.
pub fn expected(case: &Case) -> Expected {
    let (b, t_count, w, u) = (case.shape.batch, case.shape.timesteps, case.shape.inputs, case.shape.units);
    let mut e = Expected {
        out: Vec::new(),
        input_weights: vec![0.0; w * 4 * u],
        recurrent_weights: vec![0.0; u * 4 * u],
        bias: vec![0.0; 4 * u],
        input: vec![0.0; b * t_count * w],
    };
    for image in 0..b {
        let trace = run_image(case, image);
        match case.output {
            Output::Last => e.out.extend(&trace.hidden[t_count]),
            Output::Sequence => e.out.extend(trace.hidden[1..].iter().flatten()),
        }
        let mut dh = vec![0.0; u];
        let mut dc = vec![0.0; u];
        for t in (0..t_count).rev() {
            for k in 0..u {
                dh[k] += match case.output {
                    Output::Last if t + 1 < t_count => 0.0,
                    Output::Last => f64::from(case.grad_out[image * u + k]),
                    Output::Sequence => f64::from(case.grad_out[(image * t_count + t) * u + k]),
                };
            }
            let gates = &trace.gates[t];
            let mut dz = vec![0.0; 4 * u];
            for k in 0..u {
                let (i, f, g, o) = (gates[k], gates[u + k], gates[2 * u + k], gates[3 * u + k]);
                let squashed = trace.cells[t + 1][k].tanh();
                dc[k] += dh[k] * o * (1.0 - squashed * squashed);
                dz[k] = dc[k] * g * i * (1.0 - i);
                dz[u + k] = dc[k] * trace.cells[t][k] * f * (1.0 - f);
                dz[2 * u + k] = dc[k] * i * (1.0 - g * g);
                dz[3 * u + k] = dh[k] * squashed * o * (1.0 - o);
                dc[k] *= f;
            }
            for n in 0..4 * u {
                e.bias[n] += dz[n];
                for k in 0..w {
                    let position = (image * t_count + t) * w + k;
                    e.input_weights[k * 4 * u + n] += f64::from(case.x[position]) * dz[n];
                    e.input[position] += f64::from(case.input_weights[k * 4 * u + n]) * dz[n];
                }
                for k in 0..u {
                    e.recurrent_weights[k * 4 * u + n] += trace.hidden[t][k] * dz[n];
                }
            }
            for (k, dh) in dh.iter_mut().enumerate() {
                let weights = &case.recurrent_weights[k * 4 * u..(k + 1) * 4 * u];
                *dh = weights.iter().zip(&dz).map(|(&w, dz)| f64::from(w) * dz).sum();
            }
        }
    }
    e
}

/// `sum(out * grad_out)`
fn loss(case: &Case) -> f64 {
    expected(case).out.iter().zip(&case.grad_out).map(|(out, &g)| out * f64::from(g)).sum()
}

#[test]
fn the_reference_agrees_with_central_differences() {
    for output in [Output::Last, Output::Sequence] {
        let case = Case::random(3, [2, 4, 3, 3], output);
        let e = expected(&case);
        type Field = fn(&mut Case) -> &mut Vec<f32>;
        let fields: [(Field, &[f64]); 4] = [
            (|c| &mut c.input_weights, &e.input_weights),
            (|c| &mut c.recurrent_weights, &e.recurrent_weights),
            (|c| &mut c.bias, &e.bias),
            (|c| &mut c.x, &e.input),
        ];
        for (field, gradients) in fields {
            for (position, gradient) in gradients.iter().enumerate() {
                // The step is a power of two and the values are rounded to 2^-16, so that f32 holds both sides exactly.
                let step = 1.0 / 4096.0;
                let shifted = |by: f32| {
                    let mut case = case.clone();
                    field(&mut case)[position] += by;
                    loss(&case)
                };
                let difference = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
                // The third derivative is of order one, it adds step^2 / 6 = 1e-8 per path through the network.
                assert!((difference - gradient).abs() < 1e-6, "{difference} against {gradient}");
            }
        }
    }
}
