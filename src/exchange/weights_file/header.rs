//! The header of a safetensors file, checked in full before any data is read.
//!
//! A file is 8 bytes with the header's length, least significant first, the header as a JSON object, and the data. The
//! crate `safetensors` checks that tensors have neither gaps nor overlaps and have the length of their shapes. But it needs
//! the whole file in memory and keeps the last of two tensors of one name; so this module reads the header itself, with
//! bounded memory, and refuses duplicate names.

use crate::error::ModelError;
use crate::error::of_serde;
use crate::format::typed_count;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// The longest header that is read, in bytes. The largest network needs some kilobytes; the rest is for metadata
/// of other programs.
const LONGEST_HEADER: u64 = 1 << 20;
/// Bytes of the header's length.
const LENGTH_BYTES: u64 = 8;
/// Most names in a message, and characters of a name or a parser's error: a file must not flood a terminal.
const SHOWN_NAMES: usize = 12;
const SHOWN_CHARACTERS: usize = 200;

/// What a file declares to hold; its data has the sum of the tensors' bytes.
pub(super) struct Header<'a> {
    metadata: Metadata,
    /// The file, for messages.
    pub(super) path: &'a Path,
}

impl<'a> Header<'a> {
    /// Reads the header and leaves `file`, of `length` bytes, at the first byte of data.
    ///
    /// # Errors
    /// [`ModelError::Format`], [`ModelError::Read`]. Memory is bounded by [`LONGEST_HEADER`] whatever the file says.
    pub(super) fn read(file: &mut impl Read, length: u64, path: &'a Path) -> Result<Self, ModelError> {
        let wrong = |detail: String| ModelError::Format { path: path.to_path_buf(), detail };
        let after_length = length.checked_sub(LENGTH_BYTES).ok_or_else(|| {
            let found = typed_count(length as usize, "byte");
            wrong(format!("it has {found}, expected at least the {LENGTH_BYTES} of a header's length"))
        })?;
        let failed = |cause| ModelError::Read { path: path.to_path_buf(), cause };
        let mut length_bytes = [0; LENGTH_BYTES as usize];
        file.read_exact(&mut length_bytes).map_err(failed)?;
        let header_length = u64::from_le_bytes(length_bytes);
        if header_length > LONGEST_HEADER {
            return Err(wrong(match other_kind(length_bytes) {
                Some(kind) => format!("it begins like {kind}"),
                None => {
                    format!("its header would have {header_length} bytes, expected at most {LONGEST_HEADER}")
                }
            }));
        }
        let data_length = after_length.checked_sub(header_length).ok_or_else(|| {
            let header = typed_count(header_length as usize, "byte");
            wrong(format!("its header would have {header}, but only {after_length} follow"))
        })?;
        let mut text = vec![0; header_length as usize];
        file.read_exact(&mut text).map_err(failed)?;
        let not_json = |error: serde_json::Error| wrong(printable(&of_serde(&error.to_string())));
        serde_json::from_slice::<UniqueNames>(&text).map_err(not_json)?;
        let metadata: Metadata = serde_json::from_slice(&text).map_err(not_json)?;
        let expected = metadata.data_len() as u64;
        if data_length != expected {
            let tensors = typed_count(metadata.data_len(), "byte");
            return Err(wrong(format!("its tensors take {tensors}, but {data_length} follow the header")));
        }
        Ok(Self { metadata, path })
    }

    /// Reads all that follows the header.
    ///
    /// # Errors
    /// [`ModelError::Read`], also when memory is short or the file has become shorter.
    pub(super) fn read_data(&self, file: &mut impl Read) -> Result<Vec<u8>, ModelError> {
        let failed = |cause| ModelError::Read { path: self.path.to_path_buf(), cause };
        let mut data = Vec::new();
        data.try_reserve_exact(self.metadata.data_len()).map_err(|error| failed(error.into()))?;
        data.resize(self.metadata.data_len(), 0);
        file.read_exact(&mut data).map_err(failed)?;
        Ok(data)
    }

    /// The error for a file that is not of a network.
    pub(super) fn wrong(&self, problem: String) -> ModelError {
        ModelError::Network { path: self.path.to_path_buf(), problem }
    }

    pub(super) fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.metadata.info(name)
    }

    /// The names of all tensors, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = self.metadata.offset_keys();
        names.sort_unstable();
        names
    }
}

/// Some names for a message.
pub(super) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "no tensors".into();
    }
    let mut text: Vec<String> = names.iter().take(SHOWN_NAMES).map(|name| printable(name)).collect();
    if names.len() > SHOWN_NAMES {
        text.push(format!("and {} more", names.len() - SHOWN_NAMES));
    }
    text.join(", ")
}

/// Text of a stranger, fit for a terminal: no control characters, not too long.
pub(super) fn printable(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    let mut short: String = plain.clone().take(SHOWN_CHARACTERS).collect();
    if plain.count() > SHOWN_CHARACTERS {
        short.push_str("...");
    }
    short
}

/// A JSON object in which no name stands twice. Of two, other readers of the same file may take the other one.
struct UniqueNames;

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueNames)
    }
}

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object of tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if let Some(name) = names.replace(name) {
                return Err(serde::de::Error::custom(format!("the name `{name}` occurs twice")));
            }
        }
        Ok(self)
    }
}

/// The kind of a file that is not safetensors, by its first bytes.
fn other_kind(bytes: [u8; LENGTH_BYTES as usize]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("a PNG picture"),
        [0xff, 0xd8, 0xff, ..] => Some("a JPEG picture"),
        [0x89, b'H', b'D', b'F', ..] => {
            Some("an HDF5 file, such as Keras's .weights.h5: store the weights as safetensors")
        }
        [b'P', b'K', 3, 4, ..] => {
            Some("a zip archive, such as torch.save's: store the weights as safetensors")
        }
        [b'{' | b'[', ..] => Some("a JSON file"),
        // The field ir_version of an ONNX model, and the next one's tag.
        [0x08, _, 0x12 | 0x3a, ..] => Some("an ONNX model, which is written here and not read"),
        _ => None,
    }
}
