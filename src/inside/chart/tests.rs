use super::*;
use crate::inference::LayerTrace;
use crate::plot::heat::drawn;

/// The first band's heat map below a name and one line of outcome.
const TOP: f64 = 2.0 * LINE + ABOVE;
const PLACE: (f64, f64) = (HEAT.0, TOP);

/// A layer whose hidden state at each timestep and unit is `state`; gates and cell state are multiples of it.
fn layer(timesteps: usize, units: usize, state: impl Fn(usize, usize) -> f32) -> LayerTrace {
    let hidden: Vec<f32> = (0..timesteps * units).map(|at| state(at / units, at % units)).collect();
    let times = |factor: f32| hidden.iter().map(|value| value * factor).collect::<Vec<f32>>();
    LayerTrace {
        units,
        timesteps,
        input: times(0.5),
        forget: times(0.25),
        candidate: times(1.0),
        output: times(1.0),
        cell: times(3.0),
        hidden,
    }
}

/// Certain of class 3 up to half of the timesteps, then of class 8.
fn answers(timesteps: usize) -> Vec<Vec<f64>> {
    let certain = |class: usize| (0..10).map(|other| if other == class { 0.91 } else { 0.01 }).collect();
    (0..timesteps).map(|step| certain(if 2 * step < timesteps { 3 } else { 8 })).collect()
}

fn chart(trace: &LayerTrace, shown: &[Quantity], order: UnitOrder) -> Chart {
    chart_of(trace, &answers(trace.timesteps), shown, order)
}

fn chart_of(trace: &LayerTrace, answers: &[Vec<f64>], shown: &[Quantity], order: UnitOrder) -> Chart {
    inside_chart(&subject(), &[network(trace.clone(), answers)], shown, order)
}

/// An 8 with one inked pixel.
fn subject() -> Subject {
    let pixels = (0..784).map(|at| if at == 59 { 255 } else { 0 }).collect();
    Subject { name: "test image 5".into(), label: Some(8), pixels, likeness: None }
}

fn network(trace: LayerTrace, answers: &[Vec<f64>]) -> Inside {
    let sequence = subject().pixels.iter().map(|pixel| f32::from(*pixel) / 255.0).collect();
    let probabilities = answers.to_vec();
    Inside { network: "u3 <net>".into(), view: vec![], sequence, probabilities, layer: (1, 2), trace }
}

#[test]
fn each_unit_is_a_column_and_each_timestep_a_row() {
    // Sevenths, so that each value is a shade of its own.
    let trace = layer(28, 3, |step, unit| ((step + 5 * unit) % 15) as f32 / 7.0 - 1.0);
    let svg = chart(&trace, &[Quantity::Hidden], UnitOrder::Stored).svg();
    let cells = drawn(&svg, SIGNED, PLACE);
    for step in 0..28 {
        for unit in 0..3 {
            let level = ((step + 5 * unit) % 15) as i32 - 7;
            assert_eq!(cells.get(&(step, unit)).copied().unwrap_or(0), level, "step {step}, unit {unit}");
        }
    }
}

#[test]
fn units_stand_in_the_order_of_their_peaks() {
    // Peaks at steps 20, 4, 12, and at 12 again with the other sign.
    let peaks = [(20, 1.0), (4, -1.0), (12, 1.0), (12, -1.0)];
    let trace = layer(28, 4, |step, unit| if peaks[unit].0 == step { peaks[unit].1 } else { 0.0 });
    let svg = chart(&trace, &[Quantity::Hidden], UnitOrder::Peak).svg();
    let cells: Vec<_> = drawn(&svg, SIGNED, PLACE).into_iter().collect();
    assert_eq!(cells, [((4, 0), -7), ((12, 1), -7), ((12, 2), 7), ((20, 3), 7)]);
}

#[test]
fn gates_and_cell_have_bands_of_their_own_and_the_cell_its_own_scale() {
    let trace = layer(28, 2, |_, unit| if unit == 0 { 1.0 } else { 0.5 });
    let shown = [Quantity::Input, Quantity::Cell];
    let chart = chart(&trace, &shown, UnitOrder::Stored);
    // Half and a quarter, in sevenths: 3.5 is rounded up, 1.75 to 2.
    let gate = drawn(&chart.svg(), [GATE[0], "none"], PLACE);
    assert!((0..28).all(|step| (gate[&(step, 0)], gate[&(step, 1)]) == (4, 2)));
    let cell = drawn(&chart.svg(), SIGNED, (HEAT.0, TOP + ABOVE + BAND + GAP + 4.0));
    assert!((0..28).all(|step| (cell[&(step, 0)], cell[&(step, 1)]) == (7, 4)));
    assert!(
        chart.svg().contains(">−3</text>") && chart.svg().contains(">3</text>"),
        "the key shows the scale of the cell state"
    );
}

#[test]
fn image_and_answers_stand_beside_the_states() {
    let trace = layer(28, 2, |_, _| 0.0);
    let chart = chart(&trace, &[Quantity::Hidden], UnitOrder::Peak);
    let image: Vec<_> = drawn(&chart.svg(), ["ink", "none"], (IMAGE.0, TOP)).into_iter().collect();
    assert_eq!(image, [((2, 3), 7)]);
    let answers = drawn(&chart.svg(), ["heat", "none"], (CLASSES.0, TOP));
    let expected: Vec<_> = (0..28).map(|step| ((step, if step < 14 { 3 } else { 8 }), 6)).collect();
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), expected);
    for words in [
        "u3 &lt;net&gt; reads 8, right, with 91.00 %; settled after row 15 of 28.",
        "it answers 3 after rows 1 to 14, 8 after rows 15 to 28",
    ] {
        assert!(chart.svg().contains(words), "{words}: {}", chart.description);
    }
}

#[test]
fn a_unit_is_as_wide_in_every_network_and_many_wrap_onto_further_lines() {
    let networks = [4, 64, 200].map(|units| network(layer(28, units, |_, _| 1.0), &answers(28)));
    let svg = inside_chart(&subject(), &networks, &[Quantity::Hidden], UnitOrder::Stored).svg();
    // The columns of each line of units: the heat maps, from the top down, each a path of squares of one scale.
    let start = "<path class=\"f1\" fill-opacity=\"1.00\"";
    let mut columns = Vec::new();
    for line in svg.lines().filter(|line| line.starts_with(start) && line.contains("translate(158 ")) {
        assert!(line.contains(" scale(3.000 4.000)\""), "{line}");
        let row = line.split("M0 0h").nth(1).unwrap().split('v').next().unwrap();
        columns.push(row.parse::<usize>().unwrap());
    }
    // The keys have another place.
    assert_eq!(columns, [4, 64, 64, 64, 64, 8]);
    for words in [">4 units, layer 1 of 2</text>", ">65 to 128</text>", ">193 to 200</text>"] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn cell_states_of_all_networks_have_one_scale() {
    // Cells are three times the hidden state: 3 and 1.5.
    let networks = [1.0, 0.5].map(|state| network(layer(28, 1, |_, _| state), &answers(28)));
    let svg = inside_chart(&subject(), &networks, &[Quantity::Cell], UnitOrder::Stored).svg();
    let second = (HEAT.0, TOP + BAND + GAP + 4.0 + TOP);
    assert_eq!([PLACE, second].map(|place| drawn(&svg, SIGNED, place)[&(0, 0)]), [7, 4]);
}

#[test]
fn many_units_and_timesteps_are_averaged_and_the_caption_says_so() {
    let trace = layer(784, 4096, |_, unit| if unit / 8 % 2 == 0 { 1.0 } else { -1.0 });
    let chart = chart(&trace, &[Quantity::Hidden], UnitOrder::Stored);
    for line in 0..8 {
        let cells = drawn(&chart.svg(), SIGNED, (HEAT.0, TOP + (BAND + GAP) * f64::from(line)));
        assert_eq!(cells.len(), 112 * 64);
        assert!(cells.iter().all(|((_, column), level)| *level == if column % 2 == 0 { 7 } else { -7 }));
    }
    assert!(chart.svg().contains("A column is the mean of 8 units, equally wide everywhere"));
    assert!(chart.svg().contains(">3,585 to 4,096</text>"));
    assert!(chart.svg().len() < 1_500_000, "{} bytes", chart.svg().len());
}

#[test]
fn one_unit_and_one_timestep_are_drawn() {
    let chart = chart(&layer(1, 1, |_, _| 0.4), &[Quantity::Hidden, Quantity::Cell], UnitOrder::Peak);
    assert!(!chart.svg().contains("NaN") && !chart.svg().contains("inf"));
    assert!(chart.svg().contains("1 unit,"), "{}", chart.svg());
}

#[test]
fn no_line_of_text_leaves_the_picture() {
    for (timesteps, units) in [(1, 1), (7, 64), (28, 256), (784, 4096)] {
        let chart = chart(&layer(timesteps, units, |_, _| 0.5), &[Quantity::Hidden], UnitOrder::Peak);
        let mut lines = 0;
        for line in chart.svg().lines().filter(|line| line.starts_with("<text") && line.contains("\"start\""))
        {
            let left: f64 = line.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
            let text = line.split_once('>').unwrap().1.strip_suffix("</text>").unwrap();
            let title = line.contains("font-size=\"14\"");
            assert!(!title || left + crate::plot::canvas::width(text, TEXT) <= WIDTH, "{line}");
            lines += usize::from(title);
        }
        assert!(lines >= 4, "{lines} lines of {timesteps} timesteps");
    }
}

#[test]
fn of_many_answers_those_are_named_that_are_as_high_as_their_name() {
    let certain = |class: usize| (0..10).map(|other| if other == class { 0.91 } else { 0.01 }).collect();
    // 3 and 5 in turn, then 8 for a seventh of 112 timesteps: 28 of 196 units of height.
    let answers: Vec<Vec<f64>> =
        (0..112).map(|step| certain(if step >= 96 { 8 } else { [3, 5][step % 2] })).collect();
    let chart = chart_of(&layer(112, 2, |_, _| 0.0), &answers, &[Quantity::Hidden], UnitOrder::Peak).svg();
    let named = |digit: usize| {
        let text = format!(">{digit}</text>");
        chart.lines().filter(|line| line.contains(&format!("x=\"{ANSWER}\"")) && line.contains(&text)).count()
    };
    assert_eq!((named(3), named(5), named(8)), (0, 0, 1));
    let caption: Vec<&str> = chart.lines().filter(|line| line.contains("class=\"soft\" x=\"12\"")).collect();
    let caption: Vec<&str> =
        caption.iter().map(|line| line.split(['>', '<']).nth(2).expect("a text between its tags")).collect();
    assert!(caption.join(" ").contains("few timesteps are marked and not named"), "{caption:?}");
}

#[test]
fn middle_rows_and_permuted_pixels_are_named_and_their_timesteps_are_not_called_rows() {
    let permuted = Inside {
        network: "u2".into(),
        view: vec!["pixels permuted with seed 3".into()],
        layer: (1, 1),
        ..network(layer(28, 2, |_, _| 0.0), &answers(28))
    };
    let chart = inside_chart(&subject(), &[permuted], &[Quantity::Hidden], UnitOrder::Peak);
    assert_eq!(chart.title, "Inside u2 while it reads test image 5, a 8 (pixels permuted with seed 3)");
    assert!(chart.description.contains("after timestep 15 of 28"), "{}", chart.description);
}

#[test]
fn timesteps_are_numbered_at_whole_parts() {
    assert_eq!(ticks(28), [1, 7, 14, 21, 28]);
    assert_eq!(ticks(7), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ticks(14), [1, 7, 14]);
    assert_eq!(ticks(49), [1, 49]);
}
