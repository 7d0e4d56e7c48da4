//! `PricingService`: convert in, look up, convert out.

use tonic::{Request, Response, Status};

use super::auth;
use super::convert::price::{self, Listing};
use super::page_token::QueryHash;
use super::pb;
use super::pb::pricing_service_server::PricingService;
use super::status::Error;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::pricing::resolve::Names;
use crate::pricing::{Model, Prices, Provider, View};

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Pricing {
    pub(super) prices: Prices,
    pub(super) clock: Clock,
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
}
