//! `aiusage top`.

use aiusage_client::{Client, LogQuery, RankBy, RankedRow, Ranking, Totals};
use clap::{Args, ValueEnum};

use super::failure::Usage;
use super::figures::{count, dollars, range};
use super::log::FilterArgs;
use super::output::{Column, Output};
use super::period::RecentArgs;

/// Who and what costs most: by user, feature, model or anything else that records name
///
/// The dearest come first; what they leave comes together, so that the column of costs adds up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage top users --days 7
  aiusage top models --feature chat --limit 5
  aiusage top tag:team --month 2026-11")]
pub(super) struct TopArgs {
    /// users, features, functions, providers, models, statuses, jobs, sessions, days or
    /// tag:KEY
    #[arg(value_parser = by)]
    by: By,

    /// At most so many rows
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1_000))]
    limit: i32,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    period: RecentArgs,
}

/// What rows are by, and the title of their column.
#[derive(Debug, Clone)]
struct By(RankBy, &'static str);

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    Users,
    Features,
    Functions,
    Providers,
    Models,
    Statuses,
    Jobs,
    Sessions,
    Days,
}

fn by(text: &str) -> Result<By, String> {
    if let Some(key) = text.strip_prefix("tag:").filter(|key| !key.is_empty()) {
        return Ok(By(RankBy::Tag(key.to_owned()), "Label"));
    }
    let word = Word::from_str(text, false);
    let word = word.map_err(|_| "say users, features, models, … or tag:KEY".to_owned())?;
    Ok(match word {
        Word::Users => By(RankBy::User, "User"),
        Word::Features => By(RankBy::Feature, "Feature"),
        Word::Functions => By(RankBy::Function, "Function"),
        Word::Providers => By(RankBy::Provider, "Provider"),
        Word::Models => By(RankBy::Model, "Model"),
        Word::Statuses => By(RankBy::Status, "Status"),
        Word::Jobs => By(RankBy::Job, "Job"),
        Word::Sessions => By(RankBy::Session, "Session"),
        Word::Days => By(RankBy::Day, "Day"),
    })
}

/// Asks and shows.
pub(super) async fn run(args: TopArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    if args.filter.searches() {
        return Err(Usage("--search finds records, not sums: see aiusage log".to_owned()).into());
    }
    let query = args.filter.query().time_zone(args.period.zone_name());
    let query = args.period.period()?.into_iter().fold(query, LogQuery::period);
    let By(by, title) = args.by;
    let answer = client.rank_usage(query, by, args.limit).await?;
    if output.is_json() {
        output.json(&answer);
    } else {
        output.text(&show(&answer, title, output));
    }
    Ok(())
}

fn show(answer: &Ranking, title: &'static str, output: &Output) -> String {
    let time = range(answer.range, &answer.time_zone);
    if answer.totals.request_count == 0 {
        return format!("No records: {time}.\n");
    }
    let columns = [
        Column::Text(title),
        Column::Figure("Records"),
        Column::Figure("Tokens"),
        Column::Figure("Cost"),
        Column::Figure("%"),
    ];
    let row = |name: String, totals: &Totals, percent: &str| {
        let tokens = totals.input_tokens + totals.output_tokens;
        [name, count(totals.request_count), count(tokens), dollars(totals.cost), percent.to_owned()]
    };
    let mut rows: Vec<_> =
        answer.rows.iter().map(|one| row(name(one), &one.totals, &one.cost_percent)).collect();
    if let Some(rest) = &answer.rest {
        rows.push(row(format!("{} others", count(answer.rest_count)), rest, ""));
    }
    rows.push(row("All".to_owned(), &answer.totals, ""));
    let mut text = format!("{time}\n\n{}", output.table(columns, rows));
    if answer.totals.unpriced_count > 0 {
        text += &format!(
            "\n{} records have no cost yet: see aiusage unpriced.\n",
            count(answer.totals.unpriced_count)
        );
    }
    if !answer.coverage.explanation.is_empty() {
        text += &format!("\n{}\n", answer.coverage.explanation);
    }
    text
}

fn name(row: &RankedRow) -> String {
    match (&*row.key, &*row.display_name) {
        ("", _) => "(none)".to_owned(),
        (key, "") => key.to_owned(),
        (key, name) => format!("{key} ({name})"),
    }
}
