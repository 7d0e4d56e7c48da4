//! Files of users and margins add up to the same sums, whether all users come or a top.

use aiusage_client::proto::export_request::Report;
use aiusage_client::proto::export_service_client::ExportServiceClient;
use aiusage_client::proto::{ExportRequest, GetUnitEconomicsRequest};

use super::*;

impl Question {
    /// Of every fourth question: all of them would take long.
    pub(super) async fn check_exports(&self, server: &TestServer, all: &[Known], is_known: bool) {
        if self.top % 4 != 1 {
            return;
        }
        let inside: Vec<&Known> =
            all.iter().filter(|known| self.start <= known.at && known.at < self.end).collect();
        let asked = inside.iter().filter(|known| meets(known, &self.filter, is_known));
        let total = Sums::of(asked.copied(), is_known);
        for top in [0, self.top] {
            let (period, filter) = (self.period(), Some(self.filter.clone()));
            let report = Report::TopUsers(ListTopUsersRequest { period, filter, top });
            let rows = rows(server, report).await;
            let sum = rows.iter().map(Sums::told).fold(Sums::default(), |sum, row| sum.add(&row));
            assert_eq!(sum, total);
            let report =
                Report::UnitEconomics(GetUnitEconomicsRequest { period: self.period(), top });
            let cost: Decimal = self::rows(server, report).await.iter().map(cost).sum();
            assert_eq!(cost, Sums::of(inside.iter().copied(), is_known).cost);
        }
    }
}

type Row = BTreeMap<String, String>;

impl Sums {
    fn told(row: &Row) -> Self {
        let count = |name: &str| -> i64 { row[name].parse().unwrap() };
        let counts = ["request_count", "error_count", "cached_count", "unpriced_count"];
        let tokens = ["input_tokens", "output_tokens"];
        Sums { cost: cost(row), counts: counts.map(count), tokens: tokens.map(count) }
    }
}

fn cost(row: &Row) -> Decimal {
    row["cost"].parse().unwrap()
}

async fn rows(server: &TestServer, report: Report) -> Vec<Row> {
    let mut client =
        ExportServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let request = ExportRequest { report: Some(report), ..Default::default() };
    let mut file = client.export(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(message) = file.message().await.unwrap() {
        bytes.extend(message.data);
    }
    csv::Reader::from_reader(&bytes[..]).deserialize().map(|row| row.unwrap()).collect()
}
