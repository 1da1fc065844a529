//! Images of digits drawn with characters, two rows of pixels per line of text, which nearly keeps their aspect.

/// Pixels in a row, and rows, of an image.
const SIDE: usize = 28;
/// Blank columns between two images.
const GAP: usize = 2;
/// The lowest brightness of a pixel that counts as ink.
const INK: u8 = 96;
/// Characters for the mean of two pixels, one above the other, from background to full ink.
const RAMP: &[u8] = b" .:-=+*#%@";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Most columns per line of text. One image is drawn even if this is less than its 28 columns.
    pub width: usize,
    /// Draw with ASCII characters only, instead of half blocks.
    pub ascii: bool,
}

/// Images side by side, as many per line as fit, with two captions under each.
///
/// Each image is 784 pixels, row by row from the top, 0 background, 255 full ink. A caption longer than an image is
/// wide is cut.
pub(crate) fn contact_sheet<'a>(
    images: impl Iterator<Item = (&'a [u8], [String; 2])>,
    drawing: Drawing,
) -> String {
    let images: Vec<_> = images.collect();
    let a_line = ((drawing.width + GAP) / (SIDE + GAP)).max(1);
    let mut text = String::new();
    for line in images.chunks(a_line) {
        let blocks: Vec<Vec<String>> = line
            .iter()
            .map(|(pixels, captions)| {
                let cut = |caption: &String| format!("{:SIDE$.SIDE$}", caption);
                rows(pixels, drawing.ascii).into_iter().chain(captions.iter().map(cut)).collect()
            })
            .collect();
        for row in 0..blocks[0].len() {
            let parts: Vec<&str> = blocks.iter().map(|block| block[row].as_str()).collect();
            text.push_str(parts.join(&" ".repeat(GAP)).trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// The lines of one image, each `SIDE` characters.
fn rows(pixels: &[u8], ascii: bool) -> Vec<String> {
    let draw = if ascii { ramp } else { half_block };
    let line = |two: &[u8]| {
        let (upper, lower) = two.split_at(SIDE);
        upper.iter().zip(lower).map(|(&upper, &lower)| draw(upper, lower)).collect()
    };
    pixels.chunks_exact(2 * SIDE).map(line).collect()
}

fn ramp(upper: u8, lower: u8) -> char {
    let sum = usize::from(upper) + usize::from(lower);
    // Rounded up, so that even faint ink is not drawn as background.
    char::from(RAMP[(sum * (RAMP.len() - 1)).div_ceil(2 * usize::from(u8::MAX))])
}

fn half_block(upper: u8, lower: u8) -> char {
    match (upper >= INK, lower >= INK) {
        (false, false) => ' ',
        (true, false) => '▀',
        (false, true) => '▄',
        (true, true) => '█',
    }
}
