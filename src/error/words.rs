//! The words of the operating system and of serde, in this program's own.

use std::io;

/// What the operating system reports, without its number.
pub(crate) fn of_system(cause: &io::Error) -> String {
    without_os_numbers(&cause.to_string())
        .replace("stream did not contain valid UTF-8", "it is not text in UTF-8")
}

/// A message without the numbers that the operating system gives its errors.
pub(crate) fn without_os_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.split_once(')').map_or(part, |(_, rest)| rest))
}

/// An error message of serde: first what must be there, then what was found, without the names of Rust's types.
pub(crate) fn of_serde(message: &str) -> String {
    let (text, place) = match message.rfind(" at line ") {
        Some(start) => message.split_at(start),
        None => (message, ""),
    };
    let split = |start: &str| text.strip_prefix(start)?.rsplit_once(", expected ");
    if let Some((found, expected)) = split("invalid type: ").or_else(|| split("invalid value: ")) {
        return format!("must be {}, not {}{place}", expected_in_words(expected), found_in_words(found));
    }
    if let Some((found, expected)) = split("unknown variant ") {
        return format!("must be {expected}, not {found}{place}");
    }
    if let Some((found, expected)) = split("unknown field ") {
        return format!("unknown key {found}: must be {expected}{place}");
    }
    message.to_string()
}

fn expected_in_words(expected: &str) -> &str {
    match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" | "i64" => "a whole number",
        "f64" | "f32" => "a number",
        "a string" => "text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        _ if expected.starts_with("struct ") || expected == "a map" => "a table",
        other => other,
    }
}

/// `string "many"`, ``integer `-1` ``: the value alone.
fn found_in_words(found: &str) -> &str {
    let between = |mark: char, left: usize| {
        let (start, end) = (found.find(mark)?, found.rfind(mark)?);
        found.get(start + left..end + 1 - left).filter(|value| !value.is_empty())
    };
    match found {
        "sequence" => "a list",
        "map" => "a table",
        "null" | "unit value" => "nothing",
        _ => between('"', 0).or_else(|| between('`', 1)).unwrap_or(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let found = without_os_numbers("a: gone (os error 2); b: full (os error 28)");
        assert_eq!(found, "a: gone; b: full");
        assert_eq!(without_os_numbers("as it is"), "as it is");
        assert!(!of_system(&io::Error::from_raw_os_error(2)).contains("os error"));
    }

    #[test]
    fn serde_says_what_must_be_there_without_types() {
        for (message, words) in [
            (r#"invalid type: string "many", expected usize"#, r#"must be a whole number, not "many""#),
            ("invalid value: integer `-1`, expected u64", "must be a whole number, not -1"),
            ("invalid type: integer `99` as i128, expected a string", "must be text, not 99"),
            (
                "invalid type: sequence, expected f64 at line 3 column 4",
                "must be a number, not a list at line 3 column 4",
            ),
            ("unknown variant `a`, expected `b` or `c`", "must be `b` or `c`, not `a`"),
            (r#"invalid type: string "", expected struct Stored"#, r#"must be a table, not """#),
            ("unknown field `x`, expected one of `a`, `b`", "unknown key `x`: must be one of `a`, `b`"),
            ("missing field `steps`", "missing field `steps`"),
        ] {
            assert_eq!(of_serde(message), words);
        }
    }
}
