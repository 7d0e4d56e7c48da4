//! What is to come, what stands out, and what the same usage would have cost.

mod anomalies;
mod forecast;
mod invoice;
mod scope;
mod simulation;
mod suggestions;

use std::time::Duration;

pub use anomalies::{Anomalies, Anomaly, AnomalyQuery};
pub use forecast::{Forecast, ForecastDay};
pub use invoice::{GapCause, GapKind, Invoice, InvoiceComparison, InvoiceFormat, InvoiceRow};
pub use scope::UsageScope;
pub use simulation::{Simulate, Simulation, SimulationReport};
pub use suggestions::{Suggestion, SuggestionKind, Suggestions};

use crate::client::Client;
use crate::error::Error;
use crate::proto;

/// How long the service may take over questions that read much.
const PATIENCE: Duration = Duration::from_secs(30);

impl Client {
    /// What the current calendar month will come to. The period of `scope` does not count.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_forecast(&self, scope: UsageScope) -> Result<Forecast, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_forecast(request).await }
        };
        let request = scope.into_forecast();
        Ok(Forecast::try_from(self.within(PATIENCE, request, call).await?)?)
    }

    /// The days on which something cost far more or less than it does.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn list_anomalies(&self, query: AnomalyQuery) -> Result<Anomalies, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.list_anomalies(request).await }
        };
        let request = query.into_proto();
        Ok(Anomalies::try_from(self.within(PATIENCE, request, call).await?)?)
    }

    /// Where the same usage would have cost less, what saves most first.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_suggestions(&self, scope: UsageScope) -> Result<Suggestions, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_suggestions(request).await }
        };
        let (period, filter) = scope.into_proto();
        let request = proto::GetSuggestionsRequest { period, filter };
        Ok(Suggestions::try_from(self.within(PATIENCE, request, call).await?)?)
    }

    /// What recorded usage would have cost with other models or on other terms, priced
    /// record by record.
    ///
    /// # Errors
    ///
    /// Those of [`Error`]. A model without a price is an answer, not an error.
    pub async fn simulate_cost(&self, simulate: Simulate) -> Result<SimulationReport, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.simulate_cost(request).await }
        };
        let request = simulate.into_proto();
        Ok(SimulationReport::try_from(self.within(PATIENCE, request, call).await?)?)
    }

    /// Compares a provider's cost export with what was recorded.
    ///
    /// # Errors
    ///
    /// `InvalidFields` names every line that cannot be read; those of [`Error`] otherwise.
    pub async fn compare_invoice(&self, invoice: Invoice) -> Result<InvoiceComparison, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.compare_invoice(request).await }
        };
        let request = invoice.into_proto();
        Ok(InvoiceComparison::try_from(self.within(PATIENCE, request, call).await?)?)
    }
}

/// What an answer lacks, for people; empty: nothing.
fn missing(coverage: Option<proto::Coverage>) -> String {
    coverage.unwrap_or_default().explanation
}
