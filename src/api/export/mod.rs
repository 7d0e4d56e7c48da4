//! `ExportService`: the log or a report, as a file that is written while it is sent.

mod desk;
mod draft;
mod file;
mod records;
mod reports;
mod users;

use std::pin::Pin;

use futures_util::Stream;
use tonic::{Request, Response, Status};

use super::analytics::Analytics;
use super::auth::{self, Caller};
use super::pb;
use super::pb::export_request::Report;
use super::pb::export_service_server::ExportService;
use super::seats::Plan;
use super::status::Error;
use crate::domain::violation::Violations;
use crate::export::{Format, Writer};
pub(super) use desk::Desk;
use file::{File, Head, Rows};

/// How many files are written at once: each holds a page of the log, some megabytes, and reads
/// the next on one of the six connections for questions that read much.
pub(super) const EXPORTS: Plan = Plan { what: "exports at once", max: 6, tenant_max: 4 };

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Exports {
    /// Answers the questions that reports are made of.
    pub(super) analytics: Analytics,
    /// Files under way.
    pub(super) desk: Desk,
}

#[tonic::async_trait]
impl ExportService for Exports {
    type ExportStream = Pin<Box<dyn Stream<Item = Result<pb::ExportResponse, Status>> + Send>>;

    async fn export(
        &self,
        request: Request<pb::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let caller = auth::caller(&request)?;
        let file = self.begin(caller, request.into_inner()).await?;
        Ok(Response::new(Box::pin(self.desk.stream(file))))
    }
}

impl Exports {
    async fn begin(&self, caller: Caller, request: pb::ExportRequest) -> Result<File, Error> {
        let seat = self.desk.seat(caller.tenant.id)?;
        let (format, report) = read(request)?;
        caller.must_be_allowed(question(&report))?;
        let table = match report {
            Report::Usage(asked) => records::table(&self.analytics, caller, asked).await?,
            Report::Breakdown(asked) => {
                let answer = self.analytics.breakdown(caller, asked.clone()).await?;
                reports::breakdown(&asked, &answer)
            }
            Report::TimeSeries(asked) => {
                let answer = self.analytics.time_series(caller, asked.clone()).await?;
                reports::time_series(&asked, &answer)
            }
            Report::TopUsers(asked) => users::costs(&self.analytics, caller, asked, format).await?,
            Report::UnitEconomics(asked) => {
                users::margins(&self.analytics, caller, asked, format).await?
            }
            Report::UnitEconomicsByPlan(asked) => {
                reports::plans(&self.analytics.economics(caller, asked).await?)
            }
        };
        draft::fits(format, table.row_count)?;
        let Table { name, columns, rows, row_count, coverage } = table;
        let writer = Writer::new(format, columns).map_err(file::unwritable)?;
        let file_name = format!("{name}.{}", format.extension());
        Ok(File::new(writer, rows, Head { file_name, row_count, coverage }, seat))
    }
}

/// The method that answers what a report is made of: who may not ask gets no file either.
fn question(report: &Report) -> &'static str {
    match report {
        Report::Usage(_) => "/aiusage.v1.AnalyticsService/ListUsage",
        Report::Breakdown(_) => "/aiusage.v1.AnalyticsService/GetBreakdown",
        Report::TimeSeries(_) => "/aiusage.v1.AnalyticsService/GetTimeSeries",
        Report::TopUsers(_) => "/aiusage.v1.AnalyticsService/ListTopUsers",
        Report::UnitEconomics(_) | Report::UnitEconomicsByPlan(_) => {
            "/aiusage.v1.AnalyticsService/GetUnitEconomics"
        }
    }
}

/// What is in a file.
struct Table {
    name: &'static str,
    columns: Vec<crate::export::Column>,
    /// Where its rows come from.
    rows: Rows,
    /// How many these are; 0: nobody knows.
    row_count: i64,
    /// How far they reach.
    coverage: Option<pb::Coverage>,
}

fn read(request: pb::ExportRequest) -> Result<(Format, Report), Violations> {
    let mut violations = Violations::default();
    let format = match pb::ExportFormat::try_from(request.format) {
        Ok(pb::ExportFormat::Unspecified | pb::ExportFormat::Csv) => Format::Csv,
        Ok(pb::ExportFormat::JsonLines) => Format::JsonLines,
        Ok(pb::ExportFormat::Excel) => Format::Excel,
        Err(_) => {
            violations.add("format", "must be a format such as EXPORT_FORMAT_CSV");
            Format::Csv
        }
    };
    if request.report.is_none() {
        violations.add(
            "report",
            "is required: one of usage, breakdown, time_series, top_users, unit_economics and \
             unit_economics_by_plan",
        );
    }
    violations.into_result()?;
    Ok((format, request.report.expect("its absence was noted")))
}
