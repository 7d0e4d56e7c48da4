//! The calls.

use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::batch::RecordBatch;
use crate::proto::alert_service_client::AlertServiceClient;
use crate::proto::analytics_service_client::AnalyticsServiceClient;
use crate::proto::budget_service_client::BudgetServiceClient;
use crate::proto::cost_service_client::CostServiceClient;
use crate::proto::export_service_client::ExportServiceClient;
use crate::proto::pricing_service_client::PricingServiceClient;
use crate::proto::usage_service_client::UsageServiceClient;
use crate::proto::user_service_client::UserServiceClient;
use crate::{
    BudgetCheck, BudgetVerdict, Cau, CauQuery, ClientBuilder, Error, FoundPrice, PriceListQuery,
    PricePage, PriceQuery, Receipt, Record, UserCost, UserCostQuery, proto, retry,
};

pub(crate) type Authorized = InterceptedService<Channel, Bearer>;

/// A connection to the service. Clones are cheap and share it.
///
/// Unary calls that end in `UNAVAILABLE` are tried again, up to 4 times in all,
/// within the deadline of 5 s. Those that would do something twice are not; their
/// descriptions say so.
#[derive(Debug, Clone)]
pub struct Client {
    usage: UsageServiceClient<Authorized>,
    pub(crate) pricing: PricingServiceClient<Authorized>,
    pub(crate) costs: CostServiceClient<Authorized>,
    pub(crate) alerts: AlertServiceClient<Authorized>,
    pub(crate) budgets: BudgetServiceClient<Authorized>,
    pub(crate) users: UserServiceClient<Authorized>,
    pub(crate) analytics: AnalyticsServiceClient<Authorized>,
    pub(crate) exports: ExportServiceClient<Authorized>,
    address: String,
    spool_tag: Uuid,
    timeout: Duration,
    attempts: u32,
}

impl Client {
    /// A client whose address and key come from the environment or the credentials
    /// file. It connects at the first call.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn connect() -> Result<Self, Error> {
        Ok(Self::builder().build()?)
    }

    /// A client with settings of its own.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(
        channel: Channel,
        bearer: MetadataValue<Ascii>,
        address: String,
        timeout: Duration,
        attempts: u32,
    ) -> Self {
        let spool_tag = spool_tag(&address, &bearer);
        let authorized = InterceptedService::new(channel, Bearer(bearer));
        let usage = UsageServiceClient::new(authorized.clone());
        let pricing = PricingServiceClient::new(authorized.clone());
        let costs = CostServiceClient::new(authorized.clone());
        let alerts = AlertServiceClient::new(authorized.clone());
        let budgets = BudgetServiceClient::new(authorized.clone());
        let users = UserServiceClient::new(authorized.clone());
        let analytics = AnalyticsServiceClient::new(authorized.clone());
        let exports = ExportServiceClient::new(authorized);
        Self {
            usage,
            pricing,
            costs,
            alerts,
            budgets,
            users,
            analytics,
            exports,
            address,
            spool_tag,
            timeout,
            attempts,
        }
    }

    /// The same, which tries each call once.
    pub(crate) fn without_retries(&self) -> Self {
        Self { attempts: 1, ..self.clone() }
    }

    /// Tells apart what waits on the disk for different services and keys.
    pub(crate) fn spool_tag(&self) -> String {
        self.spool_tag.simple().to_string()
    }

    /// The address of the service.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Records one AI call; when this returns, it is durable.
    ///
    /// # Errors
    ///
    /// `InvalidFields` names every wrong field; `RecordIdReused` when the id was used
    /// for a record with other content; those of [`Error`] otherwise. After an error
    /// send the same record again: it counts once.
    pub async fn record_usage(&self, record: Record) -> Result<Receipt, Error> {
        let request = proto::RecordUsageRequest { record: Some(record.into()) };
        let call = |request| {
            let mut usage = self.usage.clone();
            async move { usage.record_usage(request).await }
        };
        let answer = self.unary(request, call).await?;
        Ok(Receipt::from_proto(answer.receipt)?)
    }

    /// Records many AI calls over one stream, up to 500 in one message.
    ///
    /// ```no_run
    /// use aiusage_client::{Client, Record};
    ///
    /// # async fn example(client: Client) -> Result<(), aiusage_client::Error> {
    /// let records = (0..10_000).map(|n| Record::new("ada").model("openai", "gpt-4o").tokens(n, 1));
    /// let mut batch = client.record_batch(records);
    /// while let Some(chunk) = batch.next().await? {
    ///     println!("{} more are durable", chunk.stored_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn record_batch<I>(&self, records: I) -> RecordBatch
    where
        I: IntoIterator<Item = Record>,
        I::IntoIter: Send + 'static,
    {
        self.record_stream(stream::iter(records))
    }

    /// As [`Client::record_batch`], for records that come as time goes by.
    pub fn record_stream(
        &self,
        records: impl Stream<Item = Record> + Send + 'static,
    ) -> RecordBatch {
        RecordBatch::new(self.usage.clone(), self.address.clone(), records)
    }

    /// What one user's AI calls cost, by default in the current month.
    ///
    /// # Errors
    ///
    /// Those of [`Error`]. A user without records costs 0.
    pub async fn get_user_cost(&self, query: UserCostQuery) -> Result<UserCost, Error> {
        let call = |request| {
            let mut usage = self.usage.clone();
            async move { usage.get_user_cost(request).await }
        };
        Ok(UserCost::from_proto(self.unary(query.into_proto(), call).await?)?)
    }

    /// Whether a user may make the next call under every stored budget, and under a
    /// limit that is given. Nothing is set aside: to be sure under concurrency, use
    /// [`Client::reserve`].
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when the expected usage cannot be priced; those of [`Error`]
    /// otherwise. Being over a limit is an answer, not an error.
    pub async fn check_budget(&self, check: BudgetCheck) -> Result<BudgetVerdict, Error> {
        let call = |request| {
            let mut usage = self.usage.clone();
            async move { usage.check_budget(request).await }
        };
        Ok(BudgetVerdict::from_proto(self.unary(check.into_proto(), call).await?)?)
    }

    /// The cost per active user, one for each window of the question.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_cau(&self, query: CauQuery) -> Result<Vec<Cau>, Error> {
        let call = |request| {
            let mut usage = self.usage.clone();
            async move { usage.get_cau(request).await }
        };
        let answer = self.unary(query.into_proto(), call).await?;
        let windows = answer.windows.into_iter().map(Cau::from_proto);
        Ok(windows.collect::<Result<_, _>>()?)
    }

    /// One page of the price list.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token belongs to another question; those of
    /// [`Error`] otherwise.
    pub async fn list_prices(&self, query: PriceListQuery) -> Result<PricePage, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.list_prices(request).await }
        };
        Ok(PricePage::from_proto(self.unary(query.into_proto(), call).await?)?)
    }

    /// The price of one model by any name that records may carry.
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when no model has this name; those of [`Error`] otherwise.
    pub async fn get_price(&self, query: PriceQuery) -> Result<FoundPrice, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.get_price(request).await }
        };
        Ok(FoundPrice::try_from(self.unary(query.into_proto(), call).await?)?)
    }

    /// Calls until there is an answer, an error that trying again cannot help, or
    /// no time left.
    pub(crate) async fn unary<Q, A, F>(
        &self,
        request: Q,
        call: impl Fn(Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.attempt(self.attempts, self.timeout, request, call).await
    }

    /// As [`Client::unary`], for questions that may take as long as `patience`.
    pub(crate) async fn within<Q, A, F>(
        &self,
        patience: Duration,
        request: Q,
        call: impl Fn(Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.attempt(self.attempts, patience.max(self.timeout), request, call).await
    }

    /// Calls once, for what a second try would do a second time.
    pub(crate) async fn once<Q, A, F>(
        &self,
        request: Q,
        call: impl Fn(Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.attempt(1, self.timeout, request, call).await
    }

    async fn attempt<Q, A, F>(
        &self,
        attempts: u32,
        timeout: Duration,
        request: Q,
        call: impl Fn(Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let deadline = Instant::now() + timeout;
        let mut attempt = 1;
        loop {
            let mut attempted = Request::new(request.clone());
            attempted.set_timeout(deadline.saturating_duration_since(Instant::now()));
            let status = match timeout_at(deadline, call(attempted)).await {
                Err(_) => return Err(Error::deadline(timeout)),
                Ok(Ok(answer)) => return Ok(answer.into_inner()),
                Ok(Err(status)) if retry::is_timeout(&status) => {
                    return Err(Error::deadline(timeout));
                }
                Ok(Err(status)) => status,
            };
            match retry::pause(&status, attempt) {
                Some(pause) if attempt < attempts && Instant::now() + pause < deadline => {
                    sleep(pause).await;
                }
                _ => return Err(Error::from_status(&status, &self.address)),
            }
            attempt += 1;
        }
    }
}

/// A hash of address and key, from which neither can be read.
fn spool_tag(address: &str, bearer: &MetadataValue<Ascii>) -> Uuid {
    let both = [address.as_bytes(), b"\n", bearer.as_encoded_bytes()].concat();
    Uuid::new_v5(&Uuid::NAMESPACE_URL, &both)
}

/// Puts the key on every call.
#[derive(Debug, Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
