//! Setting a client up.

use std::path::PathBuf;
use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::client::Client;
use crate::credentials::{self, ApiKey, Credentials, Given, Source};
use crate::error::ConfigError;

/// Time within which a call must be answered, retries included.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts at one call, the first included.
const DEFAULT_ATTEMPTS: u32 = 4;
/// Time for the TCP and TLS handshakes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a connection with open calls is probed, so that a peer that vanished
/// is noticed.
const PROBE_INTERVAL: Duration = Duration::from_secs(30);
/// Room for answers: one stream may not fill the whole connection. Fixed, since
/// windows that adapt start far too small for a burst.
const CONNECTION_WINDOW: u32 = 64 << 20;
const STREAM_WINDOW: u32 = 1 << 20;

/// Sets a [`Client`] up. What is not said here comes from the environment or the
/// credentials file.
///
/// ```no_run
/// use std::time::Duration;
/// use aiusage_client::Client;
///
/// # fn example() -> Result<(), aiusage_client::Error> {
/// let client = Client::builder()
///     .address("https://aiusage.example.org")
///     .timeout(Duration::from_secs(2))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    given: Given,
    timeout: Duration,
    attempts: u32,
    user_agent: String,
    #[cfg(feature = "tls")]
    ca_certificate: Option<String>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            given: Given::default(),
            timeout: DEFAULT_TIMEOUT,
            attempts: DEFAULT_ATTEMPTS,
            user_agent: concat!("aiusage-client-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            #[cfg(feature = "tls")]
            ca_certificate: None,
        }
    }

    /// Where the service listens, such as `http://127.0.0.1:50051`.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.given.address = Some(address.into());
        self
    }

    /// The API key. It decides the tenant.
    #[must_use]
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.given.api_key = Some(ApiKey(api_key.into()));
        self
    }

    /// Another credentials file.
    #[must_use]
    pub fn credentials_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.given.file = Some(path.into());
        self
    }

    /// Time within which a unary call must be answered, retries included. 5 s
    /// unless said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Attempts at one unary call, the first included. 4 unless said.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The program's name and version, put before the client's own.
    #[must_use]
    pub fn user_agent(mut self, program: &str) -> Self {
        self.user_agent = format!("{program} {}", self.user_agent);
        self
    }

    /// A certificate authority (PEM) to trust beside the public ones.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_certificate(mut self, pem: impl Into<String>) -> Self {
        self.ca_certificate = Some(pem.into());
        self
    }

    /// Where the API key would come from.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn api_key_source(&self) -> Result<Source, ConfigError> {
        Ok(self.find()?.api_key_source)
    }

    /// Makes the client. It connects at the first call, and again whenever the
    /// connection breaks.
    ///
    /// # Errors
    ///
    /// When there is no key, or the address, the key or the credentials file cannot
    /// be used.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub fn build(self) -> Result<Client, ConfigError> {
        let found = self.find()?;
        let channel = self.channel(&found.address)?;
        let bearer = bearer(&found)?;
        Ok(Client::new(channel, bearer, found.address, self.timeout, self.attempts))
    }

    fn find(&self) -> Result<Credentials, ConfigError> {
        credentials::find(self.given.clone(), |name| std::env::var(name).ok())
    }

    fn channel(&self, address: &str) -> Result<Channel, ConfigError> {
        let refuse = |cause: &dyn std::error::Error| {
            let cause = cause.source().map_or_else(|| cause.to_string(), ToString::to_string);
            ConfigError::Address { address: address.to_owned(), cause }
        };
        let url =
            if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let endpoint = Endpoint::from_shared(url)
            .and_then(|endpoint| endpoint.user_agent(self.user_agent.clone()))
            .map_err(|error| refuse(&error))?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(PROBE_INTERVAL)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .initial_stream_window_size(STREAM_WINDOW)
            .tcp_nodelay(true);
        let endpoint = self.secure(endpoint).map_err(|error| refuse(&error))?;
        Ok(endpoint.connect_lazy())
    }

    #[cfg(feature = "tls")]
    fn secure(&self, endpoint: Endpoint) -> Result<Endpoint, tonic::transport::Error> {
        use tonic::transport::{Certificate, ClientTlsConfig};

        if endpoint.uri().scheme_str() != Some("https") {
            return Ok(endpoint);
        }
        let own = self.ca_certificate.iter().map(Certificate::from_pem);
        endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots().ca_certificates(own))
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with the feature tls")]
    fn secure(&self, endpoint: Endpoint) -> Result<Endpoint, tonic::transport::Error> {
        Ok(endpoint)
    }
}

/// The authorization header; marked as sensitive, so that it is never logged.
fn bearer(found: &Credentials) -> Result<MetadataValue<Ascii>, ConfigError> {
    let header = format!("Bearer {}", found.api_key.0.trim());
    let mut header: MetadataValue<Ascii> = header
        .parse()
        .map_err(|_| ConfigError::MalformedKey { source_name: found.api_key_source.to_string() })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn neither_builder_nor_client_shows_the_key() {
        let builder = Client::builder().address("localhost:1").api_key("aiusage_secret");
        assert!(!format!("{builder:?}").contains("aiusage_secret"));
        let client = builder.build().expect("address and key are given");
        assert!(!format!("{client:?}").contains("aiusage_secret"));
    }

    #[tokio::test]
    async fn a_bad_address_or_key_is_named() {
        let error =
            Client::builder().address("http://a b").api_key("k").build().expect_err("a space");
        assert!(matches!(error, ConfigError::Address { .. }), "{error}");
        let error =
            Client::builder().address("http://a").api_key("k\n2").build().expect_err("a break");
        assert_eq!(
            error.to_string(),
            "the API key from the program has characters that a header cannot carry"
        );
    }
}
