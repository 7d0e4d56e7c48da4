//! Which records count in a budget.

use std::collections::BTreeMap;

use crate::proto;

/// Which records count in a budget: those that agree in everything that is set.
/// Names are compared exactly, as the records report them.
///
/// ```
/// use aiusage_client::BudgetScope;
///
/// let every_pro_user = BudgetScope::new().each_user().tag("plan", "pro");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct BudgetScope {
    /// Records of this user only; empty: of any.
    pub user_id: String,
    /// Whether each user has the limit alone.
    pub each_user: bool,
    /// Records of this feature only; empty: of any.
    pub feature: String,
    /// Records of this provider only; empty: of any.
    pub provider: String,
    /// Records of this requested model only; empty: of any.
    pub model: String,
    /// Records of this job only; empty: of any.
    pub job_id: String,
    /// Records with all of these tags.
    pub tags: BTreeMap<String, String>,
}

impl BudgetScope {
    /// All records of the tenant.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records of this user only.
    #[must_use]
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = user_id.into();
        self
    }

    /// Each user has the limit alone, and users need no budget of their own.
    #[must_use]
    pub fn each_user(mut self) -> Self {
        self.each_user = true;
        self
    }

    /// Records of this feature only.
    #[must_use]
    pub fn feature(mut self, feature: impl Into<String>) -> Self {
        self.feature = feature.into();
        self
    }

    /// Records of this provider only.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.provider = provider.into();
        self
    }

    /// Records of this requested model only.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Records of this job only.
    #[must_use]
    pub fn job_id(mut self, job_id: impl Into<String>) -> Self {
        self.job_id = job_id.into();
        self
    }

    /// Records with this tag only; up to 8.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    pub(crate) fn into_proto(self) -> proto::BudgetScope {
        proto::BudgetScope {
            user_id: self.user_id,
            each_user: self.each_user,
            feature: self.feature,
            provider: self.provider,
            model: self.model,
            job_id: self.job_id,
            tags: self.tags,
        }
    }

    pub(crate) fn from_proto(scope: Option<proto::BudgetScope>) -> Self {
        let scope = scope.unwrap_or_default();
        Self {
            user_id: scope.user_id,
            each_user: scope.each_user,
            feature: scope.feature,
            provider: scope.provider,
            model: scope.model,
            job_id: scope.job_id,
            tags: scope.tags,
        }
    }
}
