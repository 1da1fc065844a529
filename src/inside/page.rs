//! A page of one chart with the numbers that it shows. The report over many runs has a page of its own.

use super::Inside;
use super::rows::{RowCurve, finding, heads, lines};
use crate::plot::page::{begin, figure, repeat, section, table};
use crate::plot::{Chart, escape};

/// The page of one image: the chart, and the answer after every timestep. `command` is the command that makes it.
pub fn inside_html(inside: &Inside, chart: &Chart, command: &str) -> String {
    let classes = 0..inside.probabilities.first().map_or(0, Vec::len);
    let heads = [format!("After {}", inside.step()), "Reads".to_string()];
    let heads: Vec<String> = heads.into_iter().chain(classes.map(|class| class.to_string())).collect();
    let answers = inside.probabilities.iter().zip(inside.answers()).enumerate();
    let rows = answers.map(|(index, (shares, answer))| {
        let shares = shares.iter().map(|share| format!("{:.1} %", 100.0 * share));
        [(index + 1).to_string(), answer.to_string()].into_iter().chain(shares).collect()
    });
    page(&inside.finding(), chart, "Probability of each digit", &heads, rows.collect(), command)
}

/// The page of accuracies by rows read. `command` repeats it.
pub fn rows_html(curves: &[RowCurve], chart: &Chart, command: &str) -> String {
    let heads: Vec<String> = heads(curves).iter().map(|head| escape(head)).collect();
    page(&finding(curves), chart, "Every accuracy", &heads, lines(curves), command)
}

/// The page; heads and table cells are HTML.
fn page(
    lead: &str,
    chart: &Chart,
    what: &str,
    heads: &[String],
    rows: Vec<Vec<String>>,
    command: &str,
) -> String {
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    format!(
        "{}<section class=\"wide\">\n{}</section>\n{}{}</main>\n</body>\n</html>\n",
        begin(&chart.title, lead),
        figure(chart),
        section("numbers", what, table(what, &heads, &[], rows)),
        repeat(command)
    )
}
