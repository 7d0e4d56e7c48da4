//! Keys that are made, listed and ended from afar.

use aiusage_client::proto::admin_service_client::AdminServiceClient;
use aiusage_client::proto::{
    ApiKey, CreateKeyRequest, CreateKeyResponse, GetCallerRequest, ListKeysRequest,
    RevokeKeyRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::*;

async fn admin(server: &TestServer, key: &str) -> AdminServiceClient<Keyed> {
    AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(key))
}

async fn create(server: &TestServer, name: &str) -> CreateKeyResponse {
    let request = CreateKeyRequest { display_name: name.into(), ..Default::default() };
    admin(server, &server.key).await.create_key(request).await.unwrap().into_inner()
}

async fn revoke(server: &TestServer, by: &str, key_id: &str) -> Result<ApiKey, Status> {
    let request = RevokeKeyRequest { key_id: key_id.into() };
    let revoked = admin(server, by).await.revoke_key(request).await?;
    Ok(revoked.into_inner().key.unwrap())
}

async fn works(server: &TestServer, key: &str) -> bool {
    admin(server, key).await.get_caller(GetCallerRequest {}).await.is_ok()
}

fn id_of(secret: &str) -> &str {
    secret.split('_').nth(1).unwrap()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_key_tells_whose_it_is() {
    let server = TestServer::start_in("Asia/Kathmandu").await;
    let mut own = admin(&server, &server.key).await;
    let caller = own.get_caller(GetCallerRequest {}).await.unwrap().into_inner();
    assert_eq!((caller.tenant.as_str(), caller.time_zone.as_str()), ("default", "Asia/Kathmandu"));
    assert_eq!((caller.key_id.as_str(), caller.operator), (id_of(&server.key), true));
    assert!(caller.user_id.is_empty() && !caller.version.is_empty());
    let stranger = server.another_tenant().await;
    let caller =
        admin(&server, &stranger).await.get_caller(GetCallerRequest {}).await.unwrap().into_inner();
    assert_eq!((caller.tenant.as_str(), caller.operator), ("stranger", false));
    server.finish().await;
}

#[tokio::test]
async fn a_key_is_made_once_listed_for_ever_and_ends() {
    let server = TestServer::start().await;
    let made = create(&server, "ci").await;
    assert!(works(&server, &made.secret).await);
    let key = made.key.unwrap();
    assert_eq!((key.key_id.as_str(), key.display_name.as_str()), (id_of(&made.secret), "ci"));
    let ended = revoke(&server, &server.key, &key.key_id).await.unwrap();
    let first_time = ended.revoke_time;
    assert!(first_time.is_some());
    // A second time changes nothing.
    assert_eq!(revoke(&server, &server.key, &key.key_id).await.unwrap().revoke_time, first_time);
    // Another server has not met the key yet, and so does not remember it.
    let replica = server.replica().await;
    assert!(!works(&replica, &made.secret).await);
    replica.leave().await;
    let listed = admin(&server, &server.key).await.list_keys(ListKeysRequest::default()).await;
    let keys = listed.unwrap().into_inner().keys;
    assert_eq!(keys.len(), 2);
    assert_eq!((keys[0].key_id.as_str(), keys[0].revoke_time), (key.key_id.as_str(), first_time));
    let secret = made.secret.rsplit('_').nth(1).unwrap().to_owned();
    assert!(!format!("{keys:?}").contains(&secret));
    server.finish().await;
}

#[tokio::test]
async fn pages_of_keys_are_newest_first_and_miss_none() {
    let server = TestServer::start().await;
    let mut expected: Vec<String> = Vec::new();
    for name in ["a", "b", "c", "d"] {
        expected.insert(0, create(&server, name).await.key.unwrap().key_id);
    }
    expected.push(id_of(&server.key).to_owned());
    let mut client = admin(&server, &server.key).await;
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = client.list_keys(ListKeysRequest { page_size: 2, page_token }).await.unwrap();
        let page = page.into_inner();
        assert!(page.keys.len() <= 2);
        seen.extend(page.keys.into_iter().map(|key| key.key_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, expected);
    let bad = ListKeysRequest { page_size: 2, page_token: "nonsense".into() };
    assert_eq!(reason(&client.list_keys(bad).await.unwrap_err()), "PAGE_TOKEN_INVALID");
    server.finish().await;
}

#[tokio::test]
async fn the_last_key_that_sees_all_is_kept() {
    let server = TestServer::start().await;
    let own = id_of(&server.key).to_owned();
    let bound = CreateKeyRequest {
        display_name: "ada's".into(),
        user_id: "ada".into(),
        ..Default::default()
    };
    admin(&server, &server.key).await.create_key(bound).await.unwrap();
    let soon = CreateKeyRequest {
        display_name: "soon over".into(),
        expire_time: timestamp("2026-11-22T12:30:00Z"),
        ..Default::default()
    };
    admin(&server, &server.key).await.create_key(soon).await.unwrap();
    server.clock.set("2026-11-22T12:30:00Z");
    let status = revoke(&server, &server.key, &own).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "LAST_KEY".into()));
    let another = create(&server, "another").await;
    revoke(&server, &another.secret, &own).await.unwrap();
    let last = another.key.unwrap().key_id;
    assert_eq!(reason(&revoke(&server, &another.secret, &last).await.unwrap_err()), "LAST_KEY");
    server.finish().await;
}

#[tokio::test]
async fn two_last_keys_cannot_end_each_other() {
    let server = TestServer::start().await;
    for round in 0..8 {
        let other = create(&server, &format!("round {round}")).await.secret;
        let (one, two) = tokio::join!(
            revoke(&server, &other, id_of(&server.key)),
            revoke(&server, &server.key, id_of(&other)),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let alive =
            "UPDATE api_key SET revoke_time = CASE WHEN key_id = $1 THEN NULL ELSE now() END";
        let alive = sqlx::query(alive).bind(id_of(&server.key));
        alive.execute(&server.database.pool).await.unwrap();
    }
    server.finish().await;
}

#[tokio::test]
async fn bad_keys_are_refused_field_by_field() {
    let server = TestServer::start().await;
    let mut client = admin(&server, &server.key).await;
    let request = CreateKeyRequest {
        display_name: " ".into(),
        user_id: "x".repeat(257),
        expire_time: timestamp("2026-11-22T11:00:00Z"),
    };
    let status = client.create_key(request).await.unwrap_err();
    let fields: Vec<String> = status
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["display_name", "user_id", "expire_time"]);
    let status = client.revoke_key(RevokeKeyRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    // A stranger's key is as good as none.
    let stranger = server.another_tenant().await;
    let status = revoke(&server, &server.key, id_of(&stranger)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "KEY_NOT_FOUND".into()));
    assert!(works(&server, &stranger).await);
    server.finish().await;
}

#[tokio::test]
async fn there_are_only_so_many_keys() {
    let server = TestServer::start().await;
    sqlx::query(
        "INSERT INTO api_key (key_id, tenant_id, secret_sha256, name)
        SELECT lpad(n::text, 12, '0'), tenant_id, secret_sha256, 'many'
        FROM api_key, generate_series(1, 999) AS n",
    )
    .execute(&server.database.pool)
    .await
    .unwrap();
    let mut client = admin(&server, &server.key).await;
    let request = CreateKeyRequest { display_name: "one more".into(), ..Default::default() };
    let status = client.create_key(request.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "LIMIT_REACHED".into()));
    // Those that have ended do not count.
    revoke(&server, &server.key, "000000000001").await.unwrap();
    client.create_key(request).await.unwrap();
    server.finish().await;
}
