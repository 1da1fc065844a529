//! A page of one chart with the numbers that it shows. The report over many runs has a page of its own.

use super::rows::{RowCurve, finding, heads, lines};
use super::{Inside, Subject};
use crate::plot::page::{begin, figure, repeat, section, table};
use crate::plot::{Chart, escape};

/// The page of one image: the chart, and the answers of each network after every timestep. `command` makes it.
pub fn inside_html(subject: &Subject, networks: &[Inside], chart: &Chart, command: &str) -> String {
    let findings = networks.iter().map(|inside| inside.finding(subject));
    let doubt = subject.doubt().map(|doubt| doubt + ".");
    let findings = findings.chain(doubt).collect::<Vec<_>>().join(" ");
    let tables = networks.iter().enumerate().map(|(index, inside)| {
        let what = format!("{}: probability of each digit", inside.network);
        let table = table(&escape(&what), &heads_of(inside), &[], answers_of(inside));
        section(&format!("numbers-{index}"), &escape(&what), table)
    });
    page(&findings, chart, &tables.collect::<String>(), command)
}

fn heads_of(inside: &Inside) -> Vec<String> {
    let classes = 0..inside.probabilities[0].len();
    let heads = [format!("After {}", inside.step()), "Reads".to_string()];
    heads.into_iter().chain(classes.map(|class| class.to_string())).collect()
}

fn answers_of(inside: &Inside) -> Vec<Vec<String>> {
    let answers = inside.probabilities.iter().zip(inside.answers()).enumerate();
    let row = |(index, (shares, answer)): (usize, (&Vec<f64>, usize))| {
        let shares = shares.iter().map(|share| format!("{:.1} %", 100.0 * share));
        [(index + 1).to_string(), answer.to_string()].into_iter().chain(shares).collect()
    };
    answers.map(row).collect()
}

/// The page of accuracies by rows read. `command` repeats it.
pub fn rows_html(curves: &[RowCurve], chart: &Chart, command: &str) -> String {
    let heads: Vec<String> = heads(curves).iter().map(|head| escape(head)).collect();
    let what = "Every accuracy";
    page(&finding(curves), chart, &section("numbers", what, table(what, &heads, &[], lines(curves))), command)
}

/// The page; `numbers` are sections of HTML.
fn page(lead: &str, chart: &Chart, numbers: &str, command: &str) -> String {
    format!(
        "{}<section class=\"wide\">\n{}</section>\n{numbers}{}</main>\n</body>\n</html>\n",
        begin(&chart.title, lead),
        figure(chart),
        repeat(command)
    )
}
