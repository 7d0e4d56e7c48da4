//! `ExportService`: the log or a report, as a file that is written while it is sent.

mod file;
mod records;
mod reports;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::analytics::Analytics;
use super::auth::{self, Caller};
use super::pb;
use super::pb::export_request::Report;
use super::pb::export_service_server::ExportService;
use super::status::{Error, Refused};
use crate::domain::violation::Violations;
use crate::export::{Format, Writer};
use file::{File, Rows};

/// How many files are written at once.
pub(super) const EXPORTS_MAX: usize = 4;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Exports {
    /// Answers the questions that reports are made of.
    pub(super) analytics: Analytics,
    /// Files that may still be begun.
    pub(super) places: Arc<Semaphore>,
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
        Ok(Response::new(Box::pin(file.stream())))
    }
}

impl Exports {
    async fn begin(&self, caller: Caller, request: pb::ExportRequest) -> Result<File, Error> {
        let full = Refused::LimitReached { what: "exports at once", max: EXPORTS_MAX };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| full)?;
        let (format, report) = read(request)?;
        let (name, table, total) = match report {
            Report::Usage(asked) => records::table(&self.analytics, caller, asked).await?,
            Report::Breakdown(asked) => {
                let answer = self.analytics.breakdown(caller, asked.clone()).await?;
                reports::breakdown(&asked, &answer)
            }
            Report::TimeSeries(asked) => {
                let answer = self.analytics.time_series(caller, asked.clone()).await?;
                reports::time_series(&asked, &answer)
            }
            Report::TopUsers(asked) => {
                reports::top_users(&self.analytics.top(caller, asked).await?)
            }
            Report::UnitEconomics(asked) => {
                reports::unit_economics(&self.analytics.economics(caller, asked).await?)
            }
        };
        if let Some(max) = format.rows_max().filter(|max| total > *max) {
            let max = usize::try_from(max).expect("a million fits");
            return Err(Refused::LimitReached { what: "rows of an Excel file", max }.into());
        }
        let writer = Writer::new(format, table.columns).map_err(file::unwritable)?;
        let file_name = format!("{name}.{}", format.extension());
        Ok(File::new(writer, table.rows, file_name, total, place))
    }
}

/// The columns of a file and where its rows come from.
struct Table {
    columns: Vec<crate::export::Column>,
    rows: Rows,
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
            "is required: usage, breakdown, time_series, top_users or unit_economics",
        );
    }
    violations.into_result()?;
    Ok((format, request.report.expect("its absence was noted")))
}
