//! Flags that say which service to ask.

use aiusage_client::{Client, ClientBuilder, ConfigError, Source};
use clap::Args;

/// Which service to ask. No `Debug`: it may hold a key.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArgs {
    /// Address of the service [env: AIUSAGE_ADDRESS, or the credentials file]
    #[arg(long, global = true, value_name = "URL")]
    address: Option<String>,

    /// API key. Other users of this machine can see it here: better set
    /// AIUSAGE_API_KEY or use the credentials file
    #[arg(long, global = true, value_name = "KEY")]
    api_key: Option<String>,
}

impl ConnectionArgs {
    /// A client. It connects at its first call.
    pub(super) fn client(&self) -> Result<Client, ConfigError> {
        self.builder().build()
    }

    /// The address, where the command names one.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// Where the key of that client comes from, if there is one.
    pub(super) fn api_key_source(&self) -> Option<Source> {
        self.builder().api_key_source().ok()
    }

    fn builder(&self) -> ClientBuilder {
        let mut builder =
            Client::builder().user_agent(concat!("aiusage/", env!("CARGO_PKG_VERSION")));
        if let Some(address) = &self.address {
            builder = builder.address(address);
        }
        if let Some(api_key) = &self.api_key {
            builder = builder.api_key(api_key);
        }
        builder
    }
}
