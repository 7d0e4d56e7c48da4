//! `UserService`: convert in, keep or find, convert out.

use std::time::Duration;

use tonic::{Request, Response, Status};

use super::auth::{self, Caller};
use super::convert::{page, user};
use super::page_token::QueryHash;
use super::pb;
use super::pb::user_service_server::UserService;
use super::status::{AccessError, Error};
use crate::clock::{Clock, random_bytes};
use crate::domain::text;
use crate::domain::violation::Violations;
use crate::store::erasure::{self, Erased};
use crate::store::profiles::{self, Search};
use crate::store::{self, Pool};

/// How often a change is made anew when the id is taken away meanwhile.
const CHANGE_TRIES: usize = 3;
/// How long a caller waits for records to be blanked.
const BLANK_FOR: Duration = Duration::from_millis(500);

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) pool: Pool,
    /// Connections for looking through all users.
    pub(super) analysing: Pool,
    pub(super) clock: Clock,
}

impl Directory {
    async fn upsert(
        &self,
        caller: Caller,
        request: pb::UpsertUserRequest,
    ) -> Result<pb::UpsertUserResponse, Error> {
        let (user, change) = user::change(request)?;
        let (tenant, now) = (caller.tenant.id, self.clock.now());
        let key = [(tenant, user.as_str().into())];
        let changed = async {
            for _ in 0..CHANGE_TRIES {
                store::users::find_or_create(&self.pool, &key).await?;
                let changed = profiles::change(&self.pool, tenant, user.as_str(), &change, now);
                if let Some(changed) = changed.await? {
                    return Ok(changed);
                }
            }
            Err(store::Error::TimedOut)
        };
        let changed = store::pool::read(changed).await?;
        Ok(pb::UpsertUserResponse { user: Some(user::user(changed)) })
    }

    async fn get(
        &self,
        caller: Caller,
        request: pb::GetUserRequest,
    ) -> Result<pb::GetUserResponse, Error> {
        let id = user::user_id(&request.user_id)?;
        let found = profiles::find(&self.pool, caller.tenant.id, id.as_str());
        let found = store::pool::read(found).await?;
        let found = found.ok_or(AccessError::NoUser { user_id: request.user_id })?;
        Ok(pb::GetUserResponse { user: Some(user::user(found)) })
    }

    async fn list(
        &self,
        caller: Caller,
        request: pb::ListUsersRequest,
    ) -> Result<pb::ListUsersResponse, Error> {
        let mut violations = Violations::default();
        let size = page::size(request.page_size, &mut violations);
        violations.take("search", text::optional(&request.search, text::UserId::MAX));
        violations.take("plan", text::optional(&request.plan, crate::domain::user::PLAN_MAX));
        violations.into_result()?;
        let size = i64::try_from(size).expect("a page has at most a thousand items");
        let hash = QueryHash::of(&["users", &request.search, &request.plan]);
        let after = hash.last(&request.page_token)?;
        let search = Search {
            text: &request.search,
            plan: &request.plan,
            after: after.as_deref(),
            max: size + 1,
        };
        let listed = profiles::list(&self.analysing, caller.tenant.id, search);
        let mut users = store::pool::analyse(listed).await?;
        let more = page::cut(&mut users, size);
        let last = users.last().filter(|_| more);
        Ok(pb::ListUsersResponse {
            next_page_token: last.map(|last| hash.token(&last.id)).unwrap_or_default(),
            users: users.into_iter().map(user::user).collect(),
        })
    }

    /// The id goes at once. Records are blanked as long as the caller is likely to wait;
    /// whatever is left is done by the eraser.
    async fn erase(
        &self,
        caller: Caller,
        request: pb::EraseUserRequest,
    ) -> Result<pb::EraseUserResponse, Error> {
        let user = user::user_id(&request.user_id)?;
        let (tenant, now) = (caller.tenant.id, self.clock.now());
        let anonymous_user_id = anonymous_id();
        let erased = erasure::erase(&self.pool, tenant, user.as_str(), &anonymous_user_id, now);
        let erased = store::pool::read(erased).await?;
        let (erased, record_count) =
            erased.ok_or(AccessError::NoUser { user_id: request.user_id })?;
        if let Some(erased) = erased {
            self.blank(erased).await;
        }
        Ok(pb::EraseUserResponse { anonymous_user_id, record_count })
    }

    async fn blank(&self, erased: Erased) {
        let blanked = tokio::time::timeout(BLANK_FOR, async {
            while erasure::blank(&self.pool, erased).await? {}
            Ok::<_, store::Error>(())
        });
        if let Ok(Err(error)) = blanked.await {
            tracing::warn!(%error, "records are blanked later");
        }
    }
}

/// An id that says nothing but what happened.
fn anonymous_id() -> String {
    format!("erased-{}", uuid::Builder::from_random_bytes(random_bytes()).into_uuid().simple())
}

#[tonic::async_trait]
impl UserService for Directory {
    async fn upsert_user(
        &self,
        request: Request<pb::UpsertUserRequest>,
    ) -> Result<Response<pb::UpsertUserResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.upsert(caller, request.into_inner()).await?))
    }

    async fn get_user(
        &self,
        request: Request<pb::GetUserRequest>,
    ) -> Result<Response<pb::GetUserResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.get(caller, request.into_inner()).await?))
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.list(caller, request.into_inner()).await?))
    }

    async fn erase_user(
        &self,
        request: Request<pb::EraseUserRequest>,
    ) -> Result<Response<pb::EraseUserResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.erase(caller, request.into_inner()).await?))
    }
}
