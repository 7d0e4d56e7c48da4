//! A repricing that is followed to its end, over streams that may break.

use std::fmt;
use std::time::Duration;

use tonic::{Status, Streaming};

use super::report::RepricingReport;
use crate::client::Authorized;
use crate::error::Error;
use crate::proto;
use crate::proto::cost_service_client::CostServiceClient;
use crate::retry::Patience;

/// How long a stream without any answer is opened again and again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A repricing under way: each [`next`](RepricingRun::next) says how far it is.
///
/// When the service goes away, the request is sent again with the same id, and
/// follows the work that was begun. The work also goes on when this is dropped.
pub struct RepricingRun {
    costs: CostServiceClient<Authorized>,
    address: String,
    request: proto::RepriceUsageRequest,
    stream: Option<Streaming<proto::RepriceUsageResponse>>,
    patience: Patience,
    ended: bool,
}

impl RepricingRun {
    pub(super) fn new(
        costs: CostServiceClient<Authorized>,
        address: String,
        request: proto::RepriceUsageRequest,
    ) -> Self {
        Self {
            costs,
            address,
            request,
            stream: None,
            patience: Patience::new(PATIENCE),
            ended: false,
        }
    }

    /// Waits for the next report; the last one says that it is done, and has the
    /// difference where that can be summed up in time. `None` after it.
    ///
    /// # Errors
    ///
    /// When the service ended the stream for another reason than being away, or
    /// stayed away longer than 30 s.
    pub async fn next(&mut self) -> Result<Option<RepricingReport>, Error> {
        while !self.ended {
            match self.step().await {
                Ok(answer) => {
                    self.patience.renew();
                    self.ended = answer.repricing.as_ref().is_some_and(|run| run.done);
                    let report = RepricingReport::from_proto(answer.repricing, answer.difference);
                    return Ok(Some(report?));
                }
                Err(status) => {
                    self.stream = None;
                    let given_up = |status| Error::from_status(&status, &self.address);
                    self.patience.wait(status).await.map_err(given_up)?;
                }
            }
        }
        Ok(None)
    }

    /// Goes on to the end and answers the last report.
    ///
    /// # Errors
    ///
    /// As [`RepricingRun::next`].
    pub async fn finish(mut self) -> Result<RepricingReport, Error> {
        loop {
            if let Some(report) = self.next().await?
                && report.repricing.done
            {
                return Ok(report);
            }
        }
    }

    async fn step(&mut self) -> Result<proto::RepriceUsageResponse, Status> {
        if self.stream.is_none() {
            let opened = self.costs.reprice_usage(self.request.clone()).await?;
            self.stream = Some(opened.into_inner());
        }
        let stream = self.stream.as_mut().expect("opened above");
        let early = || Status::unavailable("the stream ended before the repricing did");
        stream.message().await?.ok_or_else(early)
    }
}

impl fmt::Debug for RepricingRun {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RepricingRun")
            .field("address", &self.address)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
