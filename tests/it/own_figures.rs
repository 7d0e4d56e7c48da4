//! Calls that are bound to one user see that user's figures alone, and change nothing.

use aiusage_client::proto::admin_service_client::AdminServiceClient;
use aiusage_client::proto::analytics_service_client::AnalyticsServiceClient;
use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::cost_service_client::CostServiceClient;
use aiusage_client::proto::pricing_service_client::PricingServiceClient;
use aiusage_client::proto::usage_service_client::UsageServiceClient;
use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::{
    BudgetScope, CheckBudgetRequest, CreateBudgetRequest, CreateKeyRequest, Dimension,
    ExplainCostRequest, GetBreakdownRequest, GetCallerRequest, GetCauRequest, GetCohortsRequest,
    GetJobCostRequest, GetSessionCostRequest, GetStatsRequest, GetTimeSeriesRequest,
    GetUsageRequest, GetUserCostRequest, ListBudgetStatusesRequest, ListFailuresRequest,
    ListPricesRequest, ListTopUsersRequest, ListUsageRequest, ListUsersRequest,
    RecordUsageBatchRequest, RecordUsageRequest, UsageFilter, UsageRecord,
};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::harness::*;

/// Adds a key, and binds each call to a user.
#[derive(Clone)]
struct Bound {
    key: WithKey,
    user: Option<&'static str>,
}

impl Interceptor for Bound {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let mut request = self.key.call(request)?;
        if let Some(user) = self.user {
            request.metadata_mut().insert("aiusage-user", user.parse().unwrap());
        }
        Ok(request)
    }
}

struct Visitor {
    channel: Channel,
    bound: Bound,
}

type Service = InterceptedService<Channel, Bound>;

impl Visitor {
    async fn of(server: &TestServer, key: &str, user: Option<&'static str>) -> Self {
        Self { channel: server.channel().await, bound: Bound { key: WithKey::new(key), user } }
    }

    /// One whose key is bound, and one whose calls are.
    async fn both(server: &TestServer, user: &'static str) -> [Self; 2] {
        let request = CreateKeyRequest {
            display_name: "theirs".into(),
            user_id: user.into(),
            ..Default::default()
        };
        let mut admin =
            AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
        let key = admin.create_key(request).await.unwrap().into_inner().secret;
        [Self::of(server, &key, None).await, Self::of(server, &server.key, Some(user)).await]
    }

    fn service(&self) -> Service {
        InterceptedService::new(self.channel.clone(), self.bound.clone())
    }

    fn usage(&self) -> UsageServiceClient<Service> {
        UsageServiceClient::new(self.service())
    }

    async fn cost_of(&self, user: &str) -> Result<i64, Status> {
        let request = GetUserCostRequest { user_id: user.into(), ..Default::default() };
        let cost = self.usage().get_user_cost(request).await?;
        Ok(cost.into_inner().totals.unwrap().request_count)
    }
}

fn must_be_refused(status: &Status) {
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "OWN_FIGURES_ONLY");
    assert_eq!(info.metadata["user_id"], "ada");
}

async fn with_two_users() -> TestServer {
    let server = TestServer::start().await;
    for user in ["ada", "bob"] {
        server.record(call(user, 1000, 0)).await.unwrap();
    }
    server
}

#[tokio::test]
async fn costs_are_the_users_own() {
    let server = with_two_users().await;
    for visitor in Visitor::both(&server, "ada").await {
        assert_eq!(visitor.cost_of("ada").await.unwrap(), 1);
        must_be_refused(&visitor.cost_of("bob").await.unwrap_err());
        must_be_refused(&visitor.cost_of("nobody").await.unwrap_err());
        let mut admin = AdminServiceClient::new(visitor.service());
        let caller = admin.get_caller(GetCallerRequest {}).await.unwrap().into_inner();
        assert_eq!(caller.user_id, "ada");
    }
    server.finish().await;
}

#[tokio::test]
async fn whatever_changes_or_tells_of_others_is_refused() {
    let server = with_two_users().await;
    for visitor in Visitor::both(&server, "ada").await {
        let mut usage = visitor.usage();
        let record = RecordUsageRequest { record: Some(call("ada", 1, 1)) };
        must_be_refused(&usage.record_usage(record).await.unwrap_err());
        let batch = RecordUsageBatchRequest { sequence: 1, records: vec![call("ada", 1, 1)] };
        must_be_refused(&usage.record_usage_batch(tokio_stream::once(batch)).await.unwrap_err());
        must_be_refused(&usage.get_cau(GetCauRequest::default()).await.unwrap_err());
        let mut users = UserServiceClient::new(visitor.service());
        must_be_refused(&users.list_users(ListUsersRequest::default()).await.unwrap_err());
        let mut admin = AdminServiceClient::new(visitor.service());
        let key = CreateKeyRequest { display_name: "mine".into(), ..Default::default() };
        must_be_refused(&admin.create_key(key).await.unwrap_err());
        let mut prices = PricingServiceClient::new(visitor.service());
        must_be_refused(&prices.list_prices(ListPricesRequest::default()).await.unwrap_err());
        let mut budgets = BudgetServiceClient::new(visitor.service());
        let statuses = ListBudgetStatusesRequest::default();
        must_be_refused(&budgets.list_budget_statuses(statuses).await.unwrap_err());
    }
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 2);
    server.finish().await;
}

#[tokio::test]
async fn a_record_of_somebody_else_is_as_good_as_none() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for user in ["ada", "bob"] {
        let record = UsageRecord { record_id: new_id(), ..call(user, 1000, 0) };
        ids.push(record.record_id.clone());
        server.record(record).await.unwrap();
    }
    for visitor in Visitor::both(&server, "ada").await {
        let mut costs = CostServiceClient::new(visitor.service());
        let mut explain = async |id: &str| {
            costs.explain_cost(ExplainCostRequest { record_id: id.to_owned() }).await
        };
        assert!(explain(&ids[0]).await.is_ok());
        let (others, none) = (explain(&ids[1]).await.unwrap_err(), new_id());
        let nobodys = explain(&none).await.unwrap_err();
        assert_eq!((others.code(), nobodys.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(others.message().replace(&ids[1], ""), nobodys.message().replace(&none, ""));
    }
    server.finish().await;
}

#[tokio::test]
async fn questions_about_usage_are_narrowed() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for user in ["ada", "bob"] {
        let record = UsageRecord {
            record_id: new_id(),
            job_id: "nightly".into(),
            session_id: "chat".into(),
            status: "error".into(),
            ..call(user, 1000, 0)
        };
        ids.push(record.record_id.clone());
        server.record(record).await.unwrap();
    }
    for visitor in Visitor::both(&server, "ada").await {
        let mut ask = AnalyticsServiceClient::new(visitor.service());
        let stats = ask.get_stats(GetStatsRequest::default()).await.unwrap().into_inner();
        assert_eq!(stats.current.unwrap().totals.unwrap().request_count, 1);
        let by_user =
            GetBreakdownRequest { dimensions: vec![Dimension::User.into()], ..Default::default() };
        let rows = ask.get_breakdown(by_user).await.unwrap().into_inner();
        assert_eq!((rows.rows.len(), rows.rest), (1, None));
        assert_eq!(rows.rows[0].keys, ["ada"]);
        let series = ask.get_time_series(GetTimeSeriesRequest::default()).await.unwrap();
        assert_eq!(series.into_inner().totals.unwrap().request_count, 1);
        let log = ask.list_usage(ListUsageRequest::default()).await.unwrap().into_inner();
        assert_eq!(log.records.len(), 1);
        let failures = ask.list_failures(ListFailuresRequest::default()).await.unwrap();
        assert_eq!(failures.into_inner().records.len(), 1);
        let job = ask.get_job_cost(GetJobCostRequest { job_id: "nightly".into() }).await.unwrap();
        assert_eq!(job.into_inner().cost.unwrap().totals.unwrap().request_count, 1);
        let session = GetSessionCostRequest { session_id: "chat".into() };
        let session = ask.get_session_cost(session).await.unwrap().into_inner();
        assert_eq!(session.cost.unwrap().totals.unwrap().request_count, 1);
        let mut show = async |id: &str| {
            ask.get_usage(GetUsageRequest { record_id: id.to_owned() }).await.map(|_| ())
        };
        assert!(show(&ids[0]).await.is_ok());
        assert_eq!(show(&ids[1]).await.unwrap_err().code(), Code::NotFound);
        // Who is asked for is refused, not left out.
        let of_bob = UsageFilter { user_ids: vec!["bob".into()], ..Default::default() };
        let asked = GetStatsRequest { filter: Some(of_bob), period: None };
        must_be_refused(&ask.get_stats(asked).await.unwrap_err());
        must_be_refused(&ask.list_top_users(ListTopUsersRequest::default()).await.unwrap_err());
        must_be_refused(&ask.get_cohorts(GetCohortsRequest::default()).await.unwrap_err());
    }
    server.finish().await;
}

#[tokio::test]
async fn a_budget_of_all_decides_and_is_not_shown() {
    let server = with_two_users().await;
    let mut budgets = server.budgets().await;
    for (id, scope, limit) in [
        ("everybody", BudgetScope::default(), "0.004"),
        ("each", BudgetScope { each_user: true, ..Default::default() }, "1"),
        ("adas", BudgetScope { user_id: "ada".into(), ..Default::default() }, "2"),
    ] {
        let budget = aiusage_client::proto::Budget {
            budget_id: id.into(),
            scope: Some(scope),
            limit: Some(aiusage_client::proto::BudgetAmount {
                amount: Some(aiusage_client::proto::budget_amount::Amount::Cost(
                    usd(limit).unwrap(),
                )),
            }),
            period: Some(aiusage_client::proto::BudgetPeriod {
                cycle: aiusage_client::proto::BudgetCycle::Month.into(),
                ..Default::default()
            }),
            enforcement: aiusage_client::proto::BudgetEnforcement::Hard.into(),
            ..Default::default()
        };
        let request = CreateBudgetRequest { budget: Some(budget), validate_only: false };
        budgets.create_budget(request).await.unwrap();
    }
    let request = CheckBudgetRequest { user_id: "ada".into(), ..Default::default() };
    let all = server.usage().await.check_budget(request.clone()).await.unwrap().into_inner();
    assert_eq!((all.allowed, all.budgets.len()), (false, 3));
    for visitor in Visitor::both(&server, "ada").await {
        let own = visitor.usage().check_budget(request.clone()).await.unwrap().into_inner();
        let mut shown: Vec<_> =
            own.budgets.iter().map(|one| one.budget.as_ref().unwrap().budget_id.as_str()).collect();
        shown.sort_unstable();
        assert_eq!((own.allowed, shown), (false, vec!["adas", "each"]));
        assert_eq!(own.spent.unwrap().amount, "0.0025");
        let others = CheckBudgetRequest { user_id: "bob".into(), ..request.clone() };
        must_be_refused(&visitor.usage().check_budget(others).await.unwrap_err());
    }
    server.finish().await;
}

#[tokio::test]
async fn a_call_may_only_narrow_what_its_key_sees() {
    let server = with_two_users().await;
    let [keyed, _] = Visitor::both(&server, "ada").await;
    let Bound { key, .. } = keyed.bound;
    let bound_to = |user| Visitor {
        channel: keyed.channel.clone(),
        bound: Bound { key: key.clone(), user: Some(user) },
    };
    assert_eq!(bound_to("ada").cost_of("ada").await.unwrap(), 1);
    must_be_refused(&bound_to("bob").cost_of("bob").await.unwrap_err());
    must_be_refused(&bound_to("bob").cost_of("ada").await.unwrap_err());
    server.finish().await;
}

#[tokio::test]
async fn a_user_that_cannot_be_read_is_not_left_out() {
    let server = with_two_users().await;
    for (name, value) in [
        ("aiusage-user", String::new()),
        ("aiusage-user", "x".repeat(257)),
        ("aiusage-user-bin", "%%%".to_owned()),
    ] {
        let request = GetCauRequest::default();
        let mut request = Request::new(request);
        let metadata = request.metadata_mut().as_mut();
        let name: http::HeaderName = name.parse().unwrap();
        metadata.insert(name, value.parse().unwrap());
        let status = server.usage().await.get_cau(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{value}");
    }
    // Two of them may name two users.
    let mut request =
        Request::new(GetUserCostRequest { user_id: "bob".into(), ..Default::default() });
    request.metadata_mut().append("aiusage-user", "bob".parse().unwrap());
    request.metadata_mut().append("aiusage-user", "ada".parse().unwrap());
    let status = server.usage().await.get_user_cost(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn ids_of_any_letters_bind_in_base64() {
    let server = TestServer::start().await;
    server.record(call("Jürgen", 1000, 0)).await.unwrap();
    let ask = async |user: &str| {
        let request = GetUserCostRequest { user_id: user.into(), ..Default::default() };
        let mut request = Request::new(request);
        let value = tonic::metadata::BinaryMetadataValue::from_bytes("Jürgen".as_bytes());
        request.metadata_mut().insert_bin("aiusage-user-bin", value);
        server.usage().await.get_user_cost(request).await
    };
    let own = ask("Jürgen").await.unwrap().into_inner();
    assert_eq!(own.totals.unwrap().request_count, 1);
    assert_eq!(ask("ada").await.unwrap_err().code(), Code::PermissionDenied);
    server.finish().await;
}
