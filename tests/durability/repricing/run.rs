//! One repricing under load, killed half-way again and again.

use std::time::Duration;

use aiusage::clock::Clock;
use aiusage::domain::ids::RecordId;
use aiusage_client::proto::cost_service_client::CostServiceClient;
use aiusage_client::proto::pricing_service_client::PricingServiceClient;
use aiusage_client::proto::{GetRepricingRequest, Repricing};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::Planted;
use super::era::Era;
use super::looks::{Looks, Seen};
use crate::dice::Dice;
use crate::history::History;
use crate::nemesis::Kill;
use crate::service::Service;
use crate::way::{self, Connection};
use crate::writers::Crew;

/// How long it may take from one kill to the next.
const PROGRESS_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// Snapshots that are looked at while a killed server is down.
const LOOKS: usize = 7;

/// What is to be done.
pub(crate) struct Plan<'a> {
    /// Records that are there before.
    pub(crate) records: usize,
    /// What is killed on the way, at even distances.
    pub(crate) kills: &'a [Kill],
    pub(crate) planted: Planted,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) service: Service,
    pub(crate) repricing_id: Uuid,
    /// What was stored before the prices were changed.
    pub(crate) past: History,
    /// What was written all the while.
    pub(crate) live: History,
    pub(crate) seen: Seen,
    pub(crate) took: Duration,
}

/// Fills a ledger, corrects prices, and has its records priced anew, with writers at
/// work all the time.
pub(crate) async fn run(plan: &Plan<'_>, dice: &mut Dice) -> Outcome {
    let mut service = Service::start(dice, false).await;
    let era = Era::before(Clock::system().now());
    let past = Crew::fill(&service, plan.records, &era.past(), dice).await;
    super::planted::slow_down(&service.server).await;
    super::planted::plant(plan.planted, &service.server).await;
    let before = Crew::start(&service, 2, 2, &era.live(), dice);
    correct_prices(&service, era).await;
    // What was priced before that has to be stored before records are priced anew.
    let crew = Crew::start(&service, 3, 3, &era.live(), dice);
    let mut live = before.stop().await;
    let looks = Looks::start(&service.server);
    let begun = Instant::now();
    let repricing_id = ask(&service, era, dice).await;
    let in_range = past.count(|attempt| era.is_in_range(&attempt.call));
    let mut way = Way { service: &mut service, crew: &crew, looks: &looks, id: repricing_id };
    way.go(plan, in_range).await;
    let took = begun.elapsed();
    let seen = looks.seen();
    live.merge(crew.stop().await);
    Outcome { service, repricing_id, past, live, seen, took }
}

async fn correct_prices(service: &Service, era: Era) {
    let mut client = PricingServiceClient::new(connection(service));
    for price in era.corrections() {
        client.create_price(price).await.expect("the price is sound");
    }
}

/// Asks for the repricing and hangs up: it goes on all the same.
async fn ask(service: &Service, era: Era, dice: &mut Dice) -> Uuid {
    let id = RecordId::make(Clock::system().now(), dice.bytes()).as_uuid();
    let mut client = CostServiceClient::new(connection(service));
    client.reprice_usage(era.request(id.to_string())).await.expect("the request is sound");
    id
}

fn connection(service: &Service) -> Connection {
    way::connection(service.address(), &service.key())
}

/// From the request to its end.
struct Way<'a> {
    service: &'a mut Service,
    crew: &'a Crew,
    looks: &'a Looks,
    id: Uuid,
}

impl Way<'_> {
    async fn go(&mut self, plan: &Plan<'_>, in_range: usize) {
        for (index, kill) in plan.kills.iter().enumerate() {
            let part = in_range * (index + 1) / (plan.kills.len() + 1);
            let part = i64::try_from(part).expect("it is a small number");
            let there = self.reach(|now| now.examined_count >= part).await;
            assert!(!there.done, "{kill:?} comes too late: {there:?}");
            self.strike(*kill, plan.planted).await;
        }
        self.reach(|now| now.done).await;
    }

    async fn strike(&mut self, kill: Kill, planted: Planted) {
        let killed = Instant::now();
        if kill == Kill::Postgres {
            self.service.server.kill_postgres();
        } else {
            self.service.kill().await;
            super::planted::crash(planted, &self.service.server).await;
            self.looks.more(LOOKS).await;
            self.service.restart().await;
            self.service.server.ready().await;
        }
        let served = timeout(PROGRESS_MAX, self.crew.pulse().served_since(killed)).await;
        assert!(served.is_ok(), "nobody is served\n{}", self.service.server.log_tail());
    }

    /// Waits until the repricing is where `there` says, as it tells itself.
    async fn reach(&self, there: impl Fn(&Repricing) -> bool) -> Repricing {
        let mut client = CostServiceClient::new(connection(self.service));
        let begun = Instant::now();
        loop {
            let request = GetRepricingRequest { repricing_id: self.id.to_string() };
            // A service that was killed just now may not answer.
            let answer = client.get_repricing(request).await.ok();
            let now = answer.and_then(|answer| answer.into_inner().repricing);
            if let Some(now) = now.filter(&there) {
                return now;
            }
            let late = begun.elapsed() > PROGRESS_MAX;
            assert!(!late, "it does not go on\n{}", self.service.server.log_tail());
            sleep(POLL).await;
        }
    }
}
