//! Prices calls: reads JSON lines of calls on standard input and writes a JSON
//! line of what each comes to. Other calculators are compared with this one so.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use aiusage::domain::meter::Meter;
use aiusage::domain::quantities::{Quantities, TokenConvention};
use aiusage::domain::text::{LongName, Name, Url};
use aiusage::domain::usage::Call;
use aiusage::pricing::{Catalogue, embedded};
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    event_time: DateTime<Utc>,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    api_url: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    response_model: String,
    #[serde(default)]
    terms: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    usage: BTreeMap<String, String>,
}

fn main() -> anyhow::Result<()> {
    let catalogue = embedded::catalogue()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        writeln!(out, "{}", price(&catalogue, &call(case)?))?;
    }
    Ok(out.flush()?)
}

fn call(case: Case) -> anyhow::Result<Call> {
    let usage = case.usage.iter().map(|(key, quantity)| {
        let meter = Meter::by_key(key).with_context(|| format!("no meter {key}"))?;
        Ok((meter, Decimal::from_str_exact(quantity)?))
    });
    let usage = usage.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Call {
        event_time: case.event_time,
        provider: Name::new(&case.provider)?,
        model: LongName::new(&case.model)?,
        response_model: LongName::new(&case.response_model)?,
        api_url: Url::new(&case.api_url)?,
        price_context: case.terms,
        quantities: Quantities::new(usage, TokenConvention::Inclusive)?,
        cached_response: false,
        answered: false,
    })
}

fn price(catalogue: &Catalogue, call: &Call) -> Value {
    let explanation = catalogue.view().explain(call);
    let pricing = &explanation.pricing;
    assert_eq!(*pricing, catalogue.view().price(call), "both are one path");
    let found = catalogue.view().find(call.into(), call.event_time, &call.price_context).ok();
    let cost = pricing.cost.map(|cost| {
        json!({
            "input": cost.input.to_string(),
            "output": cost.output.to_string(),
            "other": cost.other.to_string(),
            "total": cost.total.to_string(),
        })
    });
    let lines: BTreeMap<_, _> =
        explanation.lines.iter().map(|line| (line.meter.key(), line.cost.to_string())).collect();
    json!({
        "status": pricing.status.as_str(),
        "provider": found.as_ref().map(|found| found.provider.key.as_ref()),
        "model": found.as_ref().map(|found| found.model.key.as_ref()),
        "resolved_by": pricing.resolved_by,
        "cost": cost,
        "lines": lines,
    })
}
