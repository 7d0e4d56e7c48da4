//! Rates as they are given on the command line.

use aiusage_client::{Decimal, NewPrice, Rate};
use clap::Args;

use crate::cli::failure::Usage;
use crate::cli::figures::dollars;
use crate::cli::record::pair;

/// What a price consists of.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rates")]
pub(super) struct RateArgs {
    /// A rate in dollars, for a million units of a meter in tokens:
    /// input_tokens=2.5. With a tier: 'input_tokens>200000=5'
    #[arg(
        long = "rate",
        value_name = "METER=DOLLARS",
        value_parser = rate,
        required_unless_present = "free"
    )]
    rates: Vec<GivenRate>,

    /// How many units of a meter its rate is for, such as web_searches=1000
    #[arg(long = "per", value_name = "METER=UNITS", value_parser = per)]
    pers: Vec<(String, i64)>,

    /// Rates for calls on certain terms, such as
    /// service_tier=flex:input_tokens=1.25,output_tokens=5
    #[arg(long = "variant", value_name = "TERMS:RATES", value_parser = variant)]
    variants: Vec<GivenVariant>,

    /// Calls cost nothing
    #[arg(long, conflicts_with = "rates")]
    free: bool,
}

impl RateArgs {
    /// Puts the rates into a price.
    pub(super) fn fill(&self, mut price: NewPrice) -> Result<NewPrice, Usage> {
        for given in &self.rates {
            price = price.rate(self.resolve(given)?);
        }
        for variant in &self.variants {
            let rates: Result<Vec<_>, _> =
                variant.rates.iter().map(|given| self.resolve(given)).collect();
            price = price.variant(variant.terms.clone(), rates?);
        }
        Ok(price.free(self.free))
    }

    /// Meters in tokens are priced by the million; of others nobody can guess it.
    fn resolve(&self, given: &GivenRate) -> Result<Rate, Usage> {
        let GivenRate { meter, above, price } = given;
        let said = self.pers.iter().find(|(key, _)| key == meter).map(|(_, units)| *units);
        let by_million = meter.ends_with("_tokens").then_some(1_000_000);
        let per = said.or(by_million).ok_or_else(|| {
            let price = dollars(*price);
            Usage(format!("how many {meter} does {price} pay for? Add --per {meter}=UNITS"))
        })?;
        let rate = Rate::new(meter, *price, per);
        Ok(match above {
            Some(tokens) => rate.above(*tokens),
            None => rate,
        })
    }
}

/// One `--rate`.
#[derive(Debug, Clone, PartialEq)]
struct GivenRate {
    meter: String,
    above: Option<i64>,
    price: Decimal,
}

/// One `--variant`.
#[derive(Debug, Clone, PartialEq)]
struct GivenVariant {
    terms: Vec<(String, String)>,
    rates: Vec<GivenRate>,
}

fn rate(text: &str) -> Result<GivenRate, String> {
    let (meter, price) = text.rsplit_once('=').ok_or("must be METER=DOLLARS")?;
    let price = Decimal::from_str_exact(price.trim())
        .map_err(|_| format!("{price:?} must be a decimal such as 2.5"))?;
    let (meter, above) = match meter.split_once('>') {
        Some((meter, tokens)) => (meter, Some(whole(tokens)?)),
        None => (meter, None),
    };
    Ok(GivenRate { meter: meter.trim().to_owned(), above, price })
}

fn per(text: &str) -> Result<(String, i64), String> {
    let (meter, units) = pair(text)?;
    Ok((meter, whole(&units)?))
}

/// Terms may have colons in them, rates have none.
fn variant(text: &str) -> Result<GivenVariant, String> {
    let (terms, rates) = text.rsplit_once(':').ok_or("must be KEY=VALUE,…:METER=DOLLARS,…")?;
    Ok(GivenVariant {
        terms: terms.split(',').map(pair).collect::<Result<_, _>>()?,
        rates: rates.split(',').map(rate).collect::<Result<_, _>>()?,
    })
}

fn whole(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("{text:?} must be a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn args(rates: &[&str], pers: &[&str]) -> RateArgs {
        RateArgs {
            rates: rates.iter().map(|text| rate(text).unwrap()).collect(),
            pers: pers.iter().map(|text| per(text).unwrap()).collect(),
            variants: Vec::new(),
            free: false,
        }
    }

    #[test]
    fn rates_and_tiers_are_read() {
        let plain = rate("input_tokens=2.5").unwrap();
        let meter = "input_tokens".to_owned();
        assert_eq!(plain, GivenRate { meter, above: None, price: decimal("2.5") });
        assert_eq!(rate("input_tokens>200000=5").unwrap().above, Some(200_000));
        for wrong in ["input_tokens", "input_tokens=", "input_tokens=2,5", "input_tokens>many=5"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variant_has_terms_and_rates() {
        let given = variant("service_tier=flex,region=eu:1:input_tokens=1.25,output_tokens=5");
        let GivenVariant { terms, rates } = given.unwrap();
        assert_eq!(terms[1], ("region".to_owned(), "eu:1".to_owned()));
        assert_eq!(rates[1].price, decimal("5"));
        assert!(variant("service_tier=flex").is_err());
        assert!(variant("flex:input_tokens=1").is_err());
    }

    #[test]
    fn only_tokens_are_priced_by_the_million_unasked() {
        let args = args(&["input_tokens=2.5", "web_searches=10"], &["web_searches=1000"]);
        let resolved: Vec<_> =
            args.rates.iter().map(|given| args.resolve(given).unwrap()).collect();
        assert_eq!(resolved[0], Rate::per_million("input_tokens", decimal("2.5")));
        assert_eq!(resolved[1], Rate::new("web_searches", decimal("10"), 1_000));
        let unknown = super::tests::args(&["audio_seconds=1"], &[]);
        let error = unknown.resolve(&unknown.rates[0]).unwrap_err();
        assert!(error.to_string().contains("--per audio_seconds=UNITS"), "{error}");
    }
}
