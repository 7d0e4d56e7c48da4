//! Who receives webhooks: a server that does what a test wants, and remembers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use tokio::task::JoinSet;

/// What it does with what is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers with this status.
    Answers(u16),
    /// Answers after so long.
    Late(Duration),
    /// Never answers.
    Hangs,
}

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Posted {
    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone)]
struct Shared {
    mood: Arc<Mutex<Mood>>,
    posted: Arc<Mutex<Vec<Posted>>>,
}

/// Listens on this machine until it is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Shared,
    _task: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let shared =
            Shared { mood: Arc::new(Mutex::new(mood)), posted: Arc::new(Mutex::default()) };
        let router = Router::new().fallback(receive).with_state(shared.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, _task: task }
    }

    pub(crate) fn feels(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.shared.posted.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.posted.lock().unwrap().len()
    }
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    shared.posted.lock().unwrap().push(Posted { headers, body });
    let mood = *shared.mood.lock().unwrap();
    match mood {
        Mood::Answers(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("location", "/elsewhere")]).into_response()
        }
        Mood::Late(wait) => {
            tokio::time::sleep(wait).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Mood::Hangs => std::future::pending().await,
    }
}
