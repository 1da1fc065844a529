use super::*;
use crate::config::TrainConfig;
use crate::plot::canvas::width;

fn picture(num_units: usize, num_layers: usize, rows: usize, timesteps: usize) -> Chart {
    let config = TrainConfig { num_units, num_layers, rows, timesteps, ..TrainConfig::default() };
    config.validate().unwrap();
    unrolled(&Explanation::new(&config))
}

/// Every text's box: left, top, right, bottom, with the text. Ascenders and descenders are within 0.8 and 0.22 of the
/// size.
fn texts(svg: &str) -> Vec<([f64; 4], String)> {
    let number = |line: &str, name: &str| -> f64 {
        line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    let lines = svg.lines().filter(|line| line.starts_with("<text"));
    let area = |line: &str| {
        let text = line.split('>').nth(1).unwrap().split('<').next().unwrap().to_string();
        let (x, y, size) = (number(line, "x"), number(line, "y"), number(line, "font-size"));
        let wide = width(&text, size);
        let left = match line {
            _ if line.contains("\"middle\"") => x - wide / 2.0,
            _ if line.contains("\"end\"") => x - wide,
            _ => x,
        };
        ([left, y - 0.8 * size, left + wide, y + 0.22 * size], text)
    };
    lines.map(area).collect()
}

#[test]
fn texts_never_touch_nor_leave_the_picture_whatever_the_sizes() {
    for num_units in [1, 2, 5, 6, 28, 128, 1000, 4096] {
        for num_layers in [1, 2, 3, 4, 5, 16] {
            for (rows, timesteps) in
                [(28, 1), (28, 2), (28, 4), (28, 7), (28, 28), (28, 112), (28, 784), (1, 1), (3, 3), (27, 27)]
            {
                let svg = picture(num_units, num_layers, rows, timesteps).inline();
                let height: f64 = svg
                    .split("viewBox=\"0 0 960 ")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap();
                let texts = texts(&svg);
                for (index, (a, text)) in texts.iter().enumerate() {
                    let what =
                        format!("{text:?} of {num_units} units, {num_layers} layers, {timesteps} timesteps");
                    assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= 960.0 && a[3] <= height, "{what}: {a:?}");
                    for (b, other) in &texts[index + 1..] {
                        let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                        assert!(apart, "{what} touches {other:?}: {a:?} {b:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_cell_is_drawn_for_each_timestep_and_layer_as_far_as_there_is_room() {
    let cells = |chart: Chart| chart.svg().matches("units</text>").count();
    assert_eq!(cells(picture(128, 1, 28, 4)), 4);
    assert_eq!(cells(picture(128, 3, 28, 2)), 6);
    assert_eq!(cells(picture(128, 1, 28, 28)), 4, "timesteps 1, 2, 3 and 28");
    assert_eq!(cells(picture(128, 16, 28, 784)), 12, "layers 1, 2 and 16");
}

#[test]
fn every_drawn_layer_has_a_colour_of_its_own() {
    let svg = picture(128, 16, 28, 28).svg();
    let cells = |colour: usize| svg.matches(&format!("<path class=\"o{colour}\"")).count();
    // Layers 1, 2 and 16, with layers 3 to 15 between them.
    assert_eq!([0, 1, 2, 3].map(cells), [4, 4, 0, 4]);
}

#[test]
fn units_are_drawn_up_to_five() {
    let dots = |units: usize| picture(units, 1, 1, 1).svg().matches("<circle class=\"f0\"").count();
    assert_eq!([1, 4, 5, 6, 4096].map(dots), [1, 4, 5, 4, 4]);
}

#[test]
fn the_numbers_stand_in_picture_and_description() {
    let chart = picture(128, 2, 28, 28);
    for text in [
        "80,384 weights",
        "131,584 weights",
        "1,290 weights",
        "row 28",
        "h: 128",
        "x: 28",
        "one set for all 28 cells",
    ] {
        assert!(chart.svg().contains(&format!("{text}</text>")), "{text}");
    }
    assert!(chart.description.contains("2 LSTM layers of 128 units, each drawn as 28 cells"));
    assert!(chart.svg().contains("row 1</text>") && picture(8, 1, 14, 14).svg().contains("row 8</text>"));
    assert!(picture(8, 1, 28, 784).svg().contains("pixel 784</text>"));
    assert!(picture(8, 1, 28, 7).svg().contains("slice 7</text>"));
}
