//! `--instructions` of `train` and `bench`.

use crate::lstm_op::instructions;
use anyhow::bail;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use lstm_kernel::Tier;

/// The vector instructions that the kernel may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Instructions {
    /// The fastest that this processor has
    Auto,
    /// AVX-512
    Avx512,
    /// AVX2: the same results as with AVX-512, slower
    Avx2,
    /// No vector instructions beyond those of every processor: other last digits, much slower
    Plain,
}

impl Instructions {
    /// Those that give the same results.
    pub fn of_training() -> impl clap::builder::TypedValueParser<Value = Self> {
        PossibleValuesParser::new(["auto", "avx512", "avx2"]).map(|name| match name.as_str() {
            "avx512" => Self::Avx512,
            "avx2" => Self::Avx2,
            _ => Self::Auto,
        })
    }

    /// Makes this process use no faster ones.
    ///
    /// # Errors
    /// If this processor lacks them.
    pub fn apply(self) -> anyhow::Result<()> {
        let (tier, name) = match self {
            Self::Auto => return Ok(()),
            Self::Avx512 => (Tier::Avx512, "avx512"),
            Self::Avx2 => (Tier::Avx2, "avx2"),
            Self::Plain => (Tier::Plain, "plain"),
        };
        if !tier.is_available() {
            bail!(
                "--instructions {name}: this processor lacks them; the fastest that it has: {}",
                instructions()
            );
        }
        tier.limit();
        Ok(())
    }
}
