//! OWN FIGURES ONLY. What a call may ask that is bound to one user, by its key or by
//! itself. One table for all services, and closed: what is not named here as asking for
//! one's own figures is refused before any service sees it.

use super::auth::Caller;
use super::status::{AccessError, Error};
use crate::domain::filter::Filter;

/// What is asked of a method for a call that is bound to one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// It may be called, and answers from the user's own records alone: it narrows its
    /// question by [`Caller::narrow`], [`Caller::own`] or [`Caller::sees`].
    Own,
    /// It may not be called: it changes something, or tells of others.
    Refused,
}

use Decision::{Own, Refused};

/// Every method of the package; a test holds it complete.
const DECISIONS: &[(&str, &[(&str, Decision)])] = &[
    (
        "UsageService",
        &[
            ("RecordUsage", Refused),
            ("RecordUsageBatch", Refused),
            ("GetUserCost", Own),
            ("CheckBudget", Own),
            ("GetCau", Refused),
        ],
    ),
    (
        "CostService",
        &[
            ("ExplainCost", Own),
            ("EstimateCost", Refused),
            ("ListUnpriced", Refused),
            ("RepriceUsage", Refused),
            ("GetRepricing", Refused),
            ("ListRepricings", Refused),
            ("GetCostPolicy", Refused),
            ("SetCostPolicy", Refused),
        ],
    ),
    (
        "AdminService",
        &[
            ("GetCaller", Own),
            ("CreateKey", Refused),
            ("ListKeys", Refused),
            ("RevokeKey", Refused),
        ],
    ),
    (
        "AnalyticsService",
        &[
            ("GetStats", Own),
            ("GetBreakdown", Own),
            ("GetTimeSeries", Own),
            ("ListUsage", Own),
            ("GetUsage", Own),
            ("ListFailures", Own),
            ("GetJobCost", Own),
            ("GetSessionCost", Own),
            ("ListTopUsers", Refused),
            ("GetCohorts", Refused),
            ("GetUnitEconomics", Refused),
            ("GetForecast", Refused),
            ("ListAnomalies", Refused),
            ("GetSuggestions", Refused),
            ("SimulateCost", Refused),
            ("CompareInvoice", Refused),
        ],
    ),
    (
        "BudgetService",
        &[
            ("CreateBudget", Refused),
            ("GetBudget", Refused),
            ("ListBudgets", Refused),
            ("UpdateBudget", Refused),
            ("DeleteBudget", Refused),
            ("ListBudgetStatuses", Refused),
            ("ReserveBudget", Refused),
            ("GetReservation", Refused),
            ("ExtendReservation", Refused),
            ("CancelReservation", Refused),
        ],
    ),
    (
        "AlertService",
        &[
            ("ListAlerts", Refused),
            ("AcknowledgeAlert", Refused),
            ("WatchAlerts", Refused),
            ("CreateWebhook", Refused),
            ("ListWebhooks", Refused),
            ("DeleteWebhook", Refused),
            ("ListWebhookDeliveries", Refused),
            ("ReplayWebhook", Refused),
        ],
    ),
    (
        "PricingService",
        &[
            ("ListPrices", Refused),
            ("GetPrice", Refused),
            ("ListPriceVersions", Refused),
            ("CreatePrice", Refused),
            ("EndPrice", Refused),
            ("SyncPrices", Refused),
            ("CreateModelAlias", Refused),
            ("EndModelAlias", Refused),
            ("ListModelAliases", Refused),
        ],
    ),
    (
        "UserService",
        &[
            ("UpsertUser", Refused),
            ("GetUser", Refused),
            ("ListUsers", Refused),
            ("EraseUser", Refused),
        ],
    ),
    // A report goes where the question goes that it is made of.
    ("ExportService", &[("Export", Own)]),
];

/// Whether a call that is bound to a user may go to `path`, such as
/// `/aiusage.v1.UsageService/GetUserCost`.
fn may_go_to(path: &str) -> bool {
    let Some((service, method)) =
        path.strip_prefix("/aiusage.v1.").and_then(|name| name.split_once('/'))
    else {
        return false;
    };
    let decided = DECISIONS.iter().find(|(name, _)| *name == service);
    let decided = decided.and_then(|(_, methods)| methods.iter().find(|(name, _)| *name == method));
    decided.is_some_and(|(_, decision)| *decision == Own)
}

impl Caller {
    /// Refuses a bound call to a method that is not for its own figures.
    pub(super) fn must_be_allowed(&self, path: &str) -> Result<(), Error> {
        match &self.user {
            Some(_) if !may_go_to(path) => Err(self.own_figures_only()),
            _ => Ok(()),
        }
    }

    /// Refuses a question about another user.
    pub(super) fn own(&self, user: &str) -> Result<(), Error> {
        if self.sees(user) { Ok(()) } else { Err(self.own_figures_only()) }
    }

    /// Whether the records of `user` may be shown.
    pub(super) fn sees(&self, user: &str) -> bool {
        self.user.as_ref().is_none_or(|own| own.as_str() == user)
    }

    /// The same filter for the caller's own records: those of all, or of one user. A
    /// filter that names others is refused, not silently narrowed.
    pub(super) fn narrow(&self, filter: Filter) -> Result<Filter, Error> {
        let Some(own) = &self.user else { return Ok(filter) };
        filter.users.iter().try_for_each(|user| self.own(user))?;
        Ok(Filter { users: vec![own.to_string()], ..filter })
    }

    fn own_figures_only(&self) -> Error {
        let user_id = self.user.as_ref().map(ToString::to_string).unwrap_or_default();
        AccessError::OwnFiguresOnly { user_id }.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;

    use super::*;
    use crate::api::pb::DESCRIPTORS;

    /// Services and methods by name.
    type Names = BTreeSet<(String, String)>;

    #[test]
    fn every_method_is_decided() {
        let files = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
        let package = files.iter().filter(|file| file.package() == "aiusage.v1");
        let services = package.flat_map(|file| &file.service);
        let declared: Names = services
            .flat_map(|service| {
                let name = |method: &str| (service.name().to_owned(), method.to_owned());
                service.method.iter().map(move |method| name(method.name())).collect::<Vec<_>>()
            })
            .collect();
        let decided: Names = DECISIONS
            .iter()
            .flat_map(|(service, methods)| {
                methods.iter().map(move |(method, _)| ((*service).into(), (*method).into()))
            })
            .collect();
        assert_eq!(decided, declared);
        assert!(declared.len() > 40, "the descriptors were not read");
    }

    #[test]
    fn what_is_not_named_is_refused() {
        assert!(may_go_to("/aiusage.v1.UsageService/GetUserCost"));
        for path in [
            "/aiusage.v1.UsageService/GetCau",
            "/aiusage.v1.UsageService/GetUserCost/",
            "/aiusage.v1.UsageService/",
            "/aiusage.v1.NewService/GetUserCost",
            "/aiusage.v2.UsageService/GetUserCost",
            "/metrics",
            "",
        ] {
            assert!(!may_go_to(path), "{path}");
        }
    }
}
