//! `aiusage users`.

use aiusage_client::{Client, Decimal, User, UserProfile, UserQuery};
use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::figures::{counted, dollars, time};
use super::output::{Column, Output};
use super::{pages, times};

/// The people behind user ids: names, plans, what they bring in
#[derive(Debug, Args)]
pub(super) struct UsersArgs {
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    List(ListArgs),
    /// Show what is known of a user
    Show(OneArgs),
    Set(SetArgs),
    Erase(EraseArgs),
}

/// List the users of the directory and all who have records
#[derive(Debug, Args)]
struct ListArgs {
    /// Only those in whose id, name or e-mail address this occurs
    #[arg(default_value = "")]
    search: String,

    /// Only those with this plan
    #[arg(long, default_value = "")]
    plan: String,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// The user's id
    user: String,
}

/// Keep what is given of a user; the rest stays as it is
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aiusage users set ada --name 'Ada Lovelace' --plan pro --monthly-revenue 20
  aiusage users set ada --email ''")]
struct SetArgs {
    /// The user's id
    user: String,

    /// A name to show; '' clears it
    #[arg(long)]
    name: Option<String>,

    /// An e-mail address to search by; '' clears it
    #[arg(long)]
    email: Option<String>,

    /// The plan; '' clears it
    #[arg(long)]
    plan: Option<String>,

    /// What the user pays in a calendar month, in dollars
    #[arg(long, value_name = "DOLLARS")]
    monthly_revenue: Option<Decimal>,

    /// What it cost to win the user, in dollars
    #[arg(long, value_name = "DOLLARS")]
    acquisition_cost: Option<Decimal>,

    /// When the user signed up: a date or a time, in UTC
    #[arg(long, value_name = "TIME")]
    signed_up: Option<String>,
}

/// Remove a person for good: the id, the directory's entry, and what records carry
/// that could name a person; sums stay
#[derive(Debug, Args)]
struct EraseArgs {
    /// The user's id
    user: String,

    /// Do it: it cannot be undone
    #[arg(long)]
    yes: bool,
}

/// Runs the subcommand.
pub(super) async fn run(args: UsersArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    match args.command {
        UsersCommand::List(args) => list(args, client, output).await,
        UsersCommand::Show(args) => {
            show(&client.get_user(args.user).await?, output);
            Ok(())
        }
        UsersCommand::Set(args) => set(args, client, output).await,
        UsersCommand::Erase(args) => erase(args, client, output).await,
    }
}

async fn list(args: ListArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let query = UserQuery::new().search(args.search).plan(args.plan).page_size(pages::PAGE_SIZE);
    let page = async |token| {
        let page = client.list_users(query.clone().page_token(token)).await?;
        Ok((page.users, page.next_page_token))
    };
    let users = pages::all(page).await?;
    if output.is_json() {
        output.json(&json!({ "users": users }));
    } else if users.is_empty() {
        output.text("No such users.\n");
    } else {
        output.text(&table(&users, output));
    }
    Ok(())
}

fn table(users: &[User], output: &Output) -> String {
    let columns = [
        Column::Text("User"),
        Column::Text("Name"),
        Column::Text("E-mail"),
        Column::Text("Plan"),
        Column::Figure("Revenue / month"),
    ];
    let row = |user: &User| {
        [
            user.user_id.clone(),
            user.display_name.clone(),
            user.email.clone(),
            user.plan.clone(),
            user.monthly_revenue.map(dollars).unwrap_or_default(),
        ]
    };
    output.table(columns, users.iter().map(row).collect())
}

fn show(user: &User, output: &Output) {
    if output.is_json() {
        return output.json(&json!({ "user": user }));
    }
    let lines = [
        ("User", user.user_id.clone()),
        ("Name", user.display_name.clone()),
        ("E-mail", user.email.clone()),
        ("Plan", user.plan.clone()),
        ("Revenue / month", user.monthly_revenue.map(dollars).unwrap_or_default()),
        ("Cost to win", user.acquisition_cost.map(dollars).unwrap_or_default()),
        ("Signed up", user.signup_time.map(time).unwrap_or_default()),
    ];
    for (title, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
        output.text(&format!("{title:<17}{value}\n"));
    }
}

async fn set(args: SetArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let signed_up = times::flag("signed-up", args.signed_up.as_deref(), chrono_tz::Tz::UTC)?;
    let mut profile = UserProfile::new(args.user);
    profile = args.name.into_iter().fold(profile, UserProfile::display_name);
    profile = args.email.into_iter().fold(profile, UserProfile::email);
    profile = args.plan.into_iter().fold(profile, UserProfile::plan);
    profile = args.monthly_revenue.into_iter().fold(profile, UserProfile::monthly_revenue);
    profile = args.acquisition_cost.into_iter().fold(profile, UserProfile::acquisition_cost);
    profile = signed_up.into_iter().fold(profile, UserProfile::signup_time);
    show(&client.upsert_user(profile).await?, output);
    Ok(())
}

async fn erase(args: EraseArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    if !args.yes {
        bail!("nothing was erased; it cannot be undone, so say it with --yes");
    }
    let erased = client.erase_user(args.user).await?;
    if output.is_json() {
        output.json(&erased);
    } else {
        output.text(&format!(
            "The user is gone. {} are under {} now.\n",
            counted(erased.record_count, "record"),
            erased.anonymous_user_id
        ));
    }
    Ok(())
}
