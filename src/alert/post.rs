//! Posts to destinations: only to addresses that are permitted, which are those that
//! are connected to, and never further.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect;

use super::destination::Policy;

/// How long one attempt may take altogether.
pub const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// How long finding and reaching the destination may take of it.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// The most characters of an error that is kept.
const ERROR_MAX: usize = 200;

/// Posts. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Poster {
    policy: Policy,
    https: reqwest::Client,
    http: reqwest::Client,
}

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; 0: there was no answer.
    pub status: u16,
    /// What went wrong; empty: nothing.
    pub error: String,
}

impl Answer {
    fn refused(error: impl Into<String>) -> Self {
        Self { status: 0, error: error.into() }
    }
}

impl Poster {
    /// A poster to what `policy` permits.
    ///
    /// # Errors
    /// When the library cannot set up TLS.
    pub fn new(policy: Policy) -> Result<Self, reqwest::Error> {
        Ok(Self { policy, https: client(policy, false)?, http: client(policy, true)? })
    }

    /// What is permitted.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Posts `body` to `url`. The answer's body is not read: its status says it all. May be
    /// dropped.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Answer {
        // What was permitted when it was made may not be any more; and the resolver is not
        // asked about an address that stands in the URL.
        let url = match self.policy.destination(url) {
            Ok(url) => url,
            Err(error) => return Answer::refused(format!("not permitted: the URL {error}")),
        };
        let client = if url.scheme() == "http" { &self.http } else { &self.https };
        let json = HeaderValue::from_static("application/json");
        let request = client.post(url).headers(headers).header(CONTENT_TYPE, json).body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                Answer { status: answer.status().as_u16(), error: String::new() }
            }
            Ok(answer) => {
                let status = answer.status();
                Answer { status: status.as_u16(), error: format!("answered {status}") }
            }
            Err(error) => Answer::refused(told(&error)),
        }
    }
}

/// A client of one kind of destination; `plain`: over http.
fn client(policy: Policy, plain: bool) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("aiusage/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(std::sync::Arc::new(Resolver { policy, plain }))
        .redirect(redirect::Policy::none())
        // A proxy would look names up itself.
        .no_proxy()
        .https_only(!plain)
        .connect_timeout(CONNECT_MAX)
        .timeout(ATTEMPT_MAX)
        // A connection of before knows nothing of where the name leads now.
        .pool_max_idle_per_host(0)
        .build()
}

/// Resolves names to permitted addresses alone. A client connects to what it is given
/// here and asks nobody else, so a name cannot lead elsewhere between check and use.
#[derive(Debug, Clone, Copy)]
struct Resolver {
    policy: Policy,
    plain: bool,
}

/// Where a name leads is not permitted.
#[derive(Debug, thiserror::Error)]
#[error("{0} leads to no address that is permitted")]
struct NotPermitted(String);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { policy, plain } = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted = |address: &SocketAddr| policy.permits(address.ip(), plain);
            let addresses: Vec<IpAddr> =
                found.filter(permitted).map(|address| address.ip()).collect();
            if addresses.is_empty() {
                return Err(NotPermitted(name.as_str().to_owned()).into());
            }
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// The innermost cause, which says most, and without the URL: it may hold a secret.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ATTEMPT_MAX.as_secs());
    }
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    let text = cause.map_or_else(|| "no answer".to_owned(), ToString::to_string);
    text.chars().filter(|c| !c.is_control()).take(ERROR_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn post(policy: Policy, url: &str) -> Answer {
        let poster = Poster::new(policy).unwrap();
        poster.post(url, HeaderMap::new(), "{}".to_owned()).await
    }

    #[tokio::test]
    async fn where_a_name_leads_is_checked_at_the_last_moment() {
        let private = Policy { allow_private: true, allow_loopback: false };
        let resolver = Resolver { policy: private, plain: false };
        let refused = resolver.resolve("localhost".parse().unwrap()).await;
        let refused = refused.err().expect("it leads to this machine").to_string();
        assert_eq!(refused, "localhost leads to no address that is permitted");
        let loopback = Resolver { policy: Policy { allow_loopback: true, ..private }, plain: true };
        let found: Vec<_> = loopback.resolve("localhost".parse().unwrap()).await.unwrap().collect();
        assert!(found.iter().all(|address| address.ip().is_loopback()), "{found:?}");
    }

    #[tokio::test]
    async fn what_is_not_permitted_any_more_is_not_posted_to() {
        let answer = post(Policy::default(), "https://127.0.0.1/").await;
        assert_eq!(answer, Answer::refused("not permitted: the URL must be a public address"));
    }

    #[tokio::test]
    async fn nobody_at_home_is_told_without_the_url() {
        let policy = Policy { allow_loopback: true, allow_private: false };
        let answer = post(policy, "http://127.0.0.1:9/token-in-the-path").await;
        assert_eq!(answer.status, 0);
        assert!(answer.error.contains("refused") && !answer.error.contains("token"), "{answer:?}");
    }
}
