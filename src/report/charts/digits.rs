//! The test images for which the size of the network decides: those that the smallest setting misses and the largest reads,
//! by the smallest setting that reads them.

use super::{Chart, Material};
use crate::config::SIDE;
use crate::format::{count, joined, thousands};
use crate::plot::canvas::{Anchor, Canvas, Point, TEXT, width, wrap};
use crate::plot::frame::WIDTH;
use crate::plot::heat::Grid;
use crate::statistics::Setting;

/// Images shown, at most, if there are no more groups of them.
const SHOWN: usize = 16;
const LINE: f64 = 18.0;
/// Height of a line of a label, and between two labels.
const LABEL_LINE: f64 = 16.0;
const BETWEEN: f64 = 5.0;
/// Width of the longest line of a label.
const LABEL_WIDTH: f64 = 230.0;
const IMAGE: f64 = 42.0;
const COLUMN: f64 = 46.0;

/// A setting and the predictions of those of its runs that stored one for every image; at least one run.
struct Answered<'a> {
    label: &'a str,
    runs: Vec<&'a [u8]>,
}

impl Answered<'_> {
    /// How many of its runs classify an image wrongly.
    fn wrong(&self, index: usize, label: u8) -> usize {
        self.runs.iter().filter(|run| run[index] != label).count()
    }
}

/// A test image that some settings read and others do not.
struct Decided {
    index: usize,
    /// For each setting, the seeds that are wrong.
    wrong: Vec<usize>,
}

/// The rows below an image: the true digit, and a row for each setting.
struct Rows {
    /// The lines of each label.
    labels: Vec<Vec<String>>,
    /// The upper edge of each row below the image, and the lower edge of the last.
    edges: Vec<f64>,
}

impl Rows {
    fn new(answered: &[Answered]) -> Self {
        let names = std::iter::once("True digit").chain(answered.iter().map(|answered| answered.label));
        // Whole, on as many lines as it takes: two that begin alike stay distinct.
        let labels: Vec<Vec<String>> = names.map(|name| wrap(name, LABEL_WIDTH, TEXT)).collect();
        let mut edges = vec![IMAGE + 8.0];
        for lines in &labels {
            let height = BETWEEN + LABEL_LINE * lines.len().max(1) as f64;
            edges.push(edges[edges.len() - 1] + height);
        }
        Self { labels, edges }
    }

    fn height(&self) -> f64 {
        self.edges[self.edges.len() - 1]
    }

    /// The width of the widest label.
    fn width(&self) -> f64 {
        self.labels.iter().flatten().map(|line| width(line, TEXT)).fold(0.0, f64::max)
    }

    /// The upper edge of a row and its height.
    fn place(&self, row: usize) -> (f64, f64) {
        (self.edges[row], self.edges[row + 1] - self.edges[row])
    }

    /// Where a single line stands in a row.
    fn baseline(&self, row: usize) -> f64 {
        let (top, height) = self.place(row);
        top + height / 2.0 + TEXT * 0.35
    }
}

/// The images by the settings that read them. A setting reads an image if more than half of its seeds do.
struct Groups {
    /// For each setting but the first, the images that the first one misses, that it and all larger ones read, and the next
    /// smaller one does not; in the order of how clearly.
    from: Vec<Vec<Decided>>,
    /// Images that all settings read, that none reads, and all others.
    all: usize,
    none: usize,
    others: usize,
}

impl Groups {
    fn new(answered: &[Answered], labels: &[u8]) -> Self {
        let mut groups =
            Self { from: (1..answered.len()).map(|_| Vec::new()).collect(), all: 0, none: 0, others: 0 };
        for (index, label) in labels.iter().enumerate() {
            let wrong: Vec<usize> = answered.iter().map(|setting| setting.wrong(index, *label)).collect();
            let reads = |(wrong, setting): (&usize, &Answered)| 2 * wrong < setting.runs.len();
            let reads: Vec<bool> = wrong.iter().zip(answered).map(reads).collect();
            // The smallest setting from which on all read it.
            let first = reads.iter().rposition(|read| !read).map_or(0, |last| last + 1);
            match first {
                0 => groups.all += 1,
                _ if !reads.contains(&true) => groups.none += 1,
                first if first < reads.len() && !reads[0] => {
                    groups.from[first - 1].push(Decided { index, wrong });
                }
                _ => groups.others += 1,
            }
        }
        for (first, images) in (1..).zip(&mut groups.from) {
            // Most clearly: as many wrong seeds of the smaller and as few of the larger settings as there are.
            images.sort_by_key(|image| {
                let (below, above) = image.wrong.split_at(first);
                (above.iter().sum::<usize>() as isize - below.iter().sum::<usize>() as isize, image.index)
            });
        }
        groups
    }

    /// Images that the smallest setting misses and the largest reads, from some setting on.
    fn decided(&self) -> usize {
        self.from.iter().map(Vec::len).sum()
    }

    /// As many images of each group as there is room for, with at least one; in the order of the groups.
    fn shown(&self, room: usize) -> Vec<&Decided> {
        let filled = self.from.iter().filter(|images| !images.is_empty()).count();
        let mut shown: Vec<usize> = self.from.iter().map(|images| images.len().min(1)).collect();
        let mut left = room.saturating_sub(filled);
        while left > 0 && (0..shown.len()).any(|group| shown[group] < self.from[group].len()) {
            for (group, images) in self.from.iter().enumerate() {
                if left > 0 && shown[group] < images.len() {
                    shown[group] += 1;
                    left -= 1;
                }
            }
        }
        self.from.iter().zip(shown).flat_map(|(images, shown)| &images[..shown]).collect()
    }
}

/// The chart, or `None` without the images, without predictions of two settings, or without an image that only the larger ones
/// read.
pub(super) fn images_by_size(material: &Material) -> Option<Chart> {
    let images = material.test_images?;
    let settings = material.report.settings.iter().zip(material.predictions);
    let answered = settings.map(|(setting, runs)| Answered {
        label: &setting.label,
        runs: runs.iter().filter(|run| run.len() == images.len()).map(Vec::as_slice).collect(),
    });
    let answered: Vec<Answered> = answered.filter(|answered| !answered.runs.is_empty()).collect();
    let groups = Groups::new(&answered, images.labels());
    if groups.decided() == 0 {
        return None;
    }
    let rows = Rows::new(&answered);
    let indent = rows.width() + 22.0;
    let columns = (((WIDTH - indent - 8.0) / COLUMN) as usize).max(1);
    // Full rows only, unless there is no full one.
    let shown = groups.shown(SHOWN.div_ceil(columns) * columns);
    let heading = wrap(&summary(&groups, &answered), WIDTH - 24.0, TEXT);
    let top = 16.0 + LINE * heading.len() as f64;
    let bank_height = rows.height() + 22.0;
    let mut canvas = Canvas::new(WIDTH, top + bank_height * shown.len().div_ceil(columns) as f64);
    for (index, line) in heading.iter().enumerate() {
        canvas.text("ink", (12.0, 16.0 + LINE * index as f64), Anchor::Start, TEXT, line);
    }
    let seeds: Vec<usize> = answered.iter().map(|answered| answered.runs.len()).collect();
    for (bank, chunk) in shown.chunks(columns).enumerate() {
        let top = top + bank_height * bank as f64;
        draw_names(&mut canvas, top, &rows);
        for (column, image) in chunk.iter().enumerate() {
            let corner = (indent + COLUMN * column as f64, top);
            let pixels = images.image(image.index).iter().map(|pixel| f32::from(*pixel) / 255.0).collect();
            let grid = Grid { columns: SIDE, values: pixels };
            grid.draw(&mut canvas, ["ink", "ink"], corner, (IMAGE, IMAGE));
            draw_counts(&mut canvas, corner, &rows, images.label(image.index), &image.wrong, &seeds);
        }
    }
    let description = describe(&groups, &shown, images.labels(), &answered);
    let size = |setting: &Setting| (setting.num_units, setting.num_layers);
    let sizes = material.report.settings.windows(2).any(|two| size(&two[0]) != size(&two[1]));
    let what = if sizes { "size" } else { "the setting" };
    Some(Chart::new("images-by-size", format!("Test images where {what} decides"), description, canvas))
}

/// How many images each setting is the first to read, and what the numbers below the images count.
fn summary(groups: &Groups, answered: &[Answered]) -> String {
    let (small, large) = (answered[0].label, answered[answered.len() - 1].label);
    let first = groups.from.iter().zip(&answered[1..]).filter(|(images, _)| !images.is_empty());
    let first = joined(first, ", ", |(images, answered)| {
        format!("{} from {} on", thousands(images.len()), answered.label)
    });
    let seeds = answered.iter().map(|answered| answered.runs.len());
    let below = match (seeds.clone().min().unwrap_or(0), seeds.max().unwrap_or(0)) {
        (1, 1) => "1 where it is missed".to_string(),
        (least, most) if least == most => format!("how many of the {most} seeds miss it"),
        (least, most) => format!("how many of the {least} to {most} seeds miss it"),
    };
    let images = count(groups.decided(), "image");
    format!("{small} miss and {large} read {images}: {first}. Below each image: {below}.")
}

fn draw_names(canvas: &mut Canvas, top: f64, rows: &Rows) {
    for (row, lines) in rows.labels.iter().enumerate() {
        let class = if row == 0 { "ink strong" } else { "soft" };
        let above = LABEL_LINE * (lines.len() as f64 - 1.0) / 2.0;
        for (index, line) in lines.iter().enumerate() {
            let y = top + rows.baseline(row) - above + LABEL_LINE * index as f64;
            canvas.text(class, (12.0, y), Anchor::Start, TEXT, line);
        }
    }
}

fn draw_counts(canvas: &mut Canvas, corner: Point, rows: &Rows, digit: u8, wrong: &[usize], seeds: &[usize]) {
    let middle = corner.0 + IMAGE / 2.0;
    let baseline = |row: usize| corner.1 + rows.baseline(row);
    canvas.text("ink strong", (middle, baseline(0)), Anchor::Middle, TEXT, &digit.to_string());
    for (index, (wrong, seeds)) in wrong.iter().zip(seeds).enumerate() {
        let (top, height) = rows.place(index + 1);
        let opacity = 0.75 * *wrong as f64 / (*seeds).max(1) as f64;
        if *wrong > 0 {
            canvas.cell("heat", opacity, (corner.0, corner.1 + top + 1.0), (IMAGE, height - 2.0));
        }
        let class = if *wrong > 0 { "ink" } else { "soft" };
        canvas.text(class, (middle, baseline(index + 1)), Anchor::Middle, TEXT, &wrong.to_string());
    }
}

fn describe(groups: &Groups, shown: &[&Decided], labels: &[u8], answered: &[Answered]) -> String {
    let images = joined(shown, ". ", |image| {
        let counts = answered.iter().zip(&image.wrong);
        let counts = joined(counts, ", ", |(answered, count)| format!("{} {count}", answered.label));
        format!("Image {}, a {}: {counts}", image.index, labels[image.index])
    });
    format!(
        "{} A setting reads an image if more than half of its seeds do. All settings read {} of {}, none reads {}, and {} are \
         read by a setting but missed by a larger one. Images are counted from 0. Wrong seeds: {images}.",
        summary(groups, answered),
        thousands(groups.all),
        count(labels.len(), "image"),
        thousands(groups.none),
        thousands(groups.others)
    )
}
