use super::sample::{Sample, spread};
use super::*;
use crate::format::count;
use crate::plot::canvas::TEXT;
use crate::statistics::testing::{run, with};

/// The vertical places of the elements of a class, in the order they are drawn.
fn places(svg: &str, class: &str) -> Vec<f64> {
    let start = format!("<circle class=\"{class}");
    let circles = svg.lines().filter(|line| line.starts_with(&start));
    circles
        .map(|line| line.split("cy=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect()
}

fn named(sample: &Sample, name: &str) -> Chart {
    charts(&sample.material()).into_iter().find(|chart| chart.name == name).unwrap()
}

#[test]
fn every_chart_is_drawn_from_full_material() {
    let names: Vec<_> = charts(&Sample::new().material()).iter().map(|chart| chart.name).collect();
    let expected = [
        "accuracy-by-units",
        "cost-by-units",
        "accuracy-by-parameters",
        "accuracy-by-bytes",
        "accuracy-by-multiply-adds",
        "accuracy-by-milliseconds",
        "accuracy-by-seconds",
        "learning-curves",
        "confusion-matrix",
        "images-by-size",
    ];
    assert_eq!(names, expected);
}

#[test]
fn what_is_not_stored_leaves_its_chart_out() {
    let mut sample = Sample::new();
    sample.histories.iter_mut().flatten().for_each(Vec::clear);
    sample.predictions.iter_mut().flatten().for_each(Vec::clear);
    let names: Vec<_> = charts(&sample.material()).iter().map(|chart| chart.name).collect();
    assert!(!names.contains(&"learning-curves") && !names.contains(&"images-by-size"), "{names:?}");
    let empty = Material { histories: &[], predictions: &[], ..sample.material() };
    assert_eq!(charts(&empty).len(), 8);
}

#[test]
fn a_report_without_settings_has_no_charts() {
    let mut sample = Sample::new();
    sample.report.settings.clear();
    sample.report.choice = None;
    assert!(charts(&sample.material()).is_empty());
}

#[test]
fn one_seed_and_accuracies_of_nought_and_one_are_drawn_at_finite_places() {
    let mut sample = Sample::new();
    for (index, setting) in sample.report.settings.iter_mut().enumerate() {
        setting.test = spread(&[if index == 0 { 0.0 } else { 1.0 }]);
        setting.train_seconds = spread(&[0.0]);
    }
    for chart in charts(&sample.material()) {
        assert!(!chart.svg().contains("NaN") && !chart.svg().contains("inf"), "{}", chart.name);
    }
}

#[test]
fn every_seed_is_a_point_and_better_ones_stand_higher() {
    let svg = named(&Sample::new(), "accuracy-by-units").inline();
    // One more of each in the key.
    let (seeds, means) = (places(&svg, "o0"), places(&svg, "f0"));
    assert_eq!((seeds.len(), means.len()), (16, 6));
    assert!(means[1..].windows(2).all(|pair| pair[0] > pair[1]), "{means:?}");
    // Of 8 units, seed 2 is the worst, seed 1 the best.
    assert!(seeds[2] > seeds[3] && seeds[3] > seeds[1], "{seeds:?}");
}

#[test]
fn parameters_and_seconds_stand_by_their_logarithm() {
    let mut sample = Sample::new();
    for (index, setting) in sample.report.settings.iter_mut().enumerate() {
        setting.parameters = 1000 << index;
        setting.train_seconds = spread(&[7.0]);
    }
    let means = places(&named(&sample, "cost-by-units").inline(), "f0");
    let (parameters, seconds) = means.split_at(5);
    let steps: Vec<f64> = parameters.windows(2).map(|pair| pair[0] - pair[1]).collect();
    // Places are written with two decimals.
    assert!(steps.iter().all(|step| *step > 10.0 && (step - steps[0]).abs() < 0.03), "{steps:?}");
    assert!(seconds.len() == 5 && seconds.iter().all(|place| *place == seconds[0]), "{seconds:?}");
    assert!(seconds[0] > parameters[0], "seconds stand below: {means:?}");
    sample.report.settings.truncate(1);
    sample.report.choice = None;
    assert!(charts(&sample.material()).iter().all(|chart| chart.name != "cost-by-units"));
}

#[test]
fn where_units_do_not_vary_the_axis_is_what_does() {
    let by = |change: &dyn Fn(usize, &mut Setting)| {
        let mut sample = Sample::new();
        for (index, setting) in sample.report.settings.iter_mut().enumerate() {
            (setting.num_units, setting.num_layers, setting.timesteps) = (64, 1, 28);
            setting.config.num_units = 64;
            change(index, setting);
        }
        let mut all = charts(&sample.material());
        let chart = all.remove(0);
        assert_eq!(all[0].name.strip_prefix("cost"), chart.name.strip_prefix("accuracy"));
        let means = places(&chart.inline(), "f0").len();
        (chart.name, chart.title, means)
    };
    let layers = by(&|index, setting| {
        setting.num_layers = index + 1;
        setting.label = format!("64 units, {}", count(index + 1, "layer"));
    });
    // Five settings in one line, and the key's mark.
    assert_eq!(layers, ("accuracy-by-layers", "Test accuracy by number of layers".into(), 6));
    let rows = by(&|index, setting| {
        setting.label = format!("64 units, rows {}", index + 4);
        setting.timesteps = index + 4;
        setting.config.rows = index + 4;
    });
    assert_eq!(rows, ("accuracy-by-rows", "Test accuracy by number of middle rows read".into(), 6));
    let pieces = by(&|index, setting| {
        setting.label = format!("64 units, timesteps {}", 7 << index);
        setting.timesteps = 7 << index;
    });
    assert_eq!(pieces, ("accuracy-by-timesteps", "Test accuracy by number of timesteps".into(), 6));
    let nothing = by(&|_, setting| setting.label = "64 units".into());
    assert_eq!(nothing.0, "accuracy-by-units");
}

#[test]
fn descriptions_state_the_numbers() {
    let sample = Sample::new();
    let expected = [
        ("accuracy-by-units", "128 units: 99.09 % (mean of 3 seeds, 95 % interval 99.08 % to 99.10 %)"),
        ("accuracy-by-parameters", "128 units: 81,674 parameters, 99.09 %"),
        ("cost-by-units", "128 units: 81,674 parameters, "),
        // 8 and 16 units take 4 s both.
        ("accuracy-by-seconds", "than 16 units, 32 units, 64 units and 128 units; the others are beaten"),
        // 0.9909 · 0.7 and 0.9909 · 0.997, meant over the seeds.
        (
            "learning-curves",
            "128 units: 69.36 % after epoch 1, 98.79 % after epoch 10 (training 50.00 %, -48.79 points)",
        ),
        (
            "confusion-matrix",
            "273 of 30,000 answers are wrong (0.91 %). Most often: 7 taken for 2, 273 times.",
        ),
        ("images-by-size", "8 units miss and 128 units read 1 image: 1 from 64 units on."),
    ];
    for (name, words) in expected {
        let description = named(&sample, name).description;
        assert!(description.contains(words), "{name}: {description}");
    }
}

#[test]
fn an_image_belongs_to_the_smallest_setting_from_which_on_all_read_it() {
    let mut sample = Sample::new();
    // Two of three seeds of 16 units read the 8, but none of 32 units.
    sample.predictions[1][0][8] = 8;
    sample.predictions[1][1][8] = 8;
    let described = |sample: &Sample| named(sample, "images-by-size").description;
    let found = described(&sample);
    assert!(found.contains("read 1 image: 1 from 64 units on."), "{found}");
    assert!(
        found.contains("Image 8, a 8: 8 units 3, 16 units 1, 32 units 3, 64 units 0, 128 units 0"),
        "{found}"
    );
    // No setting reads the 9, and all read the other eight.
    assert!(found.contains("All settings read 8 of 10 images, none reads 1, and 0 are"), "{found}");
    sample.predictions[2] = sample.predictions[3].clone();
    assert!(described(&sample).contains("read 1 image: 1 from 16 units on."), "{}", described(&sample));
    // Where the largest setting reads no more than the smallest, size decides nothing.
    sample.predictions[4] = sample.predictions[0].clone();
    assert!(charts(&sample.material()).iter().all(|chart| chart.name != "images-by-size"));
}

#[test]
fn one_seed_and_one_error_are_not_plural() {
    let mut sample = Sample::new();
    for setting in &mut sample.report.settings {
        setting.runs.truncate(1);
        setting.runs[0].confusion_matrix = vec![vec![9, 1], vec![0, 10]];
    }
    let Chart { title, description, .. } = named(&sample, "confusion-matrix");
    assert!(title.ends_with(" units, 1 seed"), "{title}");
    assert!(description.contains(" units, 1 seed: 1 of 20 answers"), "{description}");
    assert!(description.contains("0 taken for 1, 1 time."), "{description}");
}

#[test]
fn hostile_labels_are_text() {
    let mut sample = Sample::new();
    sample.report.settings[4].label = "128 units, <script>alert(\"1\")</script>&\u{0}".into();
    for chart in charts(&sample.material()) {
        assert!(!chart.svg().contains("<script") && !chart.svg().contains('\u{0}'), "{}", chart.name);
    }
}

#[test]
fn where_one_thing_varies_every_setting_is_named_by_it_in_the_charts_of_cost() {
    let mut sample = Sample::new();
    for (index, setting) in sample.report.settings.iter_mut().enumerate() {
        (setting.num_units, setting.timesteps) = (64, 7 << index);
        setting.label = format!("64 units, timesteps {}", 7 << index);
        // Parameters, seconds and accuracy of 7 to 112 timesteps in docs/num-units.md.
        let measured = [
            (45_962, 12.0, 0.9836),
            (31_626, 15.0, 0.9876),
            (24_458, 26.0, 0.9877),
            (20_874, 40.0, 0.9863),
            (19_082, 65.0, 0.9521),
        ];
        let (parameters, seconds, accuracy) = measured[index];
        setting.runs.truncate(1);
        (setting.runs[0].parameters, setting.runs[0].train_seconds) = (parameters, seconds);
        (setting.train_seconds, setting.test) = (spread(&[seconds]), spread(&[accuracy]));
    }
    for name in ["accuracy-by-parameters", "accuracy-by-seconds"] {
        let svg = named(&sample, name).inline();
        for timesteps in [7, 14, 28, 56, 112] {
            assert!(svg.contains(&format!(">{timesteps} steps</text>")), "{name}: {timesteps}");
        }
    }
}

#[test]
fn labels_that_begin_alike_stay_distinct_below_the_images() {
    let mut sample = Sample::new();
    let labels: Vec<String> = (0..5)
        .map(|index| format!("8 units, augment affine:rotation=10,scale=0.1,shear=0.15,shift={index}"))
        .collect();
    for (setting, label) in sample.report.settings.iter_mut().zip(&labels) {
        setting.label.clone_from(label);
    }
    let svg = named(&sample, "images-by-size").inline();
    // The lines of the labels, in the order drawn: all text at the left edge below the first image.
    let drawn: String = svg
        .lines()
        .filter(|line| line.starts_with("<text class=\"soft\" x=\"12\""))
        .map(|line| line.split('>').nth(1).unwrap().trim_end_matches("</text"))
        .collect();
    let whole: String = labels.iter().map(|label| label.replace(' ', "")).collect();
    assert_eq!(drawn.replace(' ', ""), whole);
    let tops = svg.lines().filter(|line| line.starts_with("<text class=\"soft\" x=\"12\""));
    let tops: Vec<f64> = tops
        .map(|line| line.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert!(tops.windows(2).all(|pair| pair[1] - pair[0] >= TEXT), "no line covers another: {tops:?}");
}

/// A grid of units, layers and learning rates, with every label whole.
fn grid() -> Report {
    let runs = [8, 16, 32].into_iter().flat_map(|units| {
        let rates = [0.001, 0.002, 0.004, 0.008, 0.016].into_iter().enumerate();
        rates.flat_map(move |(index, rate)| {
            [1, 2].map(|layers| {
                let one = with(run(units, 1, 9000 + 10 * units + index), "learning-rate", rate);
                with(one, "num-layers", layers)
            })
        })
    });
    Report::new(runs.collect(), Vec::new())
}

#[test]
fn in_a_grid_every_series_is_named_whole_and_looks_different() {
    let sample = Sample::new();
    let report = grid();
    let material = Material { report: &report, histories: &[], predictions: &[], ..sample.material() };
    let all = charts(&material);
    let names: Vec<_> = all.iter().map(|chart| chart.name).collect();
    assert!(
        names[..4] == ["accuracy-by-units", "factor-effects", "all-settings", "cost-by-units"],
        "{names:?}"
    );
    for chart in all.iter().filter(|chart| chart.name.contains("-by-")) {
        let svg = chart.inline();
        for layers in ["1 layer", "2 layers"] {
            for rate in ["0.001", "0.002", "0.004", "0.008", "0.016"] {
                let name = format!(">{layers}, learning-rate {rate}</text>");
                assert_eq!(svg.matches(&name).count(), 1, "{}: {name}", chart.name);
            }
        }
    }
    // Thirty lines, and an axis for each factor.
    let svg = all[2].inline();
    assert_eq!(svg.matches("learning-rate 0.016: ").count(), 2 * 6, "a line and a mark each");
    for words in [">units</text>", ">layers</text>", ">learning-rate</text>", ">test accuracy</text>"] {
        assert!(svg.contains(words), "{words}");
    }
    assert!(all[1].description.contains("layers: 1 91."), "{}", all[1].description);
}

#[test]
fn curves_show_training_beside_validation() {
    let chart = named(&Sample::new(), "learning-curves");
    let svg = chart.inline();
    for series in 0..5 {
        assert!(svg.contains(&format!("<path class=\"t{series} s{series}\"")), "{series}");
    }
    assert!(svg.contains(">training, while it trained</text>") && chart.title.contains("training"));
}

#[test]
fn points_below_the_best_are_drawn_with_the_margin_and_the_answer() {
    let sample = Sample::with_verdict();
    let chart = named(&sample, "points-below-best");
    let svg = chart.inline();
    assert!(svg.contains("margin, 0.20 points") && svg.contains("<rect class=\"f2\""), "{svg}");
    assert_eq!(svg.matches("class=\"ink strong\"").count(), 1, "the answer");
    let found = &chart.description;
    assert!(
        found.contains("The answer is 64 units, the smallest within the margin of 0.20 points."),
        "{found}"
    );
    assert!(found.contains("8 units: as seen 7.02 points below, bounds "), "{found}");
    // Bars stand in the order of their bounds: the fewer units, the further to the right.
    let ends = |name: &str| -> Vec<f64> {
        let mark = svg.lines().position(|line| line.contains(&format!("<title>{name}: as seen"))).unwrap();
        let caps = svg.lines().skip(mark - 2).take(2);
        caps.map(|line| line.split("d=\"M").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap())
            .collect()
    };
    let bars = ["8 units", "16 units", "32 units"].map(ends);
    assert!(bars.windows(2).all(|two| two[0][0] > two[1][0] && two[0][1] > two[1][1]), "{bars:?}");
    assert!(bars.iter().all(|bar| bar[0] < bar[1]), "{bars:?}");
    assert!(charts(&Sample::new().material()).iter().all(|chart| chart.name != "points-below-best"));
}
