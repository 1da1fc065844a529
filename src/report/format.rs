//! Numbers as every rendering prints them.

/// A share: "99.06 %".
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A difference of shares, or its deviation, in percentage points: "0.12"; three digits where two would show nothing.
pub(super) fn points(share: f64) -> String {
    let points = 100.0 * share;
    if points.abs() >= 0.005 || points == 0.0 { format!("{points:.2}") } else { format!("{points:.3}") }
}

/// A p value: "0.012", "< 0.001".
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

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
