//! Alerts while everything is killed: each is raised exactly once, is posted at least once
//! with the same id, and is seen by who watches.
//!
//! Once at each step on its way, where the database is made to pause; and at random, in a
//! crowd of users who run into their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aiusage::clock::Clock;
use aiusage::domain::budget::period::Cycle;
use aiusage::domain::budget::{Amount, BudgetId, BudgetPeriod, Scope, Terms, Unit};
use aiusage::domain::ids::TenantId;
use aiusage::domain::period::Zone;
use aiusage::domain::text::{LongName, Name};
use aiusage::store::budgets::{self, Change, Changed};
use aiusage_client::{Alert, AlertQuery, Client, NewWebhook, Record};
use sqlx::PgConnection;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::dice::{self, Dice};
use crate::receiver::{Mood, Receiver};
use crate::report;
use crate::server::Server;
use crate::turn;

/// The server dies while the database pauses here.
const STEPS: [(&str, &str); 8] = [
    ("taken back", "AFTER DELETE ON budget_due"),
    ("raised", "AFTER INSERT ON alert"),
    ("on its way", "AFTER INSERT ON webhook_delivery"),
    ("asking again", "AFTER UPDATE OF alert_at ON budget_counter"),
    ("committing", ""),
    ("leased", "AFTER UPDATE OF attempt_count ON webhook_delivery"),
    ("taken, not settled", "AFTER UPDATE OF state ON webhook_delivery"),
    ("being posted", "-"),
];
/// A lease, and time to find that it has ended.
const SETTLED_MAX: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_survives_a_kill_at_each_step() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;
    for (number, (name, trigger)) in STEPS.into_iter().enumerate() {
        let feature = format!("step-{number}");
        stage.budget(&feature, terms(&feature, false, 1, &[100])).await;
        stage.die_at(name, trigger, &feature).await;
    }
    stage.settle(STEPS.len()).await;
    let twice = stage.receiver.count() - STEPS.len();
    report::say(&format!("  {} steps, {twice} alerts posted again\n", STEPS.len()));
    assert!(twice >= 1, "what is cut off while it is posted is posted again");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_its_limits_is_told_once_whatever_is_killed() {
    const USERS: usize = 60;
    const KILLS: usize = 8;
    let _turn = turn().await;
    let seed = dice::seed();
    report::say(&format!("\nalerts of a crowd under kills: seed {seed}\n"));
    let mut dice = Dice::new(seed);
    let mut stage = Stage::set().await;
    stage.budget("each", terms("", true, 3, &[34, 67, 100])).await;
    let mut calls = JoinSet::new();
    for user in 0..USERS {
        let (client, mut dice) = (stage.client.clone(), dice.split());
        calls.spawn(async move {
            for _ in 0..3 {
                sleep(dice.pause_ms(100..5_000)).await;
                record(&client, &format!("user-{user:02}"), "chat").await;
            }
        });
    }
    for kill in 0..KILLS {
        sleep(dice.pause_ms(300..1_500)).await;
        if kill % 3 == 2 {
            stage.server.kill_postgres();
        } else {
            stage.server.kill().await;
            stage.server.restart();
        }
        stage.server.ready().await;
    }
    calls.join_all().await;
    let begun = Instant::now();
    stage.settle(3 * USERS).await;
    let posts = stage.receiver.count();
    report::say(&format!(
        "  {} alerts of {USERS} users with {KILLS} kills, {posts} posts, settled after {:.1?}\n",
        3 * USERS,
        begun.elapsed()
    ));
    stage.end().await;
}

/// A server, who is posted to, and who watches.
struct Stage {
    server: Server,
    receiver: Receiver,
    client: Client,
    seen: Arc<Mutex<BTreeSet<String>>>,
    /// Ends with the stage.
    _watcher: JoinSet<()>,
}

impl Stage {
    async fn set() -> Self {
        let server = Server::start(&mut Dice::new(dice::seed())).await;
        let credentials = server.credentials();
        let client = Client::builder().address(&credentials.address).api_key(&credentials.api_key);
        let client = client.build().expect("address and key are there");
        let receiver = Receiver::start(Mood::Answers(200)).await;
        client.create_webhook(NewWebhook::new(&receiver.url)).await.expect("loopback is allowed");
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let mut watcher = JoinSet::new();
        watcher.spawn(watch(client.clone(), Arc::clone(&seen)));
        Self { server, receiver, client, seen, _watcher: watcher }
    }

    async fn budget(&self, id: &str, terms: Terms) {
        let mut database = self.server.database().await;
        let sql = "SELECT tenant_id FROM tenant WHERE operator";
        let tenant = sqlx::query_scalar(sql).fetch_one(&mut database).await.expect("there is one");
        let id = BudgetId::new(id).expect("a plain name");
        let create = Change::Create { id, terms: Box::new(terms), replaces: None };
        let now = Clock::system().now();
        let made = budgets::apply(&mut database, TenantId(tenant), &create, now).await;
        assert!(matches!(made, Ok(Changed::Done(_))), "{made:?}");
        let counting = "SELECT count(*) = 0 FROM budget WHERE state = 'counting'";
        until("the budget counts", async || {
            is_true(&mut self.server.database().await, counting).await
        })
        .await;
    }

    /// Makes an alert due, and kills the server at a step on its way.
    async fn die_at(&mut self, name: &str, trigger: &str, feature: &str) {
        let mut database = self.server.database().await;
        let posted = self.receiver.count();
        match trigger {
            "-" => self.receiver.feels(Mood::Hangs),
            "" => {
                plant(
                    &mut database,
                    "CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON alert \
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pause()",
                )
                .await;
            }
            when => {
                let sql = format!(
                    "CREATE TRIGGER pause {when} FOR EACH STATEMENT EXECUTE FUNCTION pause()"
                );
                plant(&mut database, &sql).await;
            }
        }
        record(&self.client, "ada", feature).await;
        let pauses = "SELECT count(*) > 0 FROM pg_stat_activity \
                      WHERE wait_event = 'PgSleep' AND datname = current_database()";
        let receiver = &self.receiver;
        until(name, async || match trigger {
            "-" => receiver.count() > posted,
            _ => is_true(&mut self.server.database().await, pauses).await,
        })
        .await;
        self.server.kill().await;
        self.receiver.feels(Mood::Answers(200));
        plant(&mut database, "DROP FUNCTION IF EXISTS pause CASCADE").await;
        self.server.restart();
        self.server.ready().await;
    }

    /// Waits until so many alerts were raised, posted, settled and seen, each once.
    async fn settle(&self, count: usize) {
        let all = "SELECT NOT EXISTS (SELECT FROM budget_due) \
                   AND NOT EXISTS (SELECT FROM webhook_delivery WHERE state <> 'delivered')";
        until("everything is settled", async || {
            is_true(&mut self.server.database().await, all).await
                && self.seen.lock().await.len() >= count
                && self.alerts().await.len() >= count
        })
        .await;
        let alerts = self.alerts().await;
        let raised: BTreeSet<String> =
            alerts.iter().map(|alert| alert.alert_id.to_string()).collect();
        let mut things: BTreeMap<(String, String, i32), usize> = BTreeMap::new();
        for alert in &alerts {
            let thing = (alert.budget_id.clone(), alert.user_id.clone(), alert.threshold_percent);
            *things.entry(thing).or_default() += 1;
        }
        assert_eq!((alerts.len(), things.len()), (count, count), "each once: {things:?}");
        let posted: BTreeSet<String> =
            self.receiver.posted().iter().map(|one| one.id().to_owned()).collect();
        assert_eq!(posted, raised, "each is posted, with its own id");
        assert_eq!(*self.seen.lock().await, raised, "each is seen");
    }

    async fn alerts(&self) -> Vec<Alert> {
        let query = AlertQuery::new().page_size(1_000);
        self.client.list_alerts(query).await.map(|page| page.alerts).unwrap_or_default()
    }

    async fn end(self) {
        self.server.verify().await.expect("the log makes up its sums");
    }
}

/// Everything, or one feature; so many calls in all time.
fn terms(feature: &str, each_user: bool, calls: i128, percents: &[i32]) -> Terms {
    let name = |text| Name::new(text).expect("short");
    let long = LongName::new("").expect("short");
    Terms {
        display_name: name(""),
        scope: Scope {
            user: None,
            each_user,
            feature: name(feature),
            provider: name(""),
            model: long.clone(),
            job_id: long,
            tags: BTreeMap::new(),
        },
        period: BudgetPeriod { cycle: Cycle::Lifetime, zone: Zone::UTC },
        limit: Amount::count(Unit::Requests, calls),
        hard: false,
        threshold_percents: percents.to_vec(),
        active_from: None,
        active_to: None,
    }
}

/// Records one call, however often that has to be tried.
async fn record(client: &Client, user: &str, feature: &str) {
    let record = Record::new(user).feature(feature).model("openai", "gpt-4o").tokens(1, 1);
    while client.record_usage(record.clone()).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
}

async fn watch(client: Client, seen: Arc<Mutex<BTreeSet<String>>>) {
    let mut watch = client.watch_alerts();
    loop {
        match watch.next().await {
            Ok(alert) => drop(seen.lock().await.insert(alert.alert_id.to_string())),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Makes the database pause somewhere, or not any more.
async fn plant(database: &mut PgConnection, sql: &str) {
    let function = "CREATE OR REPLACE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS \
                    $$BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END$$";
    if !sql.starts_with("DROP") {
        sqlx::query(function).execute(&mut *database).await.expect("the superuser may");
    }
    // Text of this file is all that it is made of.
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query(sql).execute(database).await.expect("the superuser may");
}

async fn is_true(database: &mut PgConnection, sql: &'static str) -> bool {
    sqlx::query_scalar(sql).fetch_one(database).await.expect("Postgres is up")
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < SETTLED_MAX, "still not so: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
