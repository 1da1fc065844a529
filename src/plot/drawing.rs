//! Images of digits, and other grids, drawn with characters, two rows per line of text, which nearly keeps their aspect.

/// Pixels in a row, and rows, of an image.
pub(crate) const SIDE: usize = 28;
/// Blank columns between two images.
const GAP: usize = 2;
/// The lowest brightness of a pixel that counts as ink.
pub(crate) const INK: u8 = 96;
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
    let blocks = images.map(|(pixels, captions)| {
        let captions = captions.iter().map(|caption| format!("{caption:SIDE$.SIDE$}"));
        rows(pixels, SIDE, drawing.ascii).into_iter().chain(captions).collect()
    });
    side_by_side(&blocks.collect::<Vec<_>>(), drawing.width)
}

/// Blocks of lines side by side, as many as fit into `width` columns, then below. One block is drawn even if it is wider.
pub(crate) fn side_by_side(blocks: &[Vec<String>], width: usize) -> String {
    let wide = |block: &Vec<String>| block.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let (mut text, mut rest) = (String::new(), blocks);
    while !rest.is_empty() {
        let mut end = 0;
        let fit = rest.iter().take_while(|block| {
            end += wide(block) + GAP;
            end <= width + GAP
        });
        let (line, below) = rest.split_at(fit.count().max(1));
        for row in 0..line.iter().map(Vec::len).max().unwrap_or(0) {
            let parts = line.iter().map(|block| {
                let columns = wide(block);
                format!("{:columns$}", block.get(row).map_or("", String::as_str))
            });
            text.push_str(parts.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end());
            text.push('\n');
        }
        text.push('\n');
        rest = below;
    }
    text
}

/// The lines of an image of an even number of rows, each `columns` characters.
pub(crate) fn rows(pixels: &[u8], columns: usize, ascii: bool) -> Vec<String> {
    let draw = if ascii { ramp } else { half_block };
    let line = |two: &[u8]| {
        let (upper, lower) = two.split_at(columns);
        upper.iter().zip(lower).map(|(&upper, &lower)| draw(upper, lower)).collect()
    };
    pixels.chunks_exact(2 * columns).map(line).collect()
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
