//! What a test does to the ledger behind the service's back.

use crate::server::Server;

/// The bug that a run is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    Nothing,
    /// Now and then the sum of an hour is not moved.
    LostHours,
    /// The cursor goes on before the work is done, so that a crash leaves some out.
    CursorAhead,
}

/// Makes each batch take its time between its revisions and its sums, so that there is
/// a half-way to be killed in.
pub(crate) async fn slow_down(server: &Server) {
    run(
        server,
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
         CREATE TRIGGER dawdle BEFORE UPDATE ON repricing FOR EACH ROW EXECUTE FUNCTION dawdle()",
    )
    .await;
}

/// Plants what is there from the beginning.
pub(crate) async fn plant(planted: Planted, server: &Server) {
    if planted == Planted::LostHours {
        run(
            server,
            "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN IF random() < 0.1 THEN RETURN NULL; END IF; RETURN NEW; END';
             CREATE TRIGGER forget BEFORE UPDATE ON usage_hourly FOR EACH ROW
               WHEN (OLD.request_count = NEW.request_count) EXECUTE FUNCTION forget()",
        )
        .await;
    }
}

/// Leaves behind what a killed server with the bug would.
pub(crate) async fn crash(planted: Planted, server: &Server) {
    if planted == Planted::CursorAhead {
        run(
            server,
            "UPDATE repricing SET (cursor_time, cursor_id) = (
               SELECT event_time, record_id FROM usage_log AS log
               WHERE (log.event_time, log.record_id) > (cursor_time, cursor_id)
               ORDER BY 1, 2 OFFSET 100 LIMIT 1
             ) WHERE state = 'running'",
        )
        .await;
    }
}

async fn run(server: &Server, statements: &'static str) {
    let mut database = server.database().await;
    sqlx::raw_sql(statements).execute(&mut database).await.expect("the superuser may");
}
