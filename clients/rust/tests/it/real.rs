//! The client against the real service, where `AIUSAGE_BINARY` names it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use aiusage_client::{Call, Client, Context, Decimal, Record, Tracker, UserCostQuery};
use serde_json::{Value, json};

use crate::folder::Folder;

/// The first start makes a database.
const START: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(30);

/// A service of its own, stopped at the end.
struct Service {
    child: Child,
    folder: Folder,
}

impl Service {
    /// `None` where no binary is named: the rest of the suite needs none.
    async fn start() -> Option<Self> {
        let binary = std::env::var_os("AIUSAGE_BINARY").filter(|path| !path.is_empty())?;
        let folder = Folder::new();
        let child = Command::new(PathBuf::from(binary))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path().join("data"))
            .arg("--credentials-file")
            .arg(folder.path().join("credentials.json"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("AIUSAGE_BINARY can be run");
        let service = Self { child, folder };
        let credentials = service.folder.path().join("credentials.json");
        let written = async {
            while !credentials.exists() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(START, written).await.expect("the service starts");
        Some(service)
    }

    fn client(&self) -> Client {
        let file = self.folder.path().join("credentials.json");
        Client::builder().credentials_file(file).build().expect("the service wrote the file")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Softly, so that its database stops with it.
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.expect("kill is there").success());
        self.child.wait().expect("it is our child");
    }
}

fn completion(prompt: u32, cached: u32, output: u32) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": output,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    })
}

#[tokio::test]
async fn what_is_tracked_costs_what_it_should() {
    let Some(service) = Service::start().await else { return };
    let client = service.client();
    let tracker = Tracker::builder(client.clone()).spool(service.folder.path().join("spool"));
    let tracker = tracker.start();

    let chat = Context::new().user_id("ada").feature("chat").tag("plan", "pro");
    chat.sync_scope(|| {
        let mut call = tracker.track(Call::new("openai", "gpt-4o"));
        assert!(call.set_response(&completion(1_000, 400, 100)));
        call.finish();
    });
    let mut claude = tracker.track(Call::new("anthropic", "claude-sonnet-4-5").user_id("bob"));
    claude.set_response(&json!({
        "type": "message", "id": "msg_1", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "usage": {"input_tokens": 100, "cache_read_input_tokens": 1_000, "output_tokens": 10},
    }));
    claude.finish();
    // What the service would refuse for its form.
    let mut odd = tracker.track(Call::new("openai", "gpt-4o").feature("f\0".repeat(200)));
    odd.set_tokens(1, 1);
    odd.mark_error("error", "e".repeat(9_000));
    odd.finish();
    let fine = Decimal::new(123_456_789_012_345_678, 17);
    let far_ahead = SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800);
    let unlikely = Record::new("eve").model("openai", "gpt-4o").tokens(u64::MAX, 1);
    let unlikely = unlikely.cache_read_tokens(5).meter("audio_seconds", fine);
    tracker.record(unlikely.reported_cost(-fine).event_time(far_ahead));
    let precise = Record::new("eve").model("openai", "gpt-4o").tokens(1, 1);
    tracker.record(precise.reported_cost(fine / Decimal::new(1_000, 0)));
    assert!(tracker.flush(SOON).await);
    let stats = tracker.stats();
    assert_eq!((stats.sent, stats.refused, stats.dropped), (5, 0, 0), "{stats:?}");

    // gpt-4o: 600 fresh, 400 cached and 100 output tokens at 2.5, 1.25 and 10 dollars for a million.
    let ada = client.get_user_cost(UserCostQuery::new("ada")).await.expect("it answers");
    assert_eq!(ada.cost(), Decimal::new(3, 3));
    // 100 fresh, 1,000 cached and 10 output tokens at 3, 0.3 and 15 dollars.
    let bob = client.get_user_cost(UserCostQuery::new("bob")).await.expect("it answers");
    assert_eq!(bob.cost(), Decimal::new(75, 5));
    assert!(tracker.close(SOON).await);
}
