//! `aiusage prices convert`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::super::output::Output;
use crate::pricing::file::write::write_directory;
use crate::pricing::sync::genai_prices;

/// Turn the data file of genai-prices into a folder of TOML files, one a provider
///
/// The same input gives the same files, to the byte.
#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// The data file of genai-prices
    #[arg(value_name = "DATA.json")]
    data: PathBuf,

    /// Version of genai-prices that the file is from
    #[arg(long, value_name = "VERSION")]
    data_version: String,

    /// Write the TOML files here
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Converts.
pub(super) fn run(args: &ConvertArgs, output: &Output) -> anyhow::Result<()> {
    let data = std::fs::read_to_string(&args.data)
        .with_context(|| format!("cannot read {}", args.data.display()))?;
    let catalogue = genai_prices::convert(&data, &args.data_version)?;
    write_directory(&catalogue, &args.to)
        .with_context(|| format!("cannot write to {}", args.to.display()))?;
    let models = catalogue.models().count();
    let providers = catalogue.providers().len();
    output.text(&format!(
        "{models} models of {providers} providers written to {}\n",
        args.to.display()
    ));
    Ok(())
}
