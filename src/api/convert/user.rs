//! Users of the directory.

use super::answer::money;
use super::record::log_amount;
use super::time;
use crate::api::pb;
use crate::domain::text::{self, UserId};
use crate::domain::user::{DISPLAY_NAME_MAX, EMAIL_MAX, PLAN_MAX, ProfileChange, User};
use crate::domain::violation::Violations;

/// The fields that a mask may name.
const FIELDS: [&str; 6] =
    ["display_name", "email", "plan", "monthly_revenue", "acquisition_cost", "signup_time"];

/// Reads a user's id.
pub(crate) fn user_id(id: &str) -> Result<UserId, Violations> {
    let mut violations = Violations::default();
    let user = violations.take("user_id", UserId::new(id));
    user.ok_or(violations)
}

/// Reads whom to change and how.
pub(crate) fn change(
    request: pb::UpsertUserRequest,
) -> Result<(UserId, ProfileChange), Violations> {
    let mut violations = Violations::default();
    let wire = request.user.unwrap_or_default();
    let mask = request.update_mask.map(|mask| mask.paths);
    for path in mask.iter().flatten().filter(|path| !FIELDS.contains(&path.as_str())) {
        violations.add("update_mask", format!("{path:?} is none of {}", FIELDS.join(", ")));
    }
    // Without a mask what is given counts; with one what is named, given or not.
    let named = |field: &str, given: bool| match &mask {
        None => given,
        Some(paths) => paths.iter().any(|path| path == field),
    };
    let mut inner = Violations::default();
    let user = inner.take("user_id", UserId::new(&wire.user_id));
    let mut change = ProfileChange::default();
    let texts = [
        ("display_name", &wire.display_name, DISPLAY_NAME_MAX, &mut change.display_name),
        ("email", &wire.email, EMAIL_MAX, &mut change.email),
        ("plan", &wire.plan, PLAN_MAX, &mut change.plan),
    ];
    for (field, given, max, changed) in texts {
        if named(field, !given.is_empty()) {
            *changed = inner.take(field, text::optional(given, max));
        }
    }
    let amounts = [
        ("monthly_revenue", &wire.monthly_revenue, &mut change.monthly_revenue),
        ("acquisition_cost", &wire.acquisition_cost, &mut change.acquisition_cost),
    ];
    for (field, given, changed) in amounts {
        if named(field, given.is_some()) {
            let amount = given.as_ref().map(log_amount).transpose();
            *changed = inner.take(field, amount);
        }
    }
    if named("signup_time", wire.signup_time.is_some()) {
        let signup_time = wire.signup_time.map(time::timestamp).transpose();
        change.signup_time = inner.take("signup_time", signup_time);
    }
    violations.extend_under("user", inner);
    match user {
        Some(user) if violations.is_empty() => Ok((user, change)),
        _ => Err(violations),
    }
}

/// Writes a user.
pub(crate) fn user(user: User) -> pb::User {
    pb::User {
        user_id: user.id,
        display_name: user.display_name,
        email: user.email,
        plan: user.plan,
        monthly_revenue: user.monthly_revenue.map(money),
        acquisition_cost: user.acquisition_cost.map(money),
        signup_time: user.signup_time.map(time::to_timestamp),
        create_time: user.known.map(|known| time::to_timestamp(known.create_time)),
        update_time: user.known.map(|known| time::to_timestamp(known.update_time)),
    }
}
