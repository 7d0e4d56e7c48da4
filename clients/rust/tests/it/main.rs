//! The client against a service that fails in every way it can.

mod batch;
mod budgets;
mod conformance;
mod disabled;
mod durable;
mod fake;
mod fake_prices;
mod fitting;
mod folder;
mod killed;
#[cfg(feature = "tower")]
mod layer;
mod prices;
mod real;
mod sender;
#[cfg(feature = "opentelemetry")]
mod trace;
mod tracking;
mod unary;

use aiusage_client::Client;
use fake::{Fake, State};

fn client(fake: &Fake) -> Client {
    let builder = Client::builder().address(fake.url()).api_key("aiusage_test");
    builder.build().expect("address and key are given")
}

fn fake() -> Fake {
    Fake::start(State::default())
}
