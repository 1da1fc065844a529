//! What is wrong with a command line that clap does not accept, in words.

use super::terminal::colours_wanted;
use crate::sweep::in_a_grid;
use clap::error::{ContextKind, ErrorKind};
use std::ffi::OsString;
use std::io::{self, Write};

/// Prints clap's error about the words that were typed.
pub fn print(error: &clap::Error, typed: &[OsString]) -> io::Result<()> {
    let typed: Vec<String> = typed.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(advice) = several_values(error, &typed) {
        return writeln!(io::stderr(), "error: {advice}");
    }
    let text = error.render();
    let text = if colours_wanted() { text.ansi().to_string() } else { text.to_string() };
    write!(io::stderr(), "{}", in_words(&text))
}

/// clap's error about a value of `--name` that was typed elsewhere: as `place`, in one paragraph.
pub fn of_value(error: &clap::Error, name: &str, place: &str) -> String {
    let text = in_words(&error.render().to_string());
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text).trim_end();
    let (before, rest) = text.split_once(&format!("'--{name}")).unwrap_or((text, "'"));
    format!("{before}'{place}'{}", rest.split_once('\'').map_or("", |(_, after)| after))
}

/// Replaces the messages of Rust's and clap's number parsers.
fn in_words(text: &str) -> String {
    let text = [
        ("invalid digit found in string", "must be a whole number"),
        ("cannot parse integer from empty string", "must be a whole number"),
        ("number too large to fit in target type", "must be a smaller whole number"),
        ("number too small to fit in target type", "must be a larger whole number"),
        ("invalid float literal", "must be a number"),
        ("cannot parse float from empty string", "must be a number"),
    ]
    .iter()
    .fold(text.to_string(), |text, (theirs, ours)| text.replace(theirs, ours));
    // `--jobs <N>': 0 is not in 1..=1024`
    let range = text.split_once(" is not in ").and_then(|(before, after)| {
        let (start, _) = before.rsplit_once(' ')?;
        let (low, rest) = after.split_once("..=")?;
        Some(format!("{start} must be {low} to {rest}"))
    });
    range.unwrap_or(text)
}

/// What to type instead, if several values were given where one is taken, or with spaces between them.
fn several_values(error: &clap::Error, typed: &[String]) -> Option<String> {
    let name = typed.iter().skip(1).find(|word| !word.starts_with('-'))?;
    let (option, values) = match error.kind() {
        ErrorKind::ValueValidation => {
            let option = error.get(ContextKind::InvalidArg)?.to_string();
            let value = error.get(ContextKind::InvalidValue)?.to_string();
            let mut numbers = value.split([',', ':']).flat_map(|part| part.split(".."));
            let several = value.contains(',') || value.contains("..");
            (option.split(' ').next()?.to_string(), (several && numbers.all(is_number)).then_some(value)?)
        }
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::ArgumentConflict => {
            let numbers_after = |start: &usize| {
                typed[start + 1..].iter().map(String::as_str).take_while(|word| is_number(word))
            };
            let of_option =
                |start: &usize| typed[*start].starts_with('-') && numbers_after(start).count() > 1;
            let start = (0..typed.len()).find(of_option)?;
            (typed[start].clone(), numbers_after(&start).collect::<Vec<_>>().join(","))
        }
        _ => return None,
    };
    let command = super::command();
    let option = command.find_subcommand(name)?.get_arguments().find(|known| is_option(known, &option))?;
    let takes_a_list = option.get_value_delimiter().is_some();
    let option = option.get_long()?;
    match name.as_str() {
        "train" if option == "seed" => {
            Some(format!("train takes one seed: for several, type rowlstm sweep --seeds {values}"))
        }
        "train" if in_a_grid(option) && option != "folds" => Some(format!(
            "train takes one value of --{option}: for several, type rowlstm sweep --{option} {values}"
        )),
        _ if takes_a_list => {
            Some(format!("--{option} takes its values separated by commas: type --{option} {values}"))
        }
        _ => None,
    }
}

/// Whether an option has this name, with its dashes.
fn is_option(option: &clap::Arg, typed: &str) -> bool {
    match typed.strip_prefix("--") {
        Some(name) => {
            option.get_long() == Some(name)
                || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        }
        None => option.get_short().is_some_and(|short| typed == format!("-{short}")),
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn no_word_is_of_a_number_parser() {
        let range = "error: invalid value '0' for '--jobs <N>': 0 is not in 1..=1024\n\nmore";
        assert_eq!(in_words(range), "error: invalid value '0' for '--jobs <N>': must be 1 to 1024\n\nmore");
        for text in ["999999999999999999999", "", "x", "-1"] {
            for error in [
                text.parse::<usize>().map_err(|error| error.to_string()).unwrap_err(),
                text.parse::<u32>().map_err(|error| error.to_string()).unwrap_err(),
            ] {
                assert!(in_words(&error).starts_with("must be a "), "{error}");
            }
        }
        assert_eq!(in_words(&"x".parse::<f64>().unwrap_err().to_string()), "must be a number");
        assert_eq!(in_words(&"".parse::<f64>().unwrap_err().to_string()), "must be a number");
    }
}
