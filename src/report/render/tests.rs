//! What each form says, and that each can be read back.

use super::*;
use crate::run::RunResult;
use crate::statistics::testing::{run, with};
use crate::statistics::{Report, Unfinished};

fn report() -> Report {
    let correct = [(32, [9866, 9867, 9857]), (64, [9893, 9893, 9906])];
    let mut runs: Vec<RunResult> = correct
        .iter()
        .flat_map(|(units, correct)| (1..).zip(correct).map(|(seed, c)| run(*units, seed, *c)))
        .collect();
    let mut other = run(128, 1, 9900);
    (other.name, other.version) = ("odd_name".into(), "0.0.9".into());
    runs.push(other);
    Report::new(
        runs,
        vec![Unfinished { name: "u16-l1-s1".into(), state: "failed: no\nspace".into(), settings: None }],
    )
}

#[test]
fn text_says_everything() {
    let text = text(&report());
    for part in [
        "Finished runs of 10 epochs, batch 128, 28 timesteps, adam one-cycle to 0.008, 55000 training images:",
        "| 32 units |       8138 |    98.63 % | 98.63 % | 98.50 to 98.77 |      0.06 |",
        "| 32 units |   1-3 |        98.66 98.67 98.57 |    32.0 |    17188 |",
        "| 32 to 64 |   1-3 |      +0.34 |",
        "a single test needs no correction",
        "64 units: the best validation accuracy",
        "- The choice does not use test accuracy.",
        "- version 0.0.9, not 0.1.0: odd_name",
        "- u16-l1-s1: failed: no space",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn no_table_is_wider_than_a_terminal() {
    let runs = [8, 1024]
        .into_iter()
        .flat_map(|units| (1..=5).map(move |seed| run(units, seed, 9800 + seed as usize)));
    let text = text(&Report::new(runs.collect(), Vec::new()));
    let widest = text.lines().filter(|line| line.starts_with('|')).map(str::len).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{text}");
}

#[test]
fn the_label_of_two_neighbours_stands_on_one_line_at_80_columns() {
    // Ten seeds whose differences have a wide interval.
    let runs = [512, 1024].into_iter().flat_map(|units| {
        (1..=10).map(move |seed| run(units, seed, 5000 + (units / 512 - 1) * 100 * seed as usize))
    });
    let text = text(&Report::new(runs.collect(), Vec::new()));
    let row = text.lines().find(|line| line.starts_with("| 512 to 1024 |"));
    assert!(
        row.is_some_and(|row| row.len() <= 80 && row.contains("1-10 |") && row.contains(" to +")),
        "{text}"
    );
}

#[test]
fn a_grid_fits_a_terminal_with_whole_labels_and_has_the_effect_of_each_setting() {
    let grid = [8, 16].into_iter().flat_map(|units| {
        [0.01, 0.1].map(|rate| {
            let of = with(run(units, 1, 9000 + units + (10.0 * rate) as usize), "learning-rate", rate);
            with(of, "augment", "affine")
        })
    });
    let layered = grid.flat_map(|run| [1, 2].map(|layers| with(run.clone(), "num-layers", layers)));
    let report = Report::new(layered.collect(), Vec::new());
    let text = text(&report);
    assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| line.len() <= 80), "{text}");
    for words in [
        "16 units, 2 layers,",
        "learning-rate 0.01 ",
        "|         units |",
        "|        layers |",
        "| learning-rate |",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    assert!(markdown(&report).contains("| 16 units, 2 layers, learning-rate 0.01 |"));
}

#[test]
fn one_seed_is_called_one_seed() {
    let text = text(&Report::new(vec![run(32, 1, 9866), run(64, 1, 9893)], Vec::new()));
    assert_eq!(text.matches("one seed").count(), 2 + 3 + 2, "{text}"); // settings, the pair, caveats
    assert!(!text.contains(" to 9"), "an interval was made up:\n{text}");
    assert!(text.contains("No test: it needs two or more common seeds"), "{text}");
}

#[test]
fn equal_values_are_called_equal_and_small_p_is_not_0() {
    let runs = [(8, [9000, 9000, 9000]), (16, [9500, 9500, 9500]), (32, [9800, 9801, 9799])];
    let runs = runs.iter().flat_map(|(units, all)| (1..).zip(all).map(|(seed, c)| run(*units, seed, *c)));
    let text = text(&Report::new(runs.collect(), Vec::new()));
    assert!(text.contains("all equal") && text.contains("   < 0.001 |"), "{text}");
}

#[test]
fn markdown_has_headings_and_no_mark_of_its_own_in_names() {
    let markdown = markdown(&report());
    assert!(markdown.starts_with("## Finished runs of 10 epochs"), "{markdown}");
    assert!(markdown.contains("odd\\_name"), "{markdown}");
    for line in markdown.lines().filter(|line| line.starts_with('|')) {
        assert!([6, 7, 8].contains(&line.matches('|').count()), "{line}");
    }
}

#[test]
fn csv_quotes_what_needs_it_and_reads_back() {
    let mut named = with(run(32, 1, 9866), "learning-rate", 0.01);
    (named.name, named.peak_memory_bytes, named.validation_accuracy) = ("a \"b\", c\nd".into(), None, None);
    let text = csv(&Report::new(vec![named.clone(), run(32, 1, 9866)], Vec::new()));
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let field = |row: usize, name: &str| &rows[row][header.iter().position(|found| found == name).unwrap()];
    assert_eq!(rows.len(), 2);
    assert_eq!((field(1, "name"), field(1, "setting")), (named.name.as_str(), "learning-rate 0.01"));
    assert_eq!(field(1, "test_accuracy").parse::<f64>().unwrap(), named.test_accuracy);
    assert_eq!((field(1, "peak_memory_bytes"), field(1, "validation_accuracy")), ("", ""));
    assert_eq!((field(0, "name"), field(0, "seed"), field(0, "num_units")), ("u32-l1-s1", "1", "32"));
}

#[test]
fn csv_names_are_those_of_a_result() {
    let text = csv(&Report::new(vec![run(32, 1, 9866)], Vec::new()));
    let result = serde_json::to_value(run(32, 1, 9866)).unwrap();
    for name in
        text.lines().next().unwrap().split(',').filter(|name| !["setting", "processor"].contains(name))
    {
        assert!(result.get(name).is_some(), "{name} is not a field of a result");
    }
}

#[test]
fn json_has_every_value() {
    let value: serde_json::Value = serde_json::from_str(&json(&report())).unwrap();
    assert_eq!(value["settings"][1]["test"]["values"][2], serde_json::json!([3, 0.9906]));
    assert_eq!(value["settings"][0]["label"], "32 units");
    assert_eq!(value["pairs"][0]["second"], 1);
    assert_eq!(value["choice"]["chosen"], 1);
    assert_eq!(value["apart"][0]["names"][0], "odd_name");
    assert!(value["notes"][0].is_string());
}

#[test]
fn an_empty_report_is_not_an_error() {
    let empty = Report::new(Vec::new(), Vec::new());
    assert_eq!(text(&empty), "Finished runs:\nnone\n");
    assert_eq!(csv(&empty).lines().count(), 1);
    assert!(json(&empty).contains("\"settings\": []"));
}

#[test]
fn the_verdict_is_first_and_fits_a_terminal() {
    let report = crate::report::charts::sample::Sample::with_verdict().report;
    let text = text(&report);
    assert!(
        text.starts_with(
            "Verdict:\n64 units will do: with 95 % confidence less than 0.20 points below the best"
        ),
        "{text}"
    );
    let verdict = text.split("Finished runs of").next().unwrap();
    assert!(verdict.lines().all(|line| line.chars().count() <= 80), "{verdict}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "1 trial is not counted: 8 units, seed 25 (failed).",
        "The smallest setting shown to reach 98.00 % is 32 units",
        "Of 3 settings that take at most 10 s of training, the highest held-out accuracy is that of 32 units;",
        "| 64 units | 99.00 % |",
        "| within * | 24 |",
        "| worse | 24 |",
        "* the smallest within the margin",
        "| 64 to 128 units |",
        "By the one-standard-error rule: Take 128 units.",
    ] {
        assert!(flat.contains(words), "{words} is missing in\n{text}");
    }
    assert!(!text.contains("Three seeds are few."), "caveats are those of the rule alone");
    let markdown = markdown(&report);
    assert!(markdown.starts_with("## Verdict\n\n64 units will do"), "{markdown}");
    assert!(markdown.contains("| within the margin \\* |    24 |"), "{markdown}");
}

#[test]
fn long_labels_stand_whole_in_the_table_of_the_verdict() {
    let mut report = crate::report::charts::sample::Sample::with_verdict().report;
    let label = "8 units, 2 layers, rows 14";
    report.verdict.as_mut().unwrap().verdict.settings[0].label = label.into();
    let text = text(&report);
    let row = text.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("{text}"));
    assert!(row.contains(" worse |"), "{row}");
    assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| line.len() <= 80), "{text}");
}

#[test]
fn json_has_the_verdict_or_null() {
    let of = |report: &Report| -> Value { serde_json::from_str(&json(report)).unwrap() };
    assert_eq!(of(&report())["verdict"], Value::Null);
    let found = of(&crate::report::charts::sample::Sample::with_verdict().report);
    let verdict = &found["verdict"];
    assert_eq!((&verdict["answer"], &verdict["settings"][3]["class"]), (&3.into(), &"within".into()));
    assert_eq!(verdict["target"]["smallest"], 2);
    assert_eq!(verdict["budget"]["limit"]["train_seconds"], 10.0);
    assert_eq!(verdict["error_changes"][0]["to"], 1);
    assert!(verdict["held_out"][0]["interval"][0].as_f64().unwrap() < 0.93);
}

#[test]
fn without_folds_there_is_advice_and_no_verdict() {
    let text = text(&report());
    assert!(text.starts_with("Finished runs of") && text.contains("gives a verdict: which"), "{text}");
}
