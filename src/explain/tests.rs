use super::*;

fn explained(num_units: usize, num_layers: usize, rows: usize, timesteps: usize) -> Explanation {
    let config = TrainConfig { num_units, num_layers, rows, timesteps, ..TrainConfig::default() };
    config.validate().unwrap();
    Explanation::new(&config)
}

#[test]
fn the_default_network_has_the_published_numbers() {
    let explanation = explained(128, 1, 28, 28);
    assert_eq!(explanation.lstm_parameters, 80_384, "what Keras prints for LSTM(128) on 28 inputs");
    assert_eq!(explanation.lstm_parameters_pytorch, 80_896, "what PyTorch counts for LSTM(28, 128)");
    assert_eq!(explanation.parameters, 81_674);
    let shapes: Vec<_> = explanation.layers[0].matrices.iter().map(|matrix| matrix.shape.clone()).collect();
    assert_eq!(shapes, [vec![28, 512], vec![128, 512], vec![512]]);
    let shapes: Vec<_> = explanation.way.iter().map(|stage| stage.shape.clone()).collect();
    assert_eq!(shapes, [vec![28, 28], vec![28, 28], vec![4, 128], vec![128], vec![128], vec![10]]);
}

#[test]
fn the_matrices_hold_the_parameters() {
    for (units, layers, timesteps) in [(1, 1, 1), (128, 3, 28), (4096, 16, 784)] {
        let explanation = explained(units, layers, 28, timesteps);
        let sum = |matrices: &[Matrix]| matrices.iter().map(|matrix| matrix.parameters).sum::<usize>();
        for layer in &explanation.layers {
            assert_eq!(sum(&layer.matrices), layer.parameters);
            assert_eq!(layer.parameters_pytorch - layer.parameters, 4 * units);
        }
        let lstm: usize = explanation.layers.iter().map(|layer| layer.parameters).sum();
        assert_eq!(lstm, explanation.lstm_parameters);
        assert_eq!(sum(&explanation.head), explanation.head_parameters);
        assert_eq!(lstm + explanation.head_parameters, explanation.parameters);
    }
}

#[test]
fn the_formulas_in_the_text_come_out_as_their_results() {
    for (units, layers, rows, timesteps) in
        [(128, 1, 28, 28), (1, 2, 28, 784), (64, 3, 14, 14), (4096, 16, 28, 1), (4096, 16, 28, 784)]
    {
        let text = explanation_text(&explained(units, layers, rows, timesteps));
        let mut formulas = 0;
        for line in text.lines().filter(|line| line.contains(" × ") && line.contains(" = ")) {
            let Some((formula, result)) = line.split_once(" = ") else { continue };
            let number = |text: &str| text.replace(',', "").parse::<usize>();
            let product = |text: &str| -> Option<usize> {
                text.split(" × ").map(|part| number(part.trim()).ok()).product()
            };
            // Behind the label, factors before a bracket with a sum, or factors alone.
            let formula = &formula[formula.char_indices().nth(22).map_or(0, |(at, _)| at)..];
            let found = match formula.split_once('(') {
                Some((factors, sum)) => {
                    let sum: Option<usize> =
                        sum.trim_end_matches(')').split(" + ").map(|part| number(part).ok()).sum();
                    product(factors.trim_end_matches(" × ")).zip(sum).map(|(product, sum)| product * sum)
                }
                None => product(formula),
            };
            let Some(found) = found else { continue };
            let result = result.split([' ', ';']).next().unwrap();
            assert_eq!(found, number(result).unwrap(), "{line}");
            formulas += 1;
        }
        assert_eq!(formulas, if layers == 1 { 4 } else { 6 }, "{text}");
    }
}

#[test]
fn the_text_fits_80_columns_whatever_the_sizes() {
    for units in [1, 28, 128, 4096] {
        for layers in [1, 2, 3, 16] {
            for (rows, timesteps) in [(28, 1), (28, 28), (28, 784), (1, 1), (14, 14)] {
                let text = explanation_text(&explained(units, layers, rows, timesteps));
                for line in text.lines() {
                    assert!(line.chars().count() <= 80, "{line:?} has {}", line.chars().count());
                    assert_eq!(line, line.trim_end(), "no spaces at the end");
                }
            }
        }
    }
}

#[test]
fn each_wrong_answer_is_refuted_by_the_numbers_of_this_network() {
    let facts = |explanation: Explanation| explanation.wrong_answers.into_iter().map(|answer| answer.fact);
    let default: Vec<String> = facts(explained(128, 1, 28, 28)).collect();
    assert!(
        default[0].contains("28 × 80,384 = 2,250,752. Each drawn cell holds all 128 units."),
        "{}",
        default[0]
    );
    assert!(
        default[1].contains("56 timesteps of 28 values, is read by the same 80,384 weights"),
        "{}",
        default[1]
    );
    // 28 or 56 timesteps of 4 × 128 × (28 + 128), and the head's 1,280.
    assert!(default[1].contains("from 2,237,696 to 4,474,112 multiply-adds"), "{}", default[1]);
    // Keras prints 211,968 for two layers of 128 units and 291,840 for one of 256.
    assert!(
        default[2].contains("2 layers of 128 units: 211,968 weights; 1 layer of 256 units: 291,840"),
        "{}",
        default[2]
    );
    let one: Vec<String> = facts(explained(1, 1, 28, 1)).collect();
    assert!(
        one[0].starts_with("The picture has 1 cell, because the image is read in 1 timestep."),
        "{}",
        one[0]
    );
    let deep: Vec<String> = facts(explained(64, 3, 28, 28)).collect();
    assert!(deep[0].contains("28 cells in each of the 3 layers"), "{}", deep[0]);
}

#[test]
fn json_has_the_numbers_of_the_text() {
    let value = serde_json::to_value(explained(64, 2, 14, 14)).unwrap();
    assert_eq!(
        (&value["num_units"], &value["rows"], &value["first_row"]),
        (&64.into(), &14.into(), &7.into())
    );
    assert_eq!(value["layers"][1]["matrices"][0]["shape"], serde_json::json!([64, 256]));
    assert_eq!(value["way"][1], serde_json::json!({ "what": "the middle 14 rows", "shape": [14, 28] }));
    assert_eq!(value["wrong_answers"][0]["numbers"]["cells_drawn"], 28);
    let parts = value["training_step_bytes"].as_object().unwrap();
    let sum: u64 =
        parts.iter().filter(|(name, _)| *name != "total").map(|(_, bytes)| bytes.as_u64().unwrap()).sum();
    assert_eq!(parts["total"].as_u64(), Some(sum));
}
