//! Flags that say what call is planned, as far as budgets tell calls apart.

use aiusage_client::{BudgetCheck, Reserve};
use clap::Args;

use crate::cli::record::pair;
use crate::cli::usage::UsageArgs;

/// The planned call: the same as its record will say.
#[derive(Debug, Args)]
#[command(next_help_heading = "The call")]
pub(super) struct PlannedArgs {
    /// The part of the product that makes it
    #[arg(long, default_value = "", hide_default_value = true)]
    feature: String,

    /// The AI provider
    #[arg(long, default_value = "", hide_default_value = true)]
    provider: String,

    /// The requested model
    #[arg(long, default_value = "", hide_default_value = true)]
    model: String,

    /// The background job that it belongs to
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    job: String,

    /// A free label
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,

    /// A term that the price depends on, such as service_tier=flex
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    price_context: Vec<(String, String)>,

    #[command(flatten)]
    usage: UsageArgs,
}

impl PlannedArgs {
    /// Whether it says what the call is expected to use.
    pub(super) fn is_measured(&self) -> bool {
        self.usage.clone().measured().is_some()
    }

    /// Whether the call fits.
    pub(super) fn check(self, check: BudgetCheck) -> BudgetCheck {
        let check = check.feature(self.feature).model(self.provider, self.model).job_id(self.job);
        let check = self.tags.into_iter().fold(check, |check, (key, v)| check.tag(key, v));
        let context = self.price_context.into_iter();
        let check = context.fold(check, |check, (key, v)| check.price_context(key, v));
        match self.usage.measured() {
            Some(usage) => check.expected_usage(usage),
            None => check,
        }
    }

    /// What is to be set aside for the call.
    pub(super) fn reserve(self, reserve: Reserve) -> Reserve {
        let reserve =
            reserve.feature(self.feature).model(self.provider, self.model).job_id(self.job);
        let reserve = self.tags.into_iter().fold(reserve, |reserve, (key, v)| reserve.tag(key, v));
        let context = self.price_context.into_iter();
        let reserve = context.fold(reserve, |reserve, (key, v)| reserve.price_context(key, v));
        match self.usage.measured() {
            Some(usage) => reserve.expected_usage(usage),
            None => reserve,
        }
    }
}
