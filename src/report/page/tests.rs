use super::*;
use crate::report::charts::sample::Sample;
use crate::statistics::testing::{run, with};
use crate::statistics::tuning::Tune;

#[test]
fn the_page_holds_every_value() {
    let sample = Sample::new();
    let page = html(&sample.material());
    for setting in &sample.report.settings {
        for run in &setting.runs {
            assert!(page.contains(&format!("<code>{}</code>", run.name)), "{}", run.name);
            assert!(page.contains(&format!("<td>{:.2} %</td>", 100.0 * run.test_accuracy)), "{}", run.name);
        }
    }
    for words in
        ["Take 128 units.", "Three seeds are few.", "optimizer sgd", "256 units, seed 1", "--seed 1</code>"]
    {
        assert!(page.contains(words), "{words}");
    }
    // 98.63 less 97.35 points; p after correction is below what is shown.
    assert!(page.contains("<td>+1.28</td>") && page.contains("<td>&lt; 0.001</td>"));
}

#[test]
fn the_page_needs_nothing_beside_it() {
    let page = html(&Sample::new().material());
    assert_eq!(page.matches("<script").count(), 1, "its own");
    for words in ["<link", "<img", "@import", "url(", " src=", " href="] {
        assert!(!page.contains(words), "{words}");
    }
    // Namespaces are names and are not fetched.
    assert!(!page.replace("http://www.w3.org/2000/svg", "").contains("http://"));
    assert!(!page.contains("https://"));
}

#[test]
fn everything_from_outside_is_escaped() {
    let mut sample = Sample::new();
    let hostile = "<script>alert(1)</script>\"'&";
    let report = &mut sample.report;
    report.protocol = hostile.into();
    report.settings[0].label = hostile.into();
    report.settings[1].runs[0].name = hostile.into();
    report.settings[1].runs[1].machine.processor = hostile.into();
    report.settings[2].runs[0].version = hostile.into();
    report.choice.as_mut().unwrap().sentence = hostile.into();
    report.choice.as_mut().unwrap().caveats = vec![hostile.into()];
    report.apart[0].reason = hostile.into();
    report.apart[0].names = vec![hostile.into()];
    report.unfinished[0].name = hostile.into();
    report.unfinished[0].state = hostile.into();
    let page = html(&Material { title: hostile, command: hostile, ..sample.material() });
    let page = page.replacen("<script type=\"module\">", "", 1);
    assert!(!page.contains("<script") && !page.contains("\"'&"));
    assert!(page.matches("&lt;script&gt;").count() >= 12);
}

#[test]
fn places_of_files_are_not_told() {
    assert!(!html(&Sample::new().material()).contains("/home/someone"));
}

#[test]
fn an_empty_report_is_a_page_that_says_so() {
    let mut sample = Sample::new();
    let report = &mut sample.report;
    (report.settings, report.pairs, report.choice) = (Vec::new(), Vec::new(), None);
    let page = html(&Material { histories: &[], predictions: &[], ..sample.material() });
    assert!(page.contains("no finished run") && page.ends_with("</html>\n"));
    assert!(page.contains("256 units, seed 1"));
}

#[test]
fn tags_are_closed_in_the_order_they_were_opened() {
    tags_are_closed(html(&Sample::new().material()));
    tags_are_closed(html(&Sample::with_verdict().material()));
}

fn tags_are_closed(page: String) {
    let (before, after) = page.split_once("<script").unwrap();
    let page = before.to_string() + after.split_once("</script>").unwrap().1;
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(2).map(|part| &part[..part.find('>').unwrap()]) {
        let name = tag.split_whitespace().next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}>");
        } else if name != "meta" && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_opens_with_the_verdict_and_its_chart() {
    let sample = Sample::with_verdict();
    let page = html(&sample.material());
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
    let order = [
        "<h2 id=\"verdict\">",
        "<p class=\"finding\">64 units will do",
        "<li>1 trial is not counted: 8 units, seed 25 (failed).</li>",
        "<figure id=\"points-below-best\">",
        "64 units <span class=\"chosen\">answer</span>",
        "<td class=\"text\">within the margin</td>",
        "16 to 32 units",
        "<h2 id=\"choice\">By the one-standard-error rule</h2>",
        "<figure id=\"accuracy-by-units\">",
    ];
    let places = order.map(place);
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(page.matches("<figure id=\"points-below-best\">").count(), 1);
    assert!(!page.contains("Three seeds are few."));
    let without = html(&Sample::new().material());
    assert!(!without.contains("id=\"verdict\"") && without.contains("gives a verdict: which networks"));
}

#[test]
fn labels_in_the_verdict_are_escaped() {
    let mut sample = Sample::with_verdict();
    let findings = sample.report.verdict.as_mut().unwrap();
    findings.verdict.settings[0].label = "<script>".into();
    findings.verdict.sentences.push("<script>".into());
    let page = html(&sample.material()).replacen("<script type=\"module\">", "", 1);
    assert!(!page.contains("<script"));
}

#[test]
fn tuned_stands_beside_untuned_with_every_trial_and_all_of_it_is_escaped() {
    let held_out = |seed: u64, rate: f64| {
        let mut run = with(with(run(8, seed, 9000), "validation", 0), "folds", 12);
        run = with(with(run, "fold", seed as i64), "learning-rate", rate);
        run.validation_correct = if rate == 0.5 { 4900 } else { 4800 };
        run.name = format!("<script> {seed} {rate}");
        run
    };
    let runs = [0.008, 0.5].into_iter().flat_map(|rate| [1, 2].map(|seed| held_out(seed, rate))).collect();
    let tune = Tune { setting: "learning-rate".into(), values: vec![0.008.into(), 0.5.into()] };
    let mut sample = Sample::with_verdict();
    sample.report.tuning = Report::with_tuned(runs, Vec::new(), Some(&tune)).tuning;
    let tuning = sample.report.tuning.as_mut().unwrap();
    tuning.settings[0].label = "<script>".into();
    tuning.notes.push("<script>".into());
    let page = html(&sample.material()).replacen("<script type=\"module\">", "", 1);
    assert!(!page.contains("<script") && page.matches("&lt;script&gt;").count() >= 8);
    assert!(page.contains("0.5 (2)") && page.contains("&lt;script&gt; 1 0.008"));
    let order =
        ["<h2 id=\"verdict\">", "best learning-rate of 2 values", "<h2 id=\"tuned\">", "<h2 id=\"values\">"];
    let places = order.map(|words| page.find(words).unwrap_or_else(|| panic!("{words}")));
    assert!(places.is_sorted(), "{places:?}");
    tags_are_closed(html(&sample.material()));
}
