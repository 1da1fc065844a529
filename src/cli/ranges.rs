//! Whole numbers as they are typed: one, or a range.

/// Most numbers in a range.
const MOST: u64 = 1_000_000;

/// How a range without a step counts.
#[derive(Clone, Copy, Debug)]
pub enum Counting {
    /// `8..64` is 8, 16, 32, 64.
    Doubling,
    /// `1..4` is 1, 2, 3, 4.
    ByOne,
}

impl Counting {
    /// A range and what it stands for.
    fn example(self) -> &'static str {
        match self {
            Self::Doubling => "8..64 doubles from 8 to 64, and 8..64:8 counts in steps of 8",
            Self::ByOne => "1..12 is all twelve, and 1..11:2 counts in steps of 2",
        }
    }
}

/// The numbers that a text stands for: itself, `A..B`, or `A..B:S` in steps of S. A range begins with A and ends with B.
///
/// # Errors
/// What is wrong, and what to type.
pub fn numbers(text: &str, counting: Counting) -> Result<Vec<u64>, String> {
    let malformed = || format!("must be a whole number or a range: {}", counting.example());
    // As much as a setting can be, so that no sum or product below overflows.
    let largest = i64::MAX as u64;
    let number = |text: &str| text.parse().ok().filter(|value| *value <= largest).ok_or_else(malformed);
    let Some((first, rest)) = text.split_once("..") else { return Ok(vec![number(text)?]) };
    let (last, step) = match rest.split_once(':') {
        Some((last, step)) => (number(last)?, Some(number(step)?)),
        None => (number(rest)?, None),
    };
    let first = number(first)?;
    if first > last {
        return Err(format!("a range begins with its smallest number: type {last}..{first}"));
    }
    let next = |value: u64| match (step, counting) {
        (Some(step), _) => value + step,
        (None, Counting::Doubling) => 2 * value,
        (None, Counting::ByOne) => value + 1,
    };
    if first < last && next(first) == first {
        let problem = if step.is_some() { "a step must be 1 or more" } else { "0 cannot be doubled" };
        return Err(format!("{problem}: {}", counting.example()));
    }
    let mut values = vec![first];
    let mut value = first;
    while value < last {
        if values.len() as u64 == MOST {
            return Err(format!("a range must have at most {MOST} numbers"));
        }
        let before = value;
        value = next(value);
        if value > last {
            let how = step.map_or_else(|| "doubling".into(), |step| format!("counting in steps of {step}"));
            let step = step.map_or_else(String::new, |step| format!(":{step}"));
            return Err(format!(
                "{how} from {first} gives {before} and {value}, not {last}: type {first}..{before}{step} or \
                 {first}..{value}{step} ({})",
                counting.example()
            ));
        }
        values.push(value);
    }
    Ok(values)
}

/// The unit counts that were typed, each one or a range.
///
/// # Errors
/// What is wrong, and what to type.
pub fn unit_counts(typed: &[String]) -> Result<Vec<usize>, String> {
    let mut counts = Vec::new();
    for text in typed {
        let numbers =
            numbers(text, Counting::Doubling).map_err(|problem| format!("--num-units {text}: {problem}"))?;
        // What is too large is refused with the other settings.
        counts.extend(numbers.into_iter().map(|count| usize::try_from(count).unwrap_or(usize::MAX)));
    }
    Ok(counts)
}

/// The seeds that were typed: a single number is a count.
///
/// # Errors
/// What is wrong, and what to type.
pub fn seeds(typed: &[String]) -> Result<Vec<u64>, String> {
    if let [text] = typed
        && !text.contains("..")
    {
        return match text.parse() {
            Ok(count @ 1..=MOST) => Ok((1..=count).collect()),
            _ => Err(format!(
                "--seeds {text}: must be a number of seeds from 1 to {MOST}, a list (1,4,9) or a range (4..9)"
            )),
        };
    }
    let lists = typed
        .iter()
        .map(|text| numbers(text, Counting::ByOne).map_err(|problem| format!("--seeds {text}: {problem}")));
    Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Counting::{ByOne, Doubling};

    #[test]
    fn a_range_has_both_its_ends() {
        assert_eq!(numbers("8..64", Doubling).unwrap(), [8, 16, 32, 64]);
        assert_eq!(numbers("8..24:8", Doubling).unwrap(), [8, 16, 24]);
        assert_eq!(numbers("1..12", ByOne).unwrap(), (1..=12).collect::<Vec<_>>());
        assert_eq!(numbers("0..4:2", ByOne).unwrap(), [0, 2, 4]);
        for text in ["7", "7..7", "7..7:0"] {
            assert_eq!(numbers(text, Doubling).unwrap(), [7]);
        }
    }

    #[test]
    fn a_wrong_range_is_answered_with_what_to_type() {
        for (text, counting, words) in [
            ("8..100", Doubling, "doubling from 8 gives 64 and 128, not 100: type 8..64 or 8..128"),
            (
                "8..20:8",
                Doubling,
                "counting in steps of 8 from 8 gives 16 and 24, not 20: type 8..16:8 or 8..24:8",
            ),
            ("64..8", Doubling, "a range begins with its smallest number: type 8..64"),
            ("0..8", Doubling, "0 cannot be doubled: 8..64 doubles"),
            ("1..8:0", ByOne, "a step must be 1 or more"),
            ("0..9999999", ByOne, "at most 1000000 numbers"),
            ("8..", Doubling, "must be a whole number or a range: 8..64 doubles"),
            ("..8", ByOne, "must be a whole number or a range: 1..12 is all twelve"),
            ("8..=64", Doubling, "must be a whole number or a range"),
            ("9223372036854775807..9223372036854775808:1", Doubling, "must be a whole number or a range"),
            (
                "4..9223372036854775807:9223372036854775807",
                Doubling,
                "of 9223372036854775807 from 4 gives 4 and",
            ),
            ("", Doubling, "must be a whole number or a range"),
            ("-1", ByOne, "must be a whole number or a range"),
        ] {
            let problem = numbers(text, counting).unwrap_err();
            assert!(problem.contains(words), "{text}: {problem}");
        }
    }
}
