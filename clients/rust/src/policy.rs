//! Which cost of a record counts?

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::proto;

/// Which cost of a record counts, where it reports one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CostPolicy {
    /// The service's own figure, from the price list.
    #[default]
    Priced,
    /// The reported cost where a record has one, else the service's own figure.
    Reported,
}

impl CostPolicy {
    fn from_proto(policy: i32) -> Result<Self, AnswerError> {
        match proto::CostPolicy::try_from(policy) {
            Ok(proto::CostPolicy::Priced) => Ok(CostPolicy::Priced),
            Ok(proto::CostPolicy::Reported) => Ok(CostPolicy::Reported),
            _ => Err(AnswerError::bad("policy", &policy)),
        }
    }

    fn into_proto(self) -> proto::CostPolicy {
        match self {
            CostPolicy::Priced => proto::CostPolicy::Priced,
            CostPolicy::Reported => proto::CostPolicy::Reported,
        }
    }
}

impl Client {
    /// Which cost of a record counts for this tenant.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_cost_policy(&self) -> Result<CostPolicy, Error> {
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.get_cost_policy(request).await }
        };
        let answer = self.unary(proto::GetCostPolicyRequest {}, call).await?;
        Ok(CostPolicy::from_proto(answer.policy)?)
    }

    /// Changes which cost of a record counts, for records that are stored or priced
    /// anew from now on. Answers the policy that holds now.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn set_cost_policy(&self, policy: CostPolicy) -> Result<CostPolicy, Error> {
        let request = proto::SetCostPolicyRequest { policy: policy.into_proto().into() };
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.set_cost_policy(request).await }
        };
        Ok(CostPolicy::from_proto(self.unary(request, call).await?.policy)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_itself_both_ways() {
        for policy in [CostPolicy::Priced, CostPolicy::Reported] {
            assert_eq!(CostPolicy::from_proto(policy.into_proto().into()), Ok(policy));
        }
        assert_eq!(CostPolicy::from_proto(9), Err(AnswerError::bad("policy", &9)));
    }
}
