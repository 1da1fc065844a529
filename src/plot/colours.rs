//! The colours of charts and page, light and dark, and the style sheet of the charts' classes.
//!
//! The series colours are those of Okabe and Ito (Color universal design, 2008), which people with any common colour
//! blindness can distinguish, darkened on light paper and brightened on dark paper until each has a contrast of 4.5.

/// The name of a colour, what it is on light paper, and what it is on dark paper.
type Role = (&'static str, &'static str, &'static str);

pub(crate) const ROLES: [Role; 12] = [
    ("paper", "#ffffff", "#16171a"),
    ("ink", "#1c1d21", "#e8e8ea"),
    ("soft", "#5a5d66", "#a3a6ae"),
    ("grid", "#e2e3e7", "#33353b"),
    ("heat", "#e0702a", "#a8480f"),
    ("c0", "#0067a3", "#56b4e9"),
    ("c1", "#bf4d00", "#ff9b54"),
    ("c2", "#00755a", "#3ecfa4"),
    ("c3", "#a14c79", "#e79ac6"),
    ("c4", "#856400", "#f0c14b"),
    ("c5", "#5a4aa0", "#b7aaf2"),
    ("c6", "#3f5560", "#b4c7cf"),
];

/// Number of series colours: `c0` to `c6`.
pub(crate) const SERIES: usize = 7;

/// The classes' rules, one per line, with `$` before the role of a colour.
const RULES: &str = "\
.paper{fill:$paper}
.ink{fill:$ink}
.soft{fill:$soft}
.heat{fill:$heat}
.grid{stroke:$grid;fill:none}
.axis{stroke:$soft;fill:none}
.leader{stroke:$soft;fill:none;stroke-width:.75}
.front{stroke:$soft;fill:none;stroke-width:1.5;stroke-dasharray:5 3}
.halo{stroke:$paper;stroke-width:3;stroke-linejoin:round;paint-order:stroke}
.strong{font-weight:bold}
";

/// The same for each series, with `#` for its number.
const SERIES_RULES: &str = "\
.f#{fill:$c#}
.l#{stroke:$c#;fill:none;stroke-width:2;stroke-linejoin:round}
.o#{stroke:$c#;fill:$paper;stroke-width:1.25}
.t#{stroke:$c#;fill:none;stroke-width:1;stroke-dasharray:2 2}
";

/// Dashes of lines, and lines beside others; after the series, whose rules they change.
const LINE_RULES: &str = "\
.d1{stroke-dasharray:7 3}
.d2{stroke-dasharray:2 3}
.d3{stroke-dasharray:9 3 2 3}
";

/// The classes' rules, each behind `prefix`, with colours by role.
pub(crate) fn style(prefix: &str, colour: impl Fn(&Role) -> String) -> String {
    let series = (0..SERIES).map(|index| SERIES_RULES.replace('#', &index.to_string()));
    let all = RULES.to_string() + &series.collect::<String>() + LINE_RULES;
    let rules: String = all.lines().map(|rule| format!("{prefix}{rule}")).collect();
    ROLES.iter().fold(rules, |rules, role| rules.replace(&format!("${}", role.0), &colour(role)))
}

/// The rules with light colours, for a standalone file.
pub(crate) fn standalone_style() -> String {
    style("", |(_, light, _)| light.to_string())
}
