//! How numbers are printed, in the terminal, in tables and on charts.

/// A fraction as a percentage: "99.06 %".
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A whole number with commas: "81,674".
pub(crate) fn thousands(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: "1 unit", "4,096 units".
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{} {}", thousands(number), plural(number, what))
}

/// The same without commas, as on the command line: "4096 units".
pub(crate) fn typed_count(number: usize, what: &str) -> String {
    format!("{number} {}", plural(number, what))
}

fn plural(number: usize, what: &str) -> String {
    format!("{what}{}", if number == 1 { "" } else { "s" })
}

/// A difference of fractions, or its deviation, in percentage points: "0.12"; with three decimals if two would print 0.00.
pub(crate) fn points(share: f64) -> String {
    let points = 100.0 * share;
    if points.abs() >= 0.005 || points == 0.0 { format!("{points:.2}") } else { format!("{points:.3}") }
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
