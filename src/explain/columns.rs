//! Several unit counts side by side: what grows with num_units, and what does not. For a terminal of 80 columns.

use super::Explanation;
use super::text::{bytes, section, wrapped};
use crate::format::{count, list, thousands};

/// Width of the names of the rows, and of a column.
const NAMES: usize = 25;
const COLUMN: usize = 13;
/// Most columns side by side; more stand in a further table.
const MOST: usize = 4;

/// A row: its name, and its value for one network.
type Row<'a> = (&'a str, &'a dyn Fn(&Explanation) -> String);

/// The networks of explanations that differ in units alone, at least one, side by side.
pub fn columns_text(networks: &[Explanation]) -> String {
    let one = &networks[0];
    let shape = |first: usize, second: usize| format!("[{first}, {second}]");
    let step = format!("step of {}, memory", count(one.batch_size, "image"));
    let cells = format!("{}, unrolled", count(one.num_layers, "layer"));
    let tables: [(&str, &[Row]); 3] = [
        (
            "Numbers that each layer holds at a timestep",
            &[
                ("hidden state h, cell c", &|network| thousands(network.num_units)),
                ("gates i, f, g, o", &|network| shape(4, network.num_units)),
                ("input weights", &|network| shape(network.inputs, 4 * network.num_units)),
                ("recurrent weights", &|network| shape(network.num_units, 4 * network.num_units)),
                ("bias", &|network| format!("[{}]", 4 * network.num_units)),
            ],
        ),
        (
            "What they cost",
            &[
                ("LSTM parameters", &|network| thousands(network.lstm_parameters)),
                ("the same in PyTorch", &|network| thousands(network.lstm_parameters_pytorch)),
                ("dense head", &|network| thousands(network.head_parameters)),
                ("all parameters", &|network| thousands(network.parameters)),
                ("the same in bytes", &|network| bytes(network.training_step_bytes.weights)),
                ("multiply-adds per image", &|network| thousands(network.multiply_adds)),
                (&step, &|network| bytes(network.training_step_bytes.total)),
            ],
        ),
        (
            "What does not depend on num_units",
            &[
                ("timesteps", &|network| thousands(network.timesteps)),
                ("values per timestep", &|network| thousands(network.inputs)),
                (&cells, &|network| count(network.timesteps * network.num_layers, "cell")),
            ],
        ),
    ];
    let sections = networks.chunks(MOST).flat_map(|networks| {
        let heads = line("num_units", networks.iter().map(|network| thousands(network.num_units)));
        let tables = tables.iter().map(move |(heading, rows)| {
            let rows = rows.iter().map(|(name, value)| line(name, networks.iter().map(value)));
            section(heading, &rows.collect::<Vec<_>>())
        });
        [section("Unit counts side by side", &[heads])].into_iter().chain(tables)
    });
    let mut sections: Vec<String> = sections.collect();
    sections.push(section("What follows", &wrapped(&growth(networks), 0)));
    sections.join("\n\n")
}

fn line(name: &str, values: impl Iterator<Item = String>) -> String {
    let values: String = values.map(|value| format!("{value:>COLUMN$}")).collect();
    format!("{name:<NAMES$}{values}")
}

/// How the costs grow from the smallest to the largest network.
fn growth(networks: &[Explanation]) -> String {
    let by_units = |network: &&Explanation| network.num_units;
    let (small, large) = (networks.iter().min_by_key(by_units), networks.iter().max_by_key(by_units));
    let (Some(small), Some(large)) = (small, large) else { return String::new() };
    let times = |what: fn(&Explanation) -> usize| what(large) as f64 / what(small) as f64;
    let parts = [
        format!("{:.1} times the parameters", times(|network| network.parameters)),
        format!("{:.1} times the multiply-adds", times(|network| network.multiply_adds)),
        format!(
            "{:.1} times the memory of a training step",
            times(|network| network.training_step_bytes.total)
        ),
    ];
    format!(
        "From {} to {}, {:.1} times as many, the network takes {}: the recurrent weights, 4 U² per layer, grow with the \
         square of the units. It still reads {} with one set of weights per layer.",
        thousands(small.num_units),
        count(large.num_units, "unit"),
        times(|network| network.num_units),
        list(&parts),
        count(large.timesteps, "timestep")
    )
}
