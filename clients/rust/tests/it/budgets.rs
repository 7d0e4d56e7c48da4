//! Reserving, tried again.

use aiusage_client::{BudgetAmount, Decimal, Error, Reserve};
use tonic::Status;

use crate::fake::{Fake, State};
use crate::{client, fake};

fn reserve(user: &str) -> Reserve {
    Reserve::new(user).amount(Decimal::ONE)
}

#[tokio::test]
async fn a_reservation_is_tried_again_with_the_same_id() {
    let failures = vec![Status::unavailable("full"); 2];
    let fake = Fake::start(State { failures, ..State::default() });
    let reserve = reserve("ada");
    let id = reserve.id().to_owned();
    let held = client(&fake).reserve(reserve).await.expect("the third attempt succeeds");
    assert_eq!(held.id().to_string(), id);
    assert_eq!(fake.state().attempts, [id.clone(), id.clone(), id]);
}

#[tokio::test]
async fn a_refusal_is_final_and_says_its_numbers() {
    let fake = fake();
    let error = client(&fake).reserve(reserve("poor")).await.expect_err("it has no room");
    assert_eq!((error.code(), error.reason()), (None, None));
    assert_eq!(
        error.to_string(),
        "budget \"small\" has no room for this call: 5 used, 2 reserved and 1 asked for, of 7 \
         requests"
    );
    let Error::BudgetExceeded(refusal) = error else { panic!("not that") };
    assert_eq!(refusal.limit, BudgetAmount::Requests(7));
    assert_eq!(fake.state().attempts.len(), 1);
}
