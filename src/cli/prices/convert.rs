//! `aiusage prices convert`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::super::output::Output;
use crate::pricing::file::write::write_directory;
use crate::pricing::sync::{Format, Listing, Refused, guard};

/// How many of the reasons are told.
const REASONS: usize = 20;

/// Turn a price list into a folder of TOML files, one a provider
///
/// Reads the data files of genai-prices and litellm, this service's own TOML, and
/// tables of rates as CSV or JSON. The same input gives the same files, to the byte.
/// Models that cannot be priced are left out and counted by reason; prices that are
/// hard to believe are named.
#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// The price list
    #[arg(value_name = "FILE")]
    data: PathBuf,

    /// Its form: genai-prices, litellm, toml, csv or json. By default it is told from
    /// the file
    #[arg(long, value_name = "FORM")]
    format: Option<Format>,

    /// Its version, such as that of the package it is from
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
    let format = args.format.or_else(|| Format::detect(&args.data.to_string_lossy(), &data));
    let format = format.context("the form of the price list is not known: give --format")?;
    let listing = Listing::read(format, &data, &args.data_version)?;
    let told = told(&listing);
    write(listing, &args.to, output)?;
    output.text(&told);
    Ok(())
}

fn write(listing: Listing, to: &Path, output: &Output) -> anyhow::Result<()> {
    let catalogue = listing.into_catalogue()?;
    write_directory(&catalogue, to).with_context(|| format!("cannot write to {}", to.display()))?;
    let models = catalogue.models().count();
    let providers = catalogue.providers().len();
    output.text(&format!("{models} models of {providers} providers written to {}\n", to.display()));
    Ok(())
}

/// What was left out and what is hard to believe; nothing where all is well.
fn told(listing: &Listing) -> String {
    let mut text = String::new();
    if listing.skipped > 0 {
        line(&mut text, &format!("{} without a price, or named twice", listing.skipped));
    }
    for (reason, count) in reasons(&listing.refused).into_iter().take(REASONS) {
        line(&mut text, &format!("{count} refused: {reason}"));
    }
    for provider in &listing.providers {
        for model in &provider.models {
            for reason in guard::implausible(model) {
                line(&mut text, &format!("doubtful: {}/{}: {reason}", provider.key, model.key));
            }
        }
    }
    text
}

/// Reasons and how often they keep a model out, the most frequent first.
fn reasons(refused: &[Refused]) -> Vec<(&str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    refused.iter().for_each(|refused| *counts.entry(&refused.reason).or_default() += 1);
    let mut reasons: Vec<_> = counts.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    reasons
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes anything");
}
