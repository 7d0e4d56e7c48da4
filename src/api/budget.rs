//! `BudgetService`: convert in, change, reserve or look, convert out.

use tonic::{Request, Response, Status};

use super::auth::{self, Caller};
use super::convert::{budget, page, reservation};
use super::page_token::QueryHash;
use super::pb;
use super::pb::budget_service_server::BudgetService;
use super::status::{BudgetError, Error, Refused};
use crate::budget::book::{Book, Books};
use crate::budget::leases;
use crate::budget::reserver::{self, Reserved};
use crate::clock::Clock;
use crate::domain::budget::reservation::{Expected, ReservationId};
use crate::domain::budget::{Amount, Budget, BudgetId};
use crate::domain::violation::Violations;
use crate::pricing::Prices;
use crate::query::budgets::Standing;
use crate::store::budgets::{BUDGETS_MAX, Change, Changed, WIDE_BUDGETS_MAX};
use crate::store::{self, reservations};
use crate::upkeep::budget_keeper;

/// How often a change without an etag is worked out anew when others are quicker.
const UPDATE_TRIES: usize = 5;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Budgets {
    pub(super) standing: Standing,
    pub(super) keeper: budget_keeper::Handle,
    pub(super) reserver: reserver::Handle,
    pub(super) releaser: leases::Handle,
    pub(super) prices: Prices,
    pub(super) clock: Clock,
}

fn too_many(what: &'static str, max: i64) -> Error {
    let max = usize::try_from(max).expect("a limit fits");
    Refused::LimitReached { what, max }.into()
}

fn wire(budget: &Budget, book: &Book) -> pb::Budget {
    let replaces = budget.replaces.and_then(|no| book.by_no(no));
    budget::budget(budget, replaces.map(|replaced| &replaced.id))
}

impl Budgets {
    fn books(&self) -> &Books {
        &self.standing.books
    }

    async fn change(&self, caller: Caller, change: Change) -> Result<pb::Budget, Error> {
        let tenant = caller.tenant.id;
        let named = match &change {
            Change::Create { id, .. } | Change::Update { id, .. } | Change::Delete { id, .. } => id,
        };
        let named = named.clone();
        match self.keeper.change(tenant, change).await? {
            Changed::Done(changed) if changed.replaces.is_none() => {
                Ok(budget::budget(&changed, None))
            }
            Changed::Done(changed) => Ok(wire(&changed, &*self.books().refreshed(tenant).await?)),
            Changed::Exists => Err(BudgetError::Exists(named).into()),
            Changed::NotFound(id) => Err(BudgetError::NotFound(id).into()),
            Changed::NotOfEachUser(_) => {
                let mut violations = Violations::default();
                violations.add("replaces_budget_id", "must name a budget with each_user");
                Err(violations.under("budget").into())
            }
            Changed::NeedsUser => {
                let mut violations = Violations::default();
                violations.add("scope.user_id", "is required: it stands in for another budget");
                Err(violations.under("budget").into())
            }
            Changed::OtherVersion(known) => {
                Err(BudgetError::EtagMismatch { id: named, etag: budget::etag(&known) }.into())
            }
            Changed::InUse(by) => Err(BudgetError::InUse { id: named, by }.into()),
            Changed::TooMany => Err(too_many("budgets", BUDGETS_MAX)),
            Changed::TooManyWide => {
                Err(too_many("budgets that name neither a user nor a job", WIDE_BUDGETS_MAX))
            }
        }
    }

    async fn create(
        &self,
        caller: Caller,
        request: pb::CreateBudgetRequest,
    ) -> Result<pb::Budget, Error> {
        let now = self.clock.now();
        let new = budget::new(request.budget.unwrap_or_default(), caller.tenant.zone, now)?;
        if request.validate_only {
            return self.only_validated(caller, &new).await;
        }
        let budget::New { id, terms, replaces } = new;
        self.change(caller, Change::Create { id, terms: Box::new(terms), replaces }).await
    }

    async fn only_validated(&self, caller: Caller, new: &budget::New) -> Result<pb::Budget, Error> {
        let book = self.books().refreshed(caller.tenant.id).await?;
        if book.by_id(new.id.as_str()).is_some() {
            return Err(BudgetError::Exists(new.id.clone()).into());
        }
        if let Some(replaces) = new.replaces.as_ref()
            && book.by_id(replaces.as_str()).is_none()
        {
            return Err(BudgetError::NotFound(replaces.clone()).into());
        }
        Ok(budget::proposed(new))
    }

    async fn find(&self, caller: Caller, id: &BudgetId) -> Result<pb::Budget, Error> {
        let book = self.books().refreshed(caller.tenant.id).await?;
        let found = book.by_id(id.as_str());
        let found = found.ok_or_else(|| BudgetError::NotFound(id.clone()))?;
        Ok(wire(found, &book))
    }

    async fn list(
        &self,
        caller: Caller,
        request: pb::ListBudgetsRequest,
    ) -> Result<pb::ListBudgetsResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["budgets", &request.user_id]);
        let after = hash.last(&request.page_token)?.unwrap_or_default();
        budget::user_filter(&request.user_id)?;
        budget::after(&after)?;
        let (tenant, user) = (caller.tenant.id, request.user_id.as_str());
        let book = self.books().refreshed(tenant).await?;
        let found = store::budgets::page(&self.standing.pool, tenant, user, &after, size + 1);
        let mut found = store::pool::read(found).await?;
        let has_more = page::cut(&mut found, size);
        let last = found.last().filter(|_| has_more);
        Ok(pb::ListBudgetsResponse {
            next_page_token: last.map(|last| hash.token(last.id.as_str())).unwrap_or_default(),
            budgets: found.iter().map(|budget| wire(budget, &book)).collect(),
        })
    }

    /// Without an etag a change that another one overtook is worked out anew.
    async fn update(
        &self,
        caller: Caller,
        request: pb::UpdateBudgetRequest,
    ) -> Result<pb::Budget, Error> {
        let asked = request.budget.unwrap_or_default();
        let id = budget::id(&asked.budget_id).map_err(|violations| violations.under("budget"))?;
        let mask = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
        let mut tries = 0..UPDATE_TRIES;
        loop {
            let book = self.books().refreshed(caller.tenant.id).await?;
            let known = known(&book, &id, &asked.etag)?;
            let terms = budget::masked(&known.terms, asked.clone(), &mask, caller.tenant.zone)?;
            if request.validate_only {
                let proposed = Budget { terms, ..Budget::clone(known) };
                return Ok(wire(&proposed, &book));
            }
            // What the mask leaves is that of the version it was read at.
            let version = Some((known.no, known.version));
            let change = Change::Update { id: id.clone(), version, terms: Box::new(terms) };
            match self.change(caller.clone(), change).await {
                Err(Error::Budget(BudgetError::EtagMismatch { .. }))
                    if asked.etag.is_empty() && tries.next().is_some() => {}
                outcome => return outcome,
            }
        }
    }

    async fn delete(&self, caller: Caller, request: pb::DeleteBudgetRequest) -> Result<(), Error> {
        let id = budget::id(&request.budget_id)?;
        let book = self.books().refreshed(caller.tenant.id).await?;
        let known = known(&book, &id, &request.etag)?;
        if !request.validate_only {
            let has_etag = !request.etag.is_empty();
            let version = has_etag.then_some((known.no, known.version));
            return self.change(caller, Change::Delete { id, version }).await.map(drop);
        }
        match book.all().find(|other| other.replaces == Some(known.no)) {
            Some(other) => Err(BudgetError::InUse { id, by: other.id.to_string() }.into()),
            None => Ok(()),
        }
    }

    async fn statuses(
        &self,
        caller: Caller,
        request: pb::ListBudgetStatusesRequest,
    ) -> Result<pb::ListBudgetStatusesResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["statuses", &request.budget_id, &request.user_id]);
        let after = hash.last(&request.page_token)?;
        budget::user_filter(&request.user_id)?;
        let tenant = caller.tenant.id;
        let book = self.books().refreshed(tenant).await?;
        let one = match request.budget_id.as_str() {
            "" => None,
            text => {
                let id = budget::id(text)?;
                Some(book.by_id(text).ok_or(BudgetError::NotFound(id))?)
            }
        };
        if let Some(of_users) =
            one.filter(|one| one.terms.scope.each_user && request.user_id.is_empty())
        {
            return self.of_users(caller, of_users, &book, hash, after, size).await;
        }
        let user_no = match request.user_id.as_str() {
            "" => None,
            user => self.standing.number_of(tenant, user).await?,
        };
        let has_user = !request.user_id.is_empty();
        let only = one.map(|one| one.no);
        let after = after.unwrap_or_default();
        let wanted = |budget: &Budget| {
            only.is_none_or(|only| only == budget.no)
                && (has_user || !budget.terms.scope.each_user)
                && (!has_user || budget.user_no.is_none() || budget.user_no == user_no)
                && budget.id.as_str() > after.as_str()
        };
        let limit = usize::try_from(size + 1).expect("a page has at most a thousand items");
        let select = |book: &Book| {
            let mut found: Vec<_> = book.all().filter(|one| wanted(one)).cloned().collect();
            found.sort_by(|one, other| one.id.cmp(&other.id));
            found.truncate(limit);
            found
        };
        let (expected, now) = (Expected::default(), self.clock.now());
        let found = self.standing.standing(tenant, user_no, expected, now, select).await?;
        let mut statuses = found.statuses;
        let has_more = page::cut(&mut statuses, size);
        let last = statuses.last().filter(|_| has_more);
        Ok(pb::ListBudgetStatusesResponse {
            next_page_token: last
                .map(|last| hash.token(last.budget.id.as_str()))
                .unwrap_or_default(),
            statuses: statuses
                .iter()
                .map(|status| {
                    let each_user = status.budget.terms.scope.each_user;
                    let user = if each_user { request.user_id.clone() } else { String::new() };
                    to_status(status, &found.book, user)
                })
                .collect(),
        })
    }

    async fn of_users(
        &self,
        caller: Caller,
        budget: &std::sync::Arc<Budget>,
        book: &Book,
        hash: QueryHash,
        after: Option<String>,
        size: i64,
    ) -> Result<pb::ListBudgetStatusesResponse, Error> {
        let unit = budget.terms.limit.unit;
        let after = after.map(|after| {
            let (used, user_no) = after.split_once(' ').ok_or(Error::PageTokenInvalid)?;
            let used = Amount::parse(unit, used).ok_or(Error::PageTokenInvalid)?;
            Ok::<_, Error>((used, user_no.parse().map_err(|_| Error::PageTokenInvalid)?))
        });
        let after = after.transpose()?;
        let (tenant, now) = (caller.tenant.id, self.clock.now());
        let mut found = self.standing.of_users(tenant, budget, after, size + 1, now).await?;
        let has_more = page::cut(&mut found, size);
        let last = found.last().filter(|_| has_more).map(|(last, _)| {
            let (used, user_no) = (last.sums.standing.used, last.user_no.unwrap_or_default());
            hash.token(&format!("{used} {user_no}"))
        });
        Ok(pb::ListBudgetStatusesResponse {
            next_page_token: last.unwrap_or_default(),
            statuses: found
                .into_iter()
                .map(|(status, user)| to_status(&status, book, user))
                .collect(),
        })
    }

    async fn reserve(
        &self,
        caller: Caller,
        request: pb::ReserveBudgetRequest,
    ) -> Result<pb::ReserveBudgetResponse, Error> {
        let now = self.clock.now();
        let book = self.prices.current();
        let digest = reservation::digest(&request);
        let given = reservation::given_id(&request);
        let new = reservation::new(request, caller.tenant.id, book.of(caller.tenant.id), now);
        let new = match (new, given) {
            // Its price may have gone since the first try; the answer has not.
            (Err(error @ Error::PriceNotFound { .. }), Some(id)) => {
                return self.first_answer(caller, id, digest).await?.ok_or(error);
            }
            (new, _) => new?,
        };
        let id = new.id;
        match self.reserver.reserve(new).await? {
            Reserved::Made(reservation) => Ok(reservation::reserved(&reservation)),
            Reserved::IdReused => Err(BudgetError::ReservationIdReused(id).into()),
        }
    }

    /// What was answered to the same request, if it came before.
    async fn first_answer(
        &self,
        caller: Caller,
        id: ReservationId,
        digest: [u8; 32],
    ) -> Result<Option<pb::ReserveBudgetResponse>, Error> {
        let found = reservations::find_with_digest(&self.standing.pool, caller.tenant.id, id);
        let found = store::pool::read(found).await?;
        let same = found.filter(|(_, known)| *known == digest);
        Ok(same.map(|(made, _)| reservation::reserved(&made)))
    }

    async fn reservation(
        &self,
        caller: Caller,
        id: ReservationId,
    ) -> Result<pb::Reservation, Error> {
        let found = reservations::find(&self.standing.pool, caller.tenant.id, id);
        let found = store::pool::read(found).await?;
        let found = found.ok_or(BudgetError::ReservationNotFound(id))?;
        Ok(reservation::reservation(&found))
    }

    async fn extend(
        &self,
        caller: Caller,
        request: pb::ExtendReservationRequest,
    ) -> Result<pb::Reservation, Error> {
        let (id, lease) = reservation::extension(&request)?;
        let until = self.clock.now() + lease;
        let extended = reservations::extend(&self.standing.pool, caller.tenant.id, id, until);
        let is_held = store::pool::read(extended).await?;
        let found = reservations::find(&self.standing.pool, caller.tenant.id, id);
        let found = store::pool::read(found).await?;
        let found = found.ok_or(BudgetError::ReservationNotFound(id))?;
        if !is_held {
            return Err(BudgetError::ReservationEnded { id, state: found.state.as_str() }.into());
        }
        Ok(reservation::reservation(&found))
    }

    async fn cancel(&self, caller: Caller, id: ReservationId) -> Result<pb::Reservation, Error> {
        self.releaser.cancel(caller.tenant.id, id).await?;
        self.reservation(caller, id).await
    }
}

/// The budget of this name, which must have this etag, if any.
fn known<'b>(
    book: &'b Book,
    id: &BudgetId,
    etag: &str,
) -> Result<&'b std::sync::Arc<Budget>, Error> {
    let known = book.by_id(id.as_str()).ok_or_else(|| BudgetError::NotFound(id.clone()))?;
    let own = budget::etag(&(known.no, known.version));
    if !etag.is_empty() && etag != own {
        return Err(BudgetError::EtagMismatch { id: id.clone(), etag: own }.into());
    }
    Ok(known)
}

fn to_status(
    status: &crate::domain::budget::status::Status,
    book: &Book,
    user: String,
) -> pb::BudgetStatus {
    let replaces = status.budget.replaces.and_then(|no| book.by_no(no));
    budget::status(status, replaces.map(|replaced| &replaced.id), user)
}

#[tonic::async_trait]
impl BudgetService for Budgets {
    async fn create_budget(
        &self,
        request: Request<pb::CreateBudgetRequest>,
    ) -> Result<Response<pb::CreateBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        let budget = Some(self.create(caller, request.into_inner()).await?);
        Ok(Response::new(pb::CreateBudgetResponse { budget }))
    }

    async fn get_budget(
        &self,
        request: Request<pb::GetBudgetRequest>,
    ) -> Result<Response<pb::GetBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        let id = budget::id(&request.into_inner().budget_id).map_err(Error::from)?;
        let budget = Some(self.find(caller, &id).await?);
        Ok(Response::new(pb::GetBudgetResponse { budget }))
    }

    async fn list_budgets(
        &self,
        request: Request<pb::ListBudgetsRequest>,
    ) -> Result<Response<pb::ListBudgetsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.list(caller, request.into_inner()).await?))
    }

    async fn update_budget(
        &self,
        request: Request<pb::UpdateBudgetRequest>,
    ) -> Result<Response<pb::UpdateBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        let budget = Some(self.update(caller, request.into_inner()).await?);
        Ok(Response::new(pb::UpdateBudgetResponse { budget }))
    }

    async fn delete_budget(
        &self,
        request: Request<pb::DeleteBudgetRequest>,
    ) -> Result<Response<pb::DeleteBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        self.delete(caller, request.into_inner()).await?;
        Ok(Response::new(pb::DeleteBudgetResponse {}))
    }

    async fn list_budget_statuses(
        &self,
        request: Request<pb::ListBudgetStatusesRequest>,
    ) -> Result<Response<pb::ListBudgetStatusesResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.statuses(caller, request.into_inner()).await?))
    }

    async fn reserve_budget(
        &self,
        request: Request<pb::ReserveBudgetRequest>,
    ) -> Result<Response<pb::ReserveBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.reserve(caller, request.into_inner()).await?))
    }

    async fn get_reservation(
        &self,
        request: Request<pb::GetReservationRequest>,
    ) -> Result<Response<pb::GetReservationResponse>, Status> {
        let caller = auth::caller(&request)?;
        let id = reservation::id(&request.into_inner().reservation_id).map_err(Error::from)?;
        let reservation = Some(self.reservation(caller, id).await?);
        Ok(Response::new(pb::GetReservationResponse { reservation }))
    }

    async fn extend_reservation(
        &self,
        request: Request<pb::ExtendReservationRequest>,
    ) -> Result<Response<pb::ExtendReservationResponse>, Status> {
        let caller = auth::caller(&request)?;
        let reservation = Some(self.extend(caller, request.into_inner()).await?);
        Ok(Response::new(pb::ExtendReservationResponse { reservation }))
    }

    async fn cancel_reservation(
        &self,
        request: Request<pb::CancelReservationRequest>,
    ) -> Result<Response<pb::CancelReservationResponse>, Status> {
        let caller = auth::caller(&request)?;
        let id = reservation::id(&request.into_inner().reservation_id).map_err(Error::from)?;
        let reservation = Some(self.cancel(caller, id).await?);
        Ok(Response::new(pb::CancelReservationResponse { reservation }))
    }
}
