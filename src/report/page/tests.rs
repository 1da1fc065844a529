use super::*;
use crate::report::charts::sample::Sample;

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
    let page = html(&Sample::new().material());
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
