//! Numbers, lists and tables as every rendering prints them.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

/// Columns of the narrowest terminal that a table must fit.
pub(crate) const NARROW: u16 = 80;

/// A fraction as a percentage: "99.06 %".
pub(crate) fn percent(fraction: f64) -> String {
    percent_number(fraction) + " %"
}

/// The same without the sign, for a column that has it in its head: "99.06".
pub(crate) fn percent_number(fraction: f64) -> String {
    format!("{:.2}", 100.0 * fraction)
}

/// A number with as many decimals as it needs, at most six.
pub(crate) fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A whole number with commas: "81,674".
pub(crate) fn thousands(value: usize) -> String {
    let mut text = value.to_string();
    for place in (1..text.len()).rev().skip(2).step_by(3) {
        text.insert(place, ',');
    }
    text
}

/// A number of things: "1 unit", "4,096 units".
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{} {}", thousands(number), plural(number, what))
}

/// The same without commas, as the number is typed: "4096 units".
pub(crate) fn typed_count(number: usize, what: &str) -> String {
    format!("{number} {}", plural(number, what))
}

fn plural(number: usize, what: &str) -> String {
    format!("{what}{}", if number == 1 { "" } else { "s" })
}

/// A difference of fractions, or its deviation, in percentage points: "0.12"; three decimals where two would print 0.00.
pub(crate) fn points(difference: f64) -> String {
    let points = 100.0 * difference;
    if points.abs() >= 0.005 || points == 0.0 { format!("{points:.2}") } else { format!("{points:.3}") }
}

/// The same with its sign: "+0.12".
pub(crate) fn signed_points(difference: f64) -> String {
    let text = points(difference);
    if difference > 0.0 { format!("+{text}") } else { text }
}

/// An interval: "98.85 to 99.02".
pub(crate) fn interval((low, high): (f64, f64), number: impl Fn(f64) -> String) -> String {
    format!("{} to {}", number(low), number(high))
}

/// A p value: "0.012", "< 0.001".
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The text of each value, with `separator` between them.
pub(crate) fn joined<T>(
    values: impl IntoIterator<Item = T>,
    separator: &str,
    text: impl Fn(T) -> String,
) -> String {
    values.into_iter().map(text).collect::<Vec<_>>().join(separator)
}

/// The text in lines of at most [`NARROW`] characters, broken at spaces; a longer word has a line of its own.
pub(crate) fn narrow(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= NARROW.into() => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

/// A table for a terminal, which is Markdown too, with all columns aligned to the right.
pub(crate) fn text_table<R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = impl Into<String>>,
    rows: impl IntoIterator<Item = R>,
) -> String {
    table_of(header, rows).to_string()
}

/// The same, at most [`NARROW`] columns wide: cells of the columns in `wrapped` are broken into lines where they must be, so
/// that it is not always Markdown.
pub(crate) fn narrow_table<R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = impl Into<String>>,
    rows: impl IntoIterator<Item = R>,
    wrapped: &[usize],
) -> String {
    let mut table = table_of(header, rows);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(NARROW);
    let whole = table.column_iter_mut().enumerate().filter(|(index, _)| !wrapped.contains(index));
    whole.for_each(|(_, column)| {
        column.set_constraint(ColumnConstraint::ContentWidth);
    });
    table.to_string()
}

fn table_of<R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = impl Into<String>>,
    rows: impl IntoIterator<Item = R>,
) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header.into_iter().map(Into::<String>::into));
    for row in rows {
        table.add_row(row.into_iter().map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas_and_one_is_no_plural() {
        assert_eq!(
            [0, 999, 1000, 81_674, 1_234_567].map(thousands),
            ["0", "999", "1,000", "81,674", "1,234,567"]
        );
        assert_eq!([0, 1, 4096].map(|units| count(units, "unit")), ["0 units", "1 unit", "4,096 units"]);
        assert_eq!([1, 4096].map(|units| typed_count(units, "unit")), ["1 unit", "4096 units"]);
    }

    #[test]
    fn small_numbers_do_not_print_as_nothing() {
        assert_eq!(points(0.000_3), "0.03");
        assert_eq!(points(0.000_03), "0.003");
        assert_eq!(points(-0.000_03), "-0.003");
        assert_eq!(points(0.000_099_999), "0.01");
        assert_eq!(points(0.0), "0.00");
        assert_eq!(p_value(0.000_999), "< 0.001");
        assert_eq!(p_value(0.001), "0.001");
        assert_eq!(p_value(0.0), "< 0.001");
        assert_eq!(percent(0.990_6), "99.06 %");
    }
}
