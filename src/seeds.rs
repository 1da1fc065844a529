//! Named random generators, all derived from the one seed of a run.
//!
//! Owns how a (seed, name, indices) triple becomes a generator. What is drawn from it (initial weights, shuffles,
//! augmentation) belongs to the callers. Each uses its own name, so that a new use of randomness, or more numbers drawn
//! in one place, change nothing elsewhere. There is no global generator.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Separates these generators from any other use of the same hash; changing it changes every run.
const DOMAIN: &[u8] = b"rowlstm generator v1";

/// The generator for one purpose: the same arguments give the same numbers on every platform, different
/// arguments give independent streams.
///
/// * `seed`: the seed of the run.
/// * `name`: the purpose, such as `"shuffle"`.
/// * `indices`: which one of a family, such as `[epoch]`; may be empty.
///
/// The 256-bit ChaCha key is the SHA-256 of these fields in this order, integers as 8 bytes, least
/// significant first:
///
/// ```text
/// "rowlstm generator v1" | seed | bytes in name | name in UTF-8 | number of indices | each index
/// ```
///
/// The lengths make the encoding unambiguous: no two different triples hash the same bytes.
pub fn generator(seed: u64, name: &str, indices: &[u64]) -> ChaCha8Rng {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update(seed.to_le_bytes());
    hasher.update((name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update((indices.len() as u64).to_le_bytes());
    for index in indices {
        hasher.update(index.to_le_bytes());
    }
    ChaCha8Rng::from_seed(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    fn first(seed: u64, name: &str, indices: &[u64]) -> u64 {
        generator(seed, name, indices).next_u64()
    }

    #[test]
    fn each_part_of_the_triple_changes_the_stream() {
        let streams = [
            first(1, "shuffle", &[2]),
            first(2, "shuffle", &[2]),
            first(1, "augment", &[2]),
            first(1, "shuffle", &[3]),
            first(1, "shuffle", &[2, 0]),
            first(1, "shuffle", &[]),
            first(1, "shuffl", &[2]),
            first(1, "", &[2]),
        ];
        for (i, a) in streams.iter().enumerate() {
            assert!(!streams[i + 1..].contains(a), "stream {i} occurs twice: {streams:x?}");
        }
    }

    #[test]
    fn the_key_is_the_documented_hash() {
        // le() { printf "%016x" $1 | fold -w2 | tac | tr -d '\\n'; } (printf 'rowlstm generator v1' | xxd -p;
        // le 42; le 7; printf shuffle | xxd -p; le 2; le 3; le 258) |
        //     xxd -r -p | sha256sum
        let expected = "bc1f2c87f03071d632a31b3f00bb6e4c0d7c584898e93331a20adf6bf1a33cbf";
        let key = generator(42, "shuffle", &[3, 258]).get_seed();
        assert_eq!(key.map(|byte| format!("{byte:02x}")).concat(), expected);
    }

    #[test]
    fn numbers_do_not_change_between_versions() {
        // The key stream of ChaCha8 for a 256-bit key and nonce of zeros:
        // draft-strombergson-chacha-test-vectors-01, TC1. It holds for rand_chacha on every platform.
        let mut zero = ChaCha8Rng::from_seed([0; 32]);
        let mut bytes = [0; 8];
        zero.fill_bytes(&mut bytes);
        assert_eq!(bytes, [0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]);
        // Printed by this code when it was written: a change here changes the results of every run.
        let first_of = |name| first(1, name, &[0]);
        assert_eq!([first_of("shuffle"), first_of("augment")], [7878590880265071136, 11690431165580585393]);
    }

    #[test]
    fn the_same_triple_gives_the_same_numbers() {
        assert_eq!(first(7, "weights", &[1, 2]), first(7, "weights", &[1, 2]));
    }
}
