//! Puts rows together: those of a rate, of a set, of a model, of a provider.

use std::collections::{BTreeMap, HashMap};

use super::super::listed::{self, Listed};
use super::super::listing::Refused;
use super::cell::{self, CellError, Line, Price, SetKey};
use super::{Place, Row, WrongCell};
use crate::pricing::catalogue::Provider;
use crate::pricing::set::{Amount, PriceSet, Rate, Variant};

/// The rows of one model, by price set.
struct Draft {
    provider: String,
    model: String,
    sets: Vec<(SetKey, Vec<RateDraft>)>,
}

/// The rows of one rate.
struct RateDraft {
    place: Place,
    first: Price,
    base: Option<Amount>,
    above: BTreeMap<u64, Amount>,
}

type Read = (Vec<Provider>, Vec<Refused>);

pub(super) fn providers(rows: &[Row]) -> Result<Read, Vec<WrongCell>> {
    let mut errors = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for row in rows {
        match cell::line(row) {
            Ok(line) => {
                let key = (line.provider.clone(), line.model.clone());
                let place = *places.entry(key).or_insert(drafts.len());
                if place == drafts.len() {
                    drafts.push(Draft::new(&line));
                }
                errors.extend(drafts[place].add(row.place, line).err());
            }
            Err(wrong) => errors.extend(wrong),
        }
    }
    errors.extend(drafts.iter().flat_map(Draft::only_tiers));
    if errors.is_empty() { Ok(read(drafts)) } else { Err(errors) }
}

fn read(drafts: Vec<Draft>) -> Read {
    let (mut providers, mut refused) = (Vec::<Provider>::new(), Vec::new());
    for draft in drafts {
        let (key, name) = (draft.provider.clone(), draft.model.clone());
        match listed::model(draft.listed()) {
            Ok(model) => match providers.iter_mut().find(|provider| *provider.key == key) {
                Some(provider) => provider.models.push(model),
                None => providers.push(listed::provider(&key, vec![model])),
            },
            Err(problem) => {
                refused.push(Refused { provider: key, model: name, reason: problem.to_string() });
            }
        }
    }
    listed::number(&mut providers);
    (providers, refused)
}

impl Draft {
    fn new(line: &Line) -> Self {
        Self { provider: line.provider.clone(), model: line.model.clone(), sets: Vec::new() }
    }

    fn add(&mut self, place: Place, line: Line) -> Result<(), WrongCell> {
        let known = self.sets.iter().position(|(key, _)| *key == line.set);
        let index = known.unwrap_or_else(|| {
            self.sets.push((line.set, Vec::new()));
            self.sets.len() - 1
        });
        let rates = &mut self.sets[index].1;
        let Some(price) = line.price else { return Ok(()) };
        match rates.iter_mut().find(|rate| rate.first.meter == price.meter) {
            Some(rate) => rate.add(price),
            None => {
                rates.push(RateDraft::new(place, price));
                Ok(())
            }
        }
        .map_err(|(column, problem)| WrongCell {
            place,
            column: column.to_owned(),
            problem,
        })
    }

    fn only_tiers(&self) -> impl Iterator<Item = WrongCell> {
        let rates = self.sets.iter().flat_map(|(_, rates)| rates);
        rates.filter(|rate| rate.base.is_none()).map(|rate| WrongCell {
            place: rate.place,
            column: "tier_above".to_owned(),
            problem: CellError::OnlyTiers,
        })
    }

    fn listed(mut self) -> Listed {
        self.sets.sort_by_key(|(key, _)| key.ordinal);
        let mut listed = Listed { key: self.model.into(), ..Listed::default() };
        for (key, rates) in self.sets {
            let terms = key.terms.clone();
            let set = set(key, rates);
            if terms.is_empty() {
                listed.base.push(set);
            } else {
                listed.variants.push(Variant { terms, set });
            }
        }
        listed
    }
}

fn set(key: SetKey, rates: Vec<RateDraft>) -> PriceSet {
    let rates = rates.into_iter().filter_map(RateDraft::rate).collect();
    listed::set(key.schedule, key.free, rates)
}

impl RateDraft {
    fn new(place: Place, first: Price) -> Self {
        let base = first.above.is_none().then_some(first.amount);
        let above = first.above.map(|start| (start, first.amount)).into_iter().collect();
        Self { place, first, base, above }
    }

    fn add(&mut self, price: Price) -> Result<(), (&'static str, CellError)> {
        if price.per != self.first.per {
            return Err(("per", CellError::Disagrees));
        }
        if price.min_quantity != self.first.min_quantity {
            return Err(("min_quantity", CellError::Disagrees));
        }
        let before = match price.above {
            Some(start) => self.above.insert(start, price.amount),
            None => self.base.replace(price.amount),
        };
        if before.is_some() { Err(("meter", CellError::Twice)) } else { Ok(()) }
    }

    fn rate(self) -> Option<Rate> {
        let Price { meter, per, min_quantity, .. } = self.first;
        Some(Rate {
            meter,
            per,
            base: self.base?,
            above: self.above.into_iter().collect(),
            min_quantity,
        })
    }
}
