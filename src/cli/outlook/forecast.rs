//! `aiusage forecast`.

use aiusage_client::{Client, Forecast};
use chrono_tz::Tz;
use clap::Args;

use super::note;
use super::scope::FilterArgs;
use crate::cli::figures::{dollars, range};
use crate::cli::output::{Column, Output};
use crate::cli::times;

/// What the current month will come to, with an interval
#[derive(Debug, Args)]
pub(in crate::cli) struct ForecastArgs {
    #[command(flatten)]
    filter: FilterArgs,

    /// Time zone of days [default: the reporting time zone of the service]
    #[arg(long, value_name = "ZONE", value_parser = times::zone)]
    time_zone: Option<Tz>,
}

/// Asks and shows.
pub(in crate::cli) async fn run(
    args: ForecastArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<()> {
    let zone = args.time_zone.map_or("", Tz::name);
    let forecast = client.get_forecast(args.filter.scope().time_zone(zone)).await?;
    if output.is_json() {
        output.json(&forecast);
    } else {
        output.text(&show(&forecast, output));
    }
    Ok(())
}

fn show(forecast: &Forecast, output: &Output) -> String {
    let when = range(forecast.range, &forecast.time_zone);
    let mut text = format!("{}\n\n", output.strong(&when));
    text += &format!("Spent so far  {}\n", dollars(forecast.spent));
    text += &format!("Expected      {}\n", dollars(forecast.expected));
    text += &match forecast.low.zip(forecast.high) {
        Some((low, high)) => {
            format!("Four of five  {} to {}\n", dollars(low), dollars(high))
        }
        None => {
            "\nLess than a week of history: nobody can say how far this may be off.\n".to_owned()
        }
    };
    if !forecast.days.is_empty() {
        let rows = forecast.days.iter().map(|day| [day.day.clone(), dollars(day.expected)]);
        let columns = [Column::Text("Day"), Column::Figure("Expected")];
        text += &format!("\n{}", output.table(columns, rows.collect()));
    }
    text += &format!("\nFrom {} days of history. {}\n", forecast.history_days, forecast.method);
    text + &note(&forecast.missing)
}

#[cfg(test)]
mod tests {
    use aiusage_client::proto;

    use super::*;
    use crate::cli::output::Color;

    fn shown(low: Option<&str>) -> String {
        let money = |amount: &str| {
            Some(proto::Money { amount: amount.to_owned(), currency_code: String::new() })
        };
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let answer = proto::GetForecastResponse {
            range: Some(proto::TimeRange {
                start_time: time(1_793_491_200),
                end_time: time(1_796_083_200),
            }),
            time_zone: "UTC".to_owned(),
            spent: money("220"),
            expected: money("305.5"),
            low: low.and_then(money),
            high: low.and_then(|_| money("400")),
            method: "By the stars.".to_owned(),
            history_days: 39,
            days: vec![proto::ForecastDay { day: "2026-11-30".to_owned(), expected: money("10") }],
            ..Default::default()
        };
        let forecast = Forecast::try_from(answer).unwrap();
        show(&forecast, &Output::new(false, Color::Never))
    }

    #[test]
    fn a_month_is_shown_with_its_interval() {
        let expected = "\
2026-11-01 to 2026-11-30 (UTC)

Spent so far  $220
Expected      $305.5
Four of five  $290 to $400

Day         Expected
2026-11-30       $10

From 39 days of history. By the stars.
";
        assert_eq!(shown(Some("290")), expected);
        assert!(shown(None).contains("Less than a week of history"));
    }
}
