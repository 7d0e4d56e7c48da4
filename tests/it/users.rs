//! The directory of users.

use std::collections::BTreeSet;

use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::{self, GetUserRequest, ListUsersRequest, UpsertUserRequest, User};
use prost_types::FieldMask;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::*;

async fn users(server: &TestServer) -> UserServiceClient<Keyed> {
    UserServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key))
}

async fn upsert(server: &TestServer, user: User, mask: Option<&[&str]>) -> Result<User, Status> {
    let update_mask = mask
        .map(|paths| FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = UpsertUserRequest { user: Some(user), update_mask };
    Ok(users(server).await.upsert_user(request).await?.into_inner().user.unwrap())
}

async fn get(server: &TestServer, id: &str) -> Result<User, Status> {
    let request = GetUserRequest { user_id: id.into() };
    Ok(users(server).await.get_user(request).await?.into_inner().user.unwrap())
}

fn ada() -> User {
    User {
        user_id: "ada".into(),
        display_name: "Ada Lovelace".into(),
        email: "ada@example.com".into(),
        plan: "pro".into(),
        monthly_revenue: usd("20"),
        acquisition_cost: usd("35.5"),
        signup_time: timestamp("2026-03-01T00:00:00Z"),
        ..Default::default()
    }
}

/// What the caller gave, without the times of the service.
fn given(user: User) -> User {
    User { create_time: None, update_time: None, ..user }
}

#[tokio::test]
async fn a_user_is_kept_and_changed_field_by_field() {
    let server = TestServer::start().await;
    let kept = upsert(&server, ada(), None).await.unwrap();
    assert_eq!(given(kept.clone()), ada());
    assert_eq!(get(&server, "ada").await.unwrap(), kept);
    // The same again changes nothing, not even the time.
    server.clock.set("2026-11-22T13:00:00Z");
    assert_eq!(upsert(&server, ada(), None).await.unwrap(), kept);
    // Without a mask, what is not given stays.
    let only_plan = User { user_id: "ada".into(), plan: "team".into(), ..Default::default() };
    let changed = upsert(&server, only_plan, None).await.unwrap();
    assert_eq!(given(changed.clone()), User { plan: "team".into(), ..ada() });
    assert_eq!(changed.create_time, kept.create_time);
    assert!(changed.update_time.unwrap().seconds > kept.update_time.unwrap().seconds);
    // With one, what is named and not given is cleared, and the rest stays.
    let mask: &[&str] = &["email", "monthly_revenue", "signup_time", "plan"];
    let cleared = User { plan: "free".into(), display_name: "?".into(), ..Default::default() };
    let cleared = User { user_id: "ada".into(), ..cleared };
    let cleared = upsert(&server, cleared, Some(mask)).await.unwrap();
    let expected = User {
        email: String::new(),
        monthly_revenue: None,
        signup_time: None,
        plan: "free".into(),
        ..ada()
    };
    assert_eq!(given(cleared), expected);
    server.finish().await;
}

#[tokio::test]
async fn a_user_of_the_log_is_known_without_a_profile() {
    let server = TestServer::start().await;
    server.record(call("ada", 1, 1)).await.unwrap();
    let known = get(&server, "ada").await.unwrap();
    assert_eq!(known, User { user_id: "ada".into(), ..Default::default() });
    let status = get(&server, "eve").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().reason, "USER_NOT_FOUND");
    // A profile may come first, and its records follow.
    upsert(&server, User { user_id: "eve".into(), ..ada() }, None).await.unwrap();
    server.record(call("eve", 1, 1)).await.unwrap();
    assert_eq!(server.database.count("SELECT count(*) FROM tenant_user").await, 2);
    server.finish().await;
}

#[tokio::test]
async fn bad_users_are_refused_field_by_field() {
    let server = TestServer::start().await;
    let bad = User {
        user_id: String::new(),
        display_name: "x".repeat(257),
        email: "x".repeat(321),
        plan: "a\0b".into(),
        monthly_revenue: usd("-1"),
        acquisition_cost: usd("99999999999"),
        signup_time: Some(prost_types::Timestamp { seconds: -1, nanos: 0 }),
        ..Default::default()
    };
    let status = upsert(&server, bad, None).await.unwrap_err();
    let fields: BTreeSet<String> = status
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    let expected = [
        "user.user_id",
        "user.display_name",
        "user.email",
        "user.plan",
        "user.monthly_revenue",
        "user.acquisition_cost",
        "user.signup_time",
    ];
    assert_eq!(fields, expected.map(str::to_owned).into());
    let status = upsert(&server, ada(), Some(&["plan", "user_id"])).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(server.database.count("SELECT count(*) FROM tenant_user").await, 0);
    server.finish().await;
}

async fn ids(server: &TestServer, request: ListUsersRequest) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListUsersRequest { page_token, ..request.clone() };
        let page = users(server).await.list_users(request).await.unwrap().into_inner();
        found.extend(page.users.into_iter().map(|user| user.user_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn users_are_found_by_what_people_remember() {
    let server = TestServer::start().await;
    for (id, name, email, plan) in [
        ("u1", "Ada Lovelace", "ada@example.com", "pro"),
        ("u2", "Grace Hopper", "grace@navy.example", "pro"),
        ("u3", "100% sure_thing", "", "free"),
    ] {
        let user = User {
            user_id: id.into(),
            display_name: name.into(),
            email: email.into(),
            plan: plan.into(),
            ..Default::default()
        };
        upsert(&server, user, None).await.unwrap();
    }
    server.record(call("u4", 1, 1)).await.unwrap();
    let search = async |search: &str, plan: &str| {
        let (search, plan) = (search.to_owned(), plan.to_owned());
        ids(&server, ListUsersRequest { search, plan, page_size: 1, ..Default::default() }).await
    };
    assert_eq!(search("", "").await, ["u1", "u2", "u3", "u4"]);
    assert_eq!(search("LOVE", "").await, ["u1"]);
    assert_eq!(search("EXAMPLE", "").await, ["u1", "u2"]);
    assert_eq!(search("u", "pro").await, ["u1", "u2"]);
    assert_eq!(search("", "free").await, ["u3"]);
    // What is a wildcard elsewhere is a letter here.
    assert_eq!(search("%", "").await, ["u3"]);
    assert_eq!(search("e_t", "").await, ["u3"]);
    assert_eq!(search("a_a", "").await, Vec::<String>::new());
    let mut client = users(&server).await;
    let first = ListUsersRequest { page_size: 1, ..Default::default() };
    let page = client.list_users(first).await.unwrap().into_inner();
    let other = ListUsersRequest {
        search: "u".into(),
        page_token: page.next_page_token,
        ..Default::default()
    };
    let status = client.list_users(other).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "PAGE_TOKEN_INVALID");
    let negative = ListUsersRequest { page_size: -1, ..Default::default() };
    assert_eq!(client.list_users(negative).await.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}

/// Names and plans stand beside figures.
#[tokio::test]
async fn figures_are_shown_with_the_names_of_the_directory() {
    let server = TestServer::start().await;
    server.record(call("ada", 1_000_000, 0)).await.unwrap();
    server.record(call("bob", 1_000, 0)).await.unwrap();
    let user = User {
        user_id: "ada".into(),
        display_name: "Ada L.".into(),
        plan: "pro".into(),
        ..Default::default()
    };
    let request = UpsertUserRequest { user: Some(user), ..Default::default() };
    users(&server).await.upsert_user(request).await.unwrap();
    let top = proto::ListTopUsersRequest::default();
    let top = server.analytics().await.list_top_users(top).await.unwrap().into_inner();
    let named = |user: &proto::TopUser| (user.display_name.clone(), user.plan.clone());
    assert_eq!(
        top.users.iter().map(named).collect::<Vec<_>>(),
        [("Ada L.".to_owned(), "pro".to_owned()), (String::new(), String::new()),]
    );
    let by = [proto::Dimension::Model.into(), proto::Dimension::User.into()];
    let breakdown = proto::GetBreakdownRequest { dimensions: by.into(), ..Default::default() };
    let answer = server.analytics().await.get_breakdown(breakdown).await.unwrap().into_inner();
    assert_eq!(answer.rows[0].display_names, ["", "Ada L."]);
    let split_by = proto::Dimension::User.into();
    let series = proto::GetTimeSeriesRequest { split_by, ..Default::default() };
    let answer = server.analytics().await.get_time_series(series).await.unwrap().into_inner();
    assert_eq!(answer.series[0].display_name, "Ada L.");
    server.finish().await;
}
