//! Users as rows: all of them, or a top and the others together.

use tokio::sync::mpsc;

use super::Table;
use super::draft::Draft;
use super::file::Rows;
use super::reports::{
    decimal, figures_cells, figures_columns, money, totals_cells, totals_columns,
};
use crate::api::analytics::{Analytics, scope};
use crate::api::auth::Caller;
use crate::api::convert::{answer, filter, spenders, usage_entry};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::filter::Dimension;
use crate::domain::violation::Violations;
use crate::export::{Cell, Column, Format};
use crate::query;
use crate::store::spenders::{Account, Part};
use crate::store::totals::Titled;

/// A file without a top has every user.
const ALL: i64 = i64::MAX;

/// What users cost.
pub(super) async fn costs(
    analytics: &Analytics,
    caller: Caller,
    asked: pb::ListTopUsersRequest,
    format: Format,
) -> Result<Table, Error> {
    let mut violations = Violations::default();
    let top = filter::top(asked.top, ALL, i32::MAX.into(), &mut violations);
    let scope = scope(caller, asked.period, asked.filter, &mut violations)?;
    violations.into_result()?;
    let scope = scope.expect("what could not be read was noted");
    let now = analytics.clock.now();
    let days = query::top_users::days_begun(&scope, scope.range(now), now);
    let mut columns = names();
    columns.extend(totals_columns());
    columns.extend(["mean_daily_cost", "cost_percent"].map(Column::of_decimals));
    let draft = Draft::new(format, columns)?;
    let (out, rows) = mpsc::channel(1);
    let sums = async {
        let sums = query::top_users::all_users(&analytics.pool, &scope, top, now, out);
        sums.await.map_err(Error::from)
    };
    let write = draft.write(rows, |user| Some(cost(user, days)));
    let ((), (file, row_count)) = tokio::try_join!(sums, write)?;
    let range = scope.range(now);
    let coverage = analytics.coverage(&scope, &[Dimension::User], &[range]).await?;
    Ok(Table {
        name: "top-users",
        columns: Vec::new(),
        rows: Rows::Written(file),
        row_count,
        coverage,
    })
}

fn cost(user: Titled, days: i64) -> Vec<Cell> {
    let Titled { row, display_name, plan, cost_of_all } = user;
    let [user, _] = row.keys;
    let cost = row.totals.cost;
    let mut cells = match row.place {
        Some(_) => [user, display_name, plan].map(Cell::Text).to_vec(),
        None => rest(row.key_count),
    };
    cells.extend(totals_cells(Some(&answer::totals(&row.totals))));
    cells.push(money(Some(&answer::money(cost.share(days)))));
    let percent = cost.percent_of(cost_of_all).map(|percent| percent.to_string());
    cells.push(decimal(&percent.unwrap_or_default()));
    cells
}

/// What users bring in and cost.
pub(super) async fn margins(
    analytics: &Analytics,
    caller: Caller,
    asked: pb::GetUnitEconomicsRequest,
    format: Format,
) -> Result<Table, Error> {
    let mut violations = Violations::default();
    let top = filter::top(asked.top, ALL, i32::MAX.into(), &mut violations);
    let when = filter::period(asked.period, caller.tenant.zone, &mut violations);
    violations.into_result()?;
    let when = when.expect("what could not be read was noted");
    let now = analytics.clock.now();
    let mut columns = names();
    columns.extend(figures_columns());
    let draft = Draft::new(format, columns)?;
    let (out, rows) = mpsc::channel(1);
    let accounts = async {
        let (pool, tenant) = (&analytics.pool, caller.tenant);
        let accounts = query::spenders::all_economics(pool, tenant, when, top, now, out);
        accounts.await.map_err(Error::from)
    };
    let ((), (file, row_count)) = tokio::try_join!(accounts, draft.write(rows, margin))?;
    let range = when.range(now);
    let coverage = query::spenders::coverage(&analytics.pool, caller.tenant, range).await?;
    Ok(Table {
        name: "unit-economics",
        columns: Vec::new(),
        rows: Rows::Written(file),
        row_count,
        coverage: Some(usage_entry::coverage(&coverage)),
    })
}

fn margin(account: Account) -> Option<Vec<Cell>> {
    let (part, plan) = (account.part, account.plan.clone());
    let account = spenders::account(account);
    let mut cells = match part {
        Part::Total | Part::Plan => return None,
        Part::User => {
            [account.key.clone(), account.display_name.clone(), plan].map(Cell::Text).to_vec()
        }
        Part::Rest => rest(account.user_count),
    };
    cells.extend(figures_cells(&account));
    Some(cells)
}

fn names() -> Vec<Column> {
    ["user_id", "name", "plan"].map(Column::new).to_vec()
}

fn rest(count: i64) -> Vec<Cell> {
    vec![Cell::Plain(format!("(rest of {count})")), Cell::Empty, Cell::Empty]
}
