//! What the records of the demo look like as a whole.

use std::collections::{BTreeMap, HashSet};

use aiusage_client::proto::UsageRecord;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::calls::{Calls, Wish};
use super::features::RUNAWAY;
use super::models::{MISSPELLED, PRICED};
use crate::domain::cost::CostStatus;
use crate::domain::meter::Meter;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::text::{LongName, Name, Url};
use crate::domain::usage::Call;
use crate::pricing::{Catalogue, embedded};

const RECORDS: u64 = 40_000;

fn wish() -> Wish {
    let until = "2026-11-22T00:00:00Z".parse().expect("a time");
    Wish { records: RECORDS, days: 90, users: 500, seed: 1, until }
}

fn records(wish: Wish) -> Vec<UsageRecord> {
    Calls::new(wish).map(UsageRecord::from).collect()
}

fn time(record: &UsageRecord) -> DateTime<Utc> {
    let time = record.event_time.expect("every record has its time");
    let nanos = u32::try_from(time.nanos).expect("not negative");
    DateTime::from_timestamp(time.seconds, nanos).expect("a time")
}

/// What the price list says that a record costs.
fn price(list: &Catalogue, record: &UsageRecord) -> (CostStatus, Decimal) {
    let usage = record.usage.as_ref().expect("every record has its usage");
    let meters = [
        ("input_tokens", usage.input_tokens),
        ("output_tokens", usage.output_tokens),
        ("cache_read_tokens", usage.cache_read_tokens),
        ("cache_write_tokens", usage.cache_write_tokens),
        ("output_reasoning_tokens", usage.output_reasoning_tokens),
        ("input_image_tokens", usage.input_image_tokens),
    ];
    let quantities = meters.into_iter().filter_map(|(key, count)| {
        Some((Meter::by_key(key).expect("is registered"), Decimal::from(count?)))
    });
    let quantities = Quantities::new(quantities, TokenConvention::Inclusive);
    let call = Call {
        event_time: time(record),
        provider: Name::new(&record.provider).expect("is a name"),
        model: LongName::new(&record.model).expect("is a name"),
        response_model: LongName::new("").expect("may be empty"),
        api_url: Url::new("").expect("may be empty"),
        price_context: BTreeMap::new(),
        quantities: quantities.expect("parts are not above their totals"),
        cached_response: record.cached_response,
        answered: record.status.is_empty(),
    };
    let pricing = list.view().price(&call);
    let cost = pricing.cost.map(|cost| cost.total.to_string().parse().expect("a number"));
    (pricing.status, cost.unwrap_or_default())
}

#[test]
fn the_same_wish_gets_the_same_records() {
    let ids = |wish| Calls::new(wish).map(|r| r.id().to_owned()).collect::<Vec<_>>();
    let small = Wish { records: 2_000, ..wish() };
    assert_eq!(records(small), records(small));
    let (first, other) = (ids(small), ids(Wish { seed: 2, ..small }));
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), 2_000, "each has its own id");
    assert!(first.iter().all(|id| !other.contains(id)), "another wish, other ids");
}

#[test]
fn there_are_as_many_as_wished_for_all_inside_the_days() {
    let wish = wish();
    let records = records(wish);
    assert_eq!(records.len() as u64, RECORDS);
    for record in &records {
        let at = time(record);
        assert!(wish.from() <= at && at < wish.until, "{at}");
        let id: uuid::Uuid = record.record_id.parse().expect("a UUID");
        let milliseconds = u64::try_from(at.timestamp_millis()).expect("after 1970");
        assert_eq!((id.as_u128() >> 80, id.get_version_num()), (milliseconds.into(), 7));
    }
    for count in [1, 7] {
        let few = Wish { records: count, users: 1, days: 1, ..wish };
        assert_eq!(Calls::new(few).zip(0..).last().expect("at least one").1 + 1, count);
    }
}

#[test]
fn everything_has_a_price_but_what_is_misspelled() {
    let list = embedded::catalogue().expect("the price list is right");
    let mut seen = HashSet::new();
    let mut misspelled = 0;
    for record in &records(wish()) {
        let (status, _) = price(&list, record);
        if record.model == MISSPELLED.name {
            misspelled += 1;
            assert!(
                matches!(status, CostStatus::UnknownModel) || record.cached_response,
                "{status:?}"
            );
        } else {
            let is_free = record.cached_response;
            assert!(status == CostStatus::Priced || is_free, "{}: {status:?}", record.model);
        }
        seen.insert((record.provider.clone(), record.model.clone()));
    }
    for model in PRICED {
        let name = (model.provider.to_owned(), model.name.to_owned());
        assert!(seen.contains(&name), "{name:?} is never called");
    }
    assert!((10..200).contains(&misspelled), "{misspelled}");
}

#[test]
fn one_day_is_four_times_as_dear_in_one_feature() {
    let list = embedded::catalogue().expect("the price list is right");
    let mut days: BTreeMap<String, Decimal> = BTreeMap::new();
    for record in records(wish()).iter().filter(|record| record.feature == RUNAWAY.name) {
        *days.entry(time(record).date_naive().to_string()).or_default() += price(&list, record).1;
    }
    let of = |day: &str| days[day];
    let usual = (of("2026-11-11") + of("2026-11-12") + of("2026-11-16")) / Decimal::from(3);
    let times = of("2026-11-13") / usual;
    assert!(times > Decimal::from(2) && times < Decimal::from(7), "{times}");
}

#[test]
fn calls_fail_are_cached_and_belong_together() {
    let records = records(wish());
    let share = |is: &dyn Fn(&UsageRecord) -> bool| {
        records.iter().filter(|record| is(record)).count() * 1_000 / records.len()
    };
    let failed = share(&|r| !r.status.is_empty());
    assert!((25..45).contains(&failed), "{failed}");
    let cached = share(&|r| r.cached_response);
    assert!((30..90).contains(&cached), "{cached}");
    let read = share(&|r| r.usage.as_ref().is_some_and(|u| u.cache_read_tokens > Some(0)));
    assert!((100..400).contains(&read), "{read}");
    let thought = share(&|r| r.usage.as_ref().is_some_and(|u| u.output_reasoning_tokens > Some(0)));
    assert!((80..400).contains(&thought), "{thought}");
    let mut functions: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.job_id.is_empty()) {
        functions.entry(&record.job_id).or_default().insert(&record.function_name);
    }
    let several = functions.values().filter(|names| names.len() > 1).count();
    assert!(several * 2 > functions.len(), "most jobs have several functions");
    for record in &records {
        assert!(record.session_id.is_empty() != record.job_id.is_empty());
        assert!(
            record.tags.len() == 2 && (record.status.is_empty() == record.error_message.is_empty())
        );
    }
}
