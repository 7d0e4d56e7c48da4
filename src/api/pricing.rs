//! `PricingService`: convert in, look up or change, convert out.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::auth::{self, Caller};
use super::convert::price::{self, Listing};
use super::convert::{page, price_change};
use super::page_token::QueryHash;
use super::pb;
use super::pb::pricing_service_server::PricingService;
use super::status::Error;
use super::sync_prices;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::pricing::change::{Changes, Refusal};
use crate::pricing::resolve::Names;
use crate::pricing::{Model, PriceBook, Prices, Provider, View};
use crate::store::{self, Pool};
use crate::upkeep::keeper::{self, Changed};

/// The most versions of one answer.
const VERSIONS_MAX: usize = 200;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Pricing {
    pub(super) prices: Prices,
    pub(super) keeper: keeper::Handle,
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    /// Cancelled when the server stops: uploads then end.
    pub(super) stop: CancellationToken,
}

impl Pricing {
    fn list(
        &self,
        tenant: TenantId,
        request: &pb::ListPricesRequest,
    ) -> Result<pb::ListPricesResponse, Error> {
        let listing = price::listing(request, self.clock.now())?;
        let hash = query_hash(request);
        let last = hash.last(&request.page_token)?;
        let book = self.prices.current();
        let view = book.of(tenant);
        let mut models =
            view.public().models().filter(|(provider, model)| listing.wants(provider, model));
        if let Some(last) = last {
            // A model that is gone since the last page leads to the end, not round again.
            models.by_ref().find(|(provider, model)| place(provider, model) == last);
        }
        let page: Vec<_> = models.by_ref().take(listing.page_size).collect();
        let next = page.last().filter(|_| models.next().is_some());
        Ok(pb::ListPricesResponse {
            next_page_token: next
                .map(|(provider, model)| hash.token(&place(provider, model)))
                .unwrap_or_default(),
            prices: page
                .into_iter()
                .map(|(provider, model)| listing.show(view, provider, model))
                .collect(),
        })
    }

    fn get(
        &self,
        tenant: TenantId,
        request: pb::GetPriceRequest,
    ) -> Result<pb::GetPriceResponse, Error> {
        let wanted = price::wanted(request, self.clock.now())?;
        let names =
            Names { provider: wanted.provider.as_str(), model: &wanted.model, ..Names::default() };
        let book = self.prices.current();
        match book.of(tenant).find(names, wanted.at, &wanted.terms) {
            Ok(found) => Ok(price::found(&found)),
            Err(_) => Err(Error::PriceNotFound {
                provider: wanted.provider.as_str().to_owned(),
                model: wanted.model.into(),
            }),
        }
    }
}

impl Pricing {
    fn versions(
        &self,
        tenant: TenantId,
        request: pb::ListPriceVersionsRequest,
    ) -> Result<pb::ListPriceVersionsResponse, Error> {
        let now = self.clock.now();
        let asked = pb::GetPriceRequest {
            provider: request.provider,
            model: request.model,
            ..Default::default()
        };
        let wanted = price::wanted(asked, now)?;
        let names =
            Names { provider: wanted.provider.as_str(), model: &wanted.model, ..Names::default() };
        let book = self.prices.current();
        let view = book.of(tenant);
        let found = view.resolve(names, now).map_err(|_| Error::PriceNotFound {
            provider: wanted.provider.as_str().to_owned(),
            model: wanted.model.into(),
        })?;
        let in_force = view.in_force(found.model, now).map(|price| price.version);
        let versions = view.versions(found.model).rev().take(VERSIONS_MAX).map(|version| {
            let is_in_force = in_force.is_some_and(|other| std::ptr::eq(version, other));
            price_change::version(version, is_in_force)
        });
        Ok(pb::ListPriceVersionsResponse {
            provider: found.provider.key.to_string(),
            model: found.model.key.to_string(),
            resolved_by: found.by.as_str().to_owned(),
            versions: versions.collect(),
        })
    }

    /// Works a change out, and makes it unless it is only to be checked.
    pub(super) async fn change(
        &self,
        validate_only: bool,
        plan: impl Fn(&PriceBook) -> Result<Changes, Refusal> + Send + Sync + 'static,
    ) -> Result<Changed, Error> {
        if validate_only {
            let book = self.prices.whole();
            return Ok(Changed { changes: plan(&book)?, book });
        }
        Ok(self.keeper.change(Box::new(plan)).await?)
    }

    async fn create(
        &self,
        caller: Caller,
        request: pb::CreatePriceRequest,
    ) -> Result<pb::CreatePriceResponse, Error> {
        let validate_only = request.validate_only;
        let new = price_change::new_price(request, &caller, self.clock.now())?;
        if new.public {
            caller.must_operate()?;
        }
        let changed = self.change(validate_only, move |book| new.plan(book)).await?;
        let added = changed.changes.versions.first().ok_or(Error::Fault)?;
        let stored = changed.stored(caller.tenant.id, added);
        let version = stored.as_ref().filter(|_| !validate_only).unwrap_or(&added.version);
        let now = self.clock.now();
        let in_force = changed.is_in_force(caller.tenant.id, added, version, now);
        Ok(pb::CreatePriceResponse {
            provider: added.model.provider.to_string(),
            model: added.model.model.to_string(),
            version: Some(price_change::version(version, in_force)),
            model_created: !changed.changes.providers.is_empty(),
        })
    }

    async fn end(
        &self,
        caller: Caller,
        request: pb::EndPriceRequest,
    ) -> Result<pb::EndPriceResponse, Error> {
        let validate_only = request.validate_only;
        let end = price_change::end_price(request, &caller, self.clock.now())?;
        if end.public {
            caller.must_operate()?;
        }
        let at = end.at;
        let changed = self.change(validate_only, move |book| end.plan(book)).await?;
        let added = changed.changes.versions.first().ok_or(Error::Fault)?;
        let view = changed.book.of(caller.tenant.id);
        let found = view.public().by_key(&added.model).filter(|_| !validate_only);
        let price = found.and_then(|(provider, model)| {
            let quote = view.quote(model, at, &Default::default())?;
            Some(price::model_price(provider, model, Some(&quote)))
        });
        Ok(pb::EndPriceResponse {
            provider: added.model.provider.to_string(),
            model: added.model.model.to_string(),
            price,
        })
    }

    async fn create_alias(
        &self,
        caller: Caller,
        request: pb::CreateModelAliasRequest,
    ) -> Result<pb::ModelAlias, Error> {
        let validate_only = request.validate_only;
        let new = price_change::new_alias(request, &caller, self.clock.now())?;
        let plan = new.clone();
        let changed = self.change(validate_only, move |book| plan.plan(book)).await?;
        let added = changed.changes.aliases.first().and_then(|added| added.model.as_ref());
        let target = added.ok_or(Error::Fault)?;
        Ok(price_change::given_alias(&new, &target.provider, &target.model))
    }

    async fn end_alias(
        &self,
        caller: Caller,
        request: pb::EndModelAliasRequest,
    ) -> Result<pb::ModelAlias, Error> {
        let validate_only = request.validate_only;
        let end = price_change::end_alias(request, &caller, self.clock.now())?;
        let plan = end.clone();
        self.change(validate_only, move |book| plan.plan(book)).await?;
        Ok(price_change::ended_alias(&end, self.clock.now()))
    }

    async fn aliases(
        &self,
        caller: Caller,
        request: pb::ListModelAliasesRequest,
    ) -> Result<pb::ListModelAliasesResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["aliases"]);
        let before = hash.last(&request.page_token)?;
        let before = before.map(|id| id.parse().map_err(|_| Error::PageTokenInvalid));
        let listed = store::prices::list_aliases(
            &self.pool,
            caller.tenant.id,
            before.transpose()?,
            size + 1,
        );
        let mut aliases = store::pool::read(listed).await?;
        let more = page::cut(&mut aliases, size);
        let last = aliases.last().filter(|_| more);
        Ok(pb::ListModelAliasesResponse {
            next_page_token: last
                .map(|last| hash.token(&last.model_alias_id.to_string()))
                .unwrap_or_default(),
            aliases: aliases.into_iter().map(price_change::stored_alias).collect(),
        })
    }
}

impl Listing {
    fn wants(&self, provider: &Provider, model: &Model) -> bool {
        let asked = self.provider.as_str();
        (asked.is_empty() || asked.eq_ignore_ascii_case(&provider.key))
            && model.key.to_lowercase().contains(&self.model_contains)
    }

    fn show<'a>(&self, view: View<'a>, provider: &Provider, model: &'a Model) -> pb::ModelPrice {
        let quote = view.quote(model, self.at, &Default::default());
        price::model_price(provider, model, quote.as_ref())
    }
}

fn query_hash(request: &pb::ListPricesRequest) -> QueryHash {
    let time = request.effective_time.map(|time| format!("{}.{}", time.seconds, time.nanos));
    QueryHash::of(&[&request.provider, &request.model_contains, &time.unwrap_or_default()])
}

/// A model's place in the list.
fn place(provider: &Provider, model: &Model) -> String {
    format!("{}\0{}", provider.key, model.key)
}

#[tonic::async_trait]
impl PricingService for Pricing {
    async fn list_prices(
        &self,
        request: Request<pb::ListPricesRequest>,
    ) -> Result<Response<pb::ListPricesResponse>, Status> {
        Ok(Response::new(self.list(auth::caller(&request)?.tenant.id, request.get_ref())?))
    }

    async fn get_price(
        &self,
        request: Request<pb::GetPriceRequest>,
    ) -> Result<Response<pb::GetPriceResponse>, Status> {
        let tenant = auth::caller(&request)?.tenant.id;
        Ok(Response::new(self.get(tenant, request.into_inner())?))
    }

    async fn list_price_versions(
        &self,
        request: Request<pb::ListPriceVersionsRequest>,
    ) -> Result<Response<pb::ListPriceVersionsResponse>, Status> {
        let tenant = auth::caller(&request)?.tenant.id;
        Ok(Response::new(self.versions(tenant, request.into_inner())?))
    }

    async fn create_price(
        &self,
        request: Request<pb::CreatePriceRequest>,
    ) -> Result<Response<pb::CreatePriceResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.create(caller, request.into_inner()).await?))
    }

    async fn end_price(
        &self,
        request: Request<pb::EndPriceRequest>,
    ) -> Result<Response<pb::EndPriceResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.end(caller, request.into_inner()).await?))
    }

    type SyncPricesStream = sync_prices::Answers;

    async fn sync_prices(
        &self,
        request: Request<Streaming<pb::SyncPricesRequest>>,
    ) -> Result<Response<Self::SyncPricesStream>, Status> {
        let caller = auth::caller(&request)?;
        caller.must_operate()?;
        let sync = sync_prices::Sync { pricing: self.clone(), caller };
        Ok(Response::new(sync.answers(request.into_inner())))
    }

    async fn create_model_alias(
        &self,
        request: Request<pb::CreateModelAliasRequest>,
    ) -> Result<Response<pb::CreateModelAliasResponse>, Status> {
        let caller = auth::caller(&request)?;
        let alias = self.create_alias(caller, request.into_inner()).await?;
        Ok(Response::new(pb::CreateModelAliasResponse { alias: Some(alias) }))
    }

    async fn end_model_alias(
        &self,
        request: Request<pb::EndModelAliasRequest>,
    ) -> Result<Response<pb::EndModelAliasResponse>, Status> {
        let caller = auth::caller(&request)?;
        let alias = self.end_alias(caller, request.into_inner()).await?;
        Ok(Response::new(pb::EndModelAliasResponse { alias: Some(alias) }))
    }

    async fn list_model_aliases(
        &self,
        request: Request<pb::ListModelAliasesRequest>,
    ) -> Result<Response<pb::ListModelAliasesResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.aliases(caller, request.into_inner()).await?))
    }
}
