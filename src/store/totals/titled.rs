//! Sums of users with what the directory says of them: any number of them, in one snapshot.

use sqlx::PgPool;
use tokio::sync::mpsc;

use super::{Asked, Question, Row, SumsRow, ask, titled_statement};
use crate::domain::money::Money;
use crate::store::cost::amount;
use crate::store::{Error, pool};

/// A user, or those past the top together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titled {
    /// The user's sums.
    pub row: Row,
    /// The name in the directory; empty: none is known.
    pub display_name: String,
    /// The plan in the directory; empty: none is known.
    pub plan: String,
    /// What all users cost.
    pub cost_of_all: Money,
}

#[derive(sqlx::FromRow)]
struct TitledRow {
    #[sqlx(flatten)]
    sums: SumsRow,
    display_name: String,
    plan: String,
    cost_of_all: String,
}

impl TitledRow {
    fn read(self) -> Result<Titled, Error> {
        Ok(Titled {
            row: self.sums.read()?,
            display_name: self.display_name,
            plan: self.plan,
            cost_of_all: amount(&self.cost_of_all)?,
        })
    }
}

/// Hands on the sums of users, the dearest first and those past the top last. What is asked is by
/// user alone, in one bucket.
pub async fn titled(
    pool: &PgPool,
    question: Question<'_>,
    out: mpsc::Sender<Vec<Titled>>,
) -> Result<(), Error> {
    let sql = titled_statement(question.detail, !question.slices.log.is_empty());
    let query: Asked<'_, TitledRow> = ask(pool, sql, question).await?;
    pool::hand_on_unless_given_up(pool, query, TitledRow::read, out).await
}
