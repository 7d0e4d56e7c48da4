//! `aiusage log` and `aiusage failures`.

use aiusage_client::{Client, Coverage, FailureCause, LogEntry, LogQuery};
use clap::Args;

use super::figures::{count, dollars, time};
use super::output::{Column, Output};
use super::period::PeriodArgs;

/// The recorded calls, newest first
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    #[command(flatten)]
    filter: FilterArgs,

    /// Only calls that failed
    #[arg(long)]
    failed: bool,

    #[command(flatten)]
    list: ListArgs,
}

/// The calls that failed, newest first, and the messages that come most often
#[derive(Debug, Args)]
pub(super) struct FailuresArgs {
    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    list: ListArgs,
}

/// How much is shown, and of what time.
#[derive(Debug, Args)]
struct ListArgs {
    /// At most so many records
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,

    #[command(flatten)]
    period: PeriodArgs,
}

/// Which records are shown. Of a flag that is given more than once, any value will do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which records")]
pub(super) struct FilterArgs {
    /// In which this occurs: in the user, feature, session, job or error message
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// Of this user
    #[arg(long)]
    user: Vec<String>,

    /// Of this part of the product
    #[arg(long)]
    feature: Vec<String>,

    /// Of this function
    #[arg(long)]
    function: Vec<String>,

    /// Of this provider, as reported
    #[arg(long)]
    provider: Vec<String>,

    /// Of this requested model, as reported
    #[arg(long)]
    model: Vec<String>,

    /// That ended so, such as timeout
    #[arg(long)]
    status: Vec<String>,

    /// Of this background job
    #[arg(long)]
    job: Vec<String>,

    /// Of this session
    #[arg(long)]
    session: Vec<String>,

    /// With this label; of several, with all
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    tag: Vec<(String, String)>,

    /// That the application's own cache answered
    #[arg(long)]
    cached: bool,

    /// Without a cost
    #[arg(long)]
    unpriced: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("must be a label such as team=red")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl FilterArgs {
    /// Whether a text is searched for, which only lists of records can.
    pub(super) fn searches(&self) -> bool {
        self.search.is_some()
    }

    pub(super) fn query(self) -> LogQuery {
        type AddTo = fn(LogQuery, String) -> LogQuery;
        let lists: [(Vec<String>, AddTo); 8] = [
            (self.user, LogQuery::user),
            (self.feature, LogQuery::feature),
            (self.function, LogQuery::function),
            (self.provider, LogQuery::provider),
            (self.model, LogQuery::model),
            (self.status, LogQuery::status),
            (self.job, LogQuery::job),
            (self.session, LogQuery::session),
        ];
        let mut query = LogQuery::new().search(self.search.unwrap_or_default());
        for (values, add) in lists {
            query = values.into_iter().fold(query, add);
        }
        for (key, value) in self.tag {
            query = query.tag(key, value);
        }
        query = if self.cached { query.cached(true) } else { query };
        if self.unpriced { query.unpriced(true) } else { query }
    }
}

impl ListArgs {
    fn of(&self, query: LogQuery) -> anyhow::Result<LogQuery> {
        let query = query.period(self.period.period()?).time_zone(self.period.zone_name());
        Ok(query.page_size(i32::try_from(self.limit.clamp(1, 1_000))?))
    }
}

/// What pages have come to.
struct Listed {
    records: Vec<LogEntry>,
    causes: Vec<FailureCause>,
    coverage: Option<Coverage>,
    /// Whether there are more.
    more: bool,
}

/// Asks page by page until there is enough, and shows it.
pub(super) async fn run(args: LogArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = args.filter.query();
    let query = args.list.of(if args.failed { query.failed(true) } else { query })?;
    let page = async |token| {
        let page = client.list_usage(query.clone().page_token(token)).await?;
        Ok((page.records, Vec::new(), page.coverage, page.next_page_token))
    };
    let listed = list(args.list.limit, page).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "records": listed.records, "more": listed.more }));
    } else {
        output.text(&show(&listed, output));
    }
    Ok(())
}

/// The same for failures, and what they have in common.
pub(super) async fn run_failures(
    args: FailuresArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let query = args.list.of(args.filter.query())?;
    let page = async |token| {
        let page = client.list_failures(query.clone().page_token(token)).await?;
        Ok((page.records, page.causes, page.coverage, page.next_page_token))
    };
    let listed = list(args.list.limit, page).await?;
    if output.is_json() {
        let Listed { records, causes, more, .. } = &listed;
        output.json(&serde_json::json!({ "causes": causes, "records": records, "more": more }));
    } else {
        output.text(&(show_causes(&listed.causes, output) + &show(&listed, output)));
    }
    Ok(())
}

/// A page, as far as it is shown: records, causes, coverage and the next token.
type Page = (Vec<LogEntry>, Vec<FailureCause>, Coverage, String);

async fn list(
    limit: usize,
    ask: impl AsyncFn(String) -> Result<Page, aiusage_client::Error>,
) -> Result<Listed, aiusage_client::Error> {
    let mut listed =
        Listed { records: Vec::new(), causes: Vec::new(), coverage: None, more: false };
    let mut token = String::new();
    loop {
        let (records, causes, coverage, next) = ask(token).await?;
        listed.records.extend(records);
        listed.causes.extend(causes);
        listed.coverage.get_or_insert(coverage);
        listed.more = !next.is_empty() || listed.records.len() > limit;
        if next.is_empty() || listed.records.len() >= limit {
            listed.records.truncate(limit);
            return Ok(listed);
        }
        token = next;
    }
}

fn show(listed: &Listed, output: &Output) -> String {
    let missing = listed.coverage.as_ref().map(|coverage| coverage.explanation.as_str());
    let missing = missing.filter(|text| !text.is_empty()).map(|text| format!("\n{text}\n"));
    let missing = missing.unwrap_or_default();
    if listed.records.is_empty() {
        return format!("No records.\n{missing}");
    }
    let columns = [
        Column::Text("Time"),
        Column::Text("User"),
        Column::Text("Feature"),
        Column::Text("Model"),
        Column::Figure("Tokens in"),
        Column::Figure("out"),
        Column::Figure("Cost"),
        Column::Text("Status"),
        Column::Text("Record"),
    ];
    let row = |entry: &LogEntry| {
        [
            time(entry.event_time),
            entry.user_id.clone(),
            entry.feature.clone(),
            if entry.model.is_empty() { &entry.response_model } else { &entry.model }.clone(),
            entry.input_tokens.map(count).unwrap_or_default(),
            entry.output_tokens.map(count).unwrap_or_default(),
            entry.cost.map_or_else(|| "unknown".to_owned(), dollars),
            entry.status.clone(),
            entry.record_id.to_string(),
        ]
    };
    let mut text = output.table(columns, listed.records.iter().map(row).collect());
    if listed.more {
        text +=
            "\nThere are more: ask for them with --limit, or for fewer with a narrower question.\n";
    }
    text + &missing
}

fn show_causes(causes: &[FailureCause], output: &Output) -> String {
    if causes.is_empty() {
        return String::new();
    }
    let columns = [
        Column::Figure("Records"),
        Column::Text("Status"),
        Column::Text("Message"),
        Column::Text("Last"),
    ];
    let row = |cause: &FailureCause| {
        [
            count(cause.request_count),
            cause.status.clone(),
            first_line(&cause.error_message),
            time(cause.last_event_time),
        ]
    };
    output.table(columns, causes.iter().map(row).collect()) + "\n"
}

/// The first line of a message, so that a table keeps its rows.
fn first_line(message: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let line = message.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(SHOWN_MAX).collect();
    if shown.len() < message.len() { shown + " …" } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_in_one_line() {
        assert_eq!(first_line("slow"), "slow");
        assert_eq!(first_line("took\ntoo long"), "took …");
        assert_eq!(first_line(&"x".repeat(200)), "x".repeat(80) + " …");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn a_label_has_a_key() {
        assert_eq!(pair("team=red=blue"), Ok(("team".into(), "red=blue".into())));
        assert_eq!(pair("team="), Ok(("team".into(), String::new())));
        assert!(pair("=red").is_err() && pair("red").is_err());
    }
}
