//! Names that a tenant gives models.

use chrono::{DateTime, Utc};

use super::{ALIASES_MAX, AddedAlias, Changes, ModelKey, Refusal, Wanted, refuse_more};
use crate::domain::ids::TenantId;
use crate::pricing::PriceBook;

/// A name to be given.
#[derive(Debug, Clone)]
pub struct NewAlias {
    /// Who asks.
    pub tenant: TenantId,
    /// The name.
    pub alias: String,
    /// The provider that records carry with it; empty: any.
    pub provider: String,
    /// The model that is meant.
    pub target: Wanted,
    /// First instant; absent: since ever.
    pub from: Option<DateTime<Utc>>,
    /// Now: names of the target are read as of now.
    pub now: DateTime<Utc>,
    /// The API key that asks.
    pub created_by: String,
}

impl NewAlias {
    /// Works the change out.
    pub fn plan(&self, book: &PriceBook) -> Result<Changes, Refusal> {
        refuse_more("names", book.of(self.tenant).alias_count(), ALIASES_MAX)?;
        // The target is a model of the list, not another name of the tenant's.
        let (provider, model) = self.target.find(book.public().view(), self.now)?;
        Ok(Changes {
            what: format!("create_model_alias {}", self.alias),
            created_by: self.created_by.clone(),
            aliases: vec![AddedAlias {
                tenant: self.tenant,
                alias: self.alias.as_str().into(),
                provider: self.provider.as_str().into(),
                model: Some(ModelKey::of(provider, model)),
                from: self.from,
            }],
            ..Changes::default()
        })
    }
}

/// A name to be ended.
#[derive(Debug, Clone)]
pub struct EndAlias {
    /// Who asks.
    pub tenant: TenantId,
    /// The name.
    pub alias: String,
    /// The provider that it was given for.
    pub provider: String,
    /// First instant at which it does not hold any more.
    pub at: DateTime<Utc>,
    /// The API key that asks.
    pub created_by: String,
}

impl EndAlias {
    /// Works the change out.
    pub fn plan(&self, book: &PriceBook) -> Result<Changes, Refusal> {
        if !book.of(self.tenant).has_alias(&self.alias, &self.provider, self.at) {
            return Err(Refusal::NoAlias(self.alias.clone()));
        }
        Ok(Changes {
            what: format!("end_model_alias {}", self.alias),
            created_by: self.created_by.clone(),
            aliases: vec![AddedAlias {
                tenant: self.tenant,
                alias: self.alias.as_str().into(),
                provider: self.provider.as_str().into(),
                model: None,
                from: Some(self.at),
            }],
            ..Changes::default()
        })
    }
}
