//! Files that were damaged, or made to harm: an error each, never a panic, and no memory on a file's word.

use super::{from_bytes, refusal, weights};
use crate::error::ModelError;
use crate::exchange::weights_file::{WeightsLayout, to_bytes, to_bytes_in};
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;

fn read(bytes: &[u8]) -> Result<crate::model::ModelWeights, ModelError> {
    from_bytes(bytes, Path::new("hostile.safetensors"))
}

/// A file of this header and so many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn said_of(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err();
    assert!(matches!(error, ModelError::Format { .. }), "{error:?}");
    error.to_string()
}

fn tensor(shape: &str, offsets: [u64; 2]) -> String {
    format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{},{}]}}"#, offsets[0], offsets[1])
}

#[test]
fn a_file_cut_short_or_prolonged_anywhere_is_refused() {
    let bytes = to_bytes(&weights());
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(
        said_of(&longer).contains("its tensors take 1120 bytes, but 1121 follow the header"),
        "{}",
        said_of(&longer)
    );
}

#[test]
fn a_header_length_beyond_the_file_or_any_network_is_refused() {
    for length in [1 << 20, (1 << 20) + 1, 100_000_000, 1 << 40, u64::MAX - 7, u64::MAX] {
        let mut bytes = to_bytes(&weights());
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        assert!(said_of(&bytes).contains(&format!("its header would have {length} bytes, ")));
    }
    assert!(said_of(&[0; 7]).contains("it has 7 bytes, expected at least the 8 of a header's length"));
}

#[test]
fn a_header_that_is_no_object_of_tensors_is_refused() {
    for header in ["", "{", "[]", "null", "{}x", "\u{0}", "not JSON", r#"{"a":1}"#, r#"{"a":{}}"#] {
        said_of(&file(header, 0));
    }
    let mut not_text = file("xx", 0);
    not_text[8..].copy_from_slice(&[0xff, 0xfe]);
    said_of(&not_text);
    said_of(&file(&"[".repeat(100_000), 0));
    said_of(&file(&format!(r#"{{"a":{}}}"#, r#"{"a":"#.repeat(50_000)), 0));
    let colours =
        format!(r#"{{"a":{{"dtype":"\u001b[31m{}","shape":[],"data_offsets":[0,4]}}}}"#, "x".repeat(9_000));
    let message = said_of(&file(&colours, 4));
    assert!(message.len() < 1_000 && !message.contains('\u{1b}'), "{message}");
    let empty = read(&file("{}", 0)).unwrap_err().to_string();
    assert!(
        empty.contains("has no tensor `lstm.weight_ih_l0`") && empty.contains("it holds no tensors"),
        "{empty}"
    );
}

#[test]
fn overlapping_distant_and_overflowing_offsets_are_refused() {
    let two = |first: [u64; 2], second: [u64; 2], data: usize| {
        let header = format!(r#"{{"a":{},"b":{}}}"#, tensor("[2]", first), tensor("[2]", second));
        said_of(&file(&header, data))
    };
    two([0, 8], [4, 12], 12); // overlapping
    two([0, 8], [0, 8], 8); // the same bytes twice
    two([0, 8], [16, 24], 24); // a gap between them
    two([8, 0], [8, 16], 16); // backwards
    two([0, 8], [u64::MAX - 8, u64::MAX], 16);
    assert!(two([0, 8], [8, 16], 8).contains("its tensors take 16 bytes, but 8 follow the header"));
}

#[test]
fn shapes_whose_size_overflows_are_refused() {
    let one = |shape: &str, offsets| said_of(&file(&format!(r#"{{"a":{}}}"#, tensor(shape, offsets)), 8));
    one("[18446744073709551615,2]", [0, 8]);
    one("[4611686018427387904]", [0, 8]);
    one("[4611686018427387904,4]", [0, 0]);
    one("[18446744073709551616]", [0, 8]);
    one("[-1]", [0, 8]);
    one("[0.5]", [0, 8]);
}

#[test]
fn sizes_whose_sum_overflows_are_refused() {
    // Side by side, each as long as it says, and together just below 2^64 bytes: with the header's length it is beyond.
    let piece = 1 << 60;
    let tensors = (0..16u64).map(|index| {
        let (start, end) = (index * piece, if index == 15 { u64::MAX } else { (index + 1) * piece });
        format!(r#""t{index:02}":{{"dtype":"U8","shape":[{}],"data_offsets":[{start},{end}]}}"#, end - start)
    });
    let header = format!("{{{}}}", tensors.collect::<Vec<_>>().join(","));
    let message = said_of(&file(&header, 1));
    assert!(
        message.contains("its tensors take 18446744073709551615 bytes, but 1 follow the header"),
        "{message}"
    );
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let bytes = to_bytes(&weights());
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap().trim_end();
    let one = header.split_once("\"lstm.weight_ih_l0\":").unwrap().1.split_once('}').unwrap().0;
    // Said twice with the same content, the data still fits: only the name is wrong.
    let doubled = format!("{},\"lstm.weight_ih_l0\":{one}}}}}", &header[..header.len() - 1]);
    let mut file = file(&doubled, 0);
    file.extend(&bytes[8 + length..]);
    assert!(said_of(&file).contains("the name `lstm.weight_ih_l0` occurs twice"), "{}", said_of(&file));
}

#[test]
fn a_network_of_too_many_layers_is_refused_before_it_is_read() {
    let message = refusal(WeightsLayout::Pytorch, |tensors| {
        for layer in 2..100 {
            tensors.push(super::Stored::new(&format!("lstm.weight_ih_l{layer}"), &[12, 3]));
        }
    });
    assert!(message.contains("of 100 layers, expected at most 16"), "{message}");
}

#[test]
fn a_network_beyond_all_bounds_is_refused_before_it_is_read() {
    // 400 MB that take no room on the disk, of a header that is right but for the number of units.
    let layer = |name: &str, sizes: [u64; 2], start: u64| {
        let end = start + 4 * sizes[0] * sizes[1];
        (format!(r#""{name}":{}"#, tensor(&format!("{sizes:?}"), [start, end])), end)
    };
    let (input, end) = layer("lstm.weight_ih_l0", [20_000, 28], 0);
    let (recurrent, end) = layer("lstm.weight_hh_l0", [20_000, 5_000], end);
    let (head, end) = layer("head.weight", [10, 5_000], end);
    let bytes = file(&format!("{{{input},{recurrent},{head}}}"), 0);
    let mut sparse = tempfile::NamedTempFile::new().unwrap();
    sparse.write_all(&bytes).unwrap();
    sparse.as_file().set_len(bytes.len() as u64 + end).unwrap();
    let message = super::read(sparse.path()).unwrap_err().to_string();
    assert!(message.contains("of 5000 units, expected at most 4096"), "{message}");
}

proptest! {
    #[test]
    fn changed_bytes_give_a_network_or_an_error_but_never_a_panic(
        keras in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        in_header in any::<bool>(),
        length in any::<prop::sample::Index>(),
        cut in prop::bool::weighted(0.3),
    ) {
        let layout = if keras { WeightsLayout::Keras } else { WeightsLayout::Pytorch };
        let mut bytes = to_bytes_in(layout, &weights());
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for (place, value) in &changes {
            let place = place.index(if in_header { header } else { bytes.len() });
            bytes[place] = *value;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Ok(read) = read(&bytes) {
            prop_assert!(read.tensors().flatten().all(|value| value.is_finite()) && !(cut && changes.is_empty()));
            prop_assert_eq!(read.tensors().map(<[f32]>::len).sum::<usize>(), read.shape.parameters());
        }
    }
}
