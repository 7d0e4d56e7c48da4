//! Where alerts may be posted to: the server must not be made to knock at doors that
//! only it can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What the operator allows beside https to public addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// This machine, also over http.
    pub allow_loopback: bool,
    /// Private networks, also over http.
    pub allow_private: bool,
}

/// Why a destination was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// No URL.
    #[error("must be a URL such as https://example.com/alerts")]
    Url,
    /// Another scheme.
    #[error("must begin with https://")]
    Scheme,
    /// A name or password in it.
    #[error("must not have a user name or password: deliveries are signed instead")]
    UserInfo,
    /// Too long.
    #[error("must have at most {max} characters", max = Policy::URL_MAX)]
    TooLong,
    /// An address that nobody is posted to.
    #[error("must be a public address")]
    Address,
}

/// Kinds of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Anybody can reach it.
    Public,
    /// This machine.
    Loopback,
    /// A private network.
    Private,
    /// Nobody is posted to: the link, many at once, what clouds tell their machines about
    /// themselves, what is reserved.
    Never,
}

impl Policy {
    /// The most characters of a URL.
    pub const URL_MAX: usize = 512;

    /// Reads a URL as a client would, and checks what can be seen of it. Its name may lead
    /// anywhere: [`Policy::permits`] is asked again of each address.
    pub fn destination(self, text: &str) -> Result<Url, DestinationError> {
        let mut url = Url::parse(text).map_err(|_| DestinationError::Url)?;
        let plain = match url.scheme() {
            "https" => false,
            "http" if self.allow_loopback || self.allow_private => true,
            _ => return Err(DestinationError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::UserInfo);
        }
        let permitted = match url.host().ok_or(DestinationError::Url)? {
            Host::Ipv4(address) => self.permits(address.into(), plain),
            Host::Ipv6(address) => self.permits(address.into(), plain),
            Host::Domain(name) => !is_local(name) || self.allow_loopback,
        };
        if !permitted {
            return Err(DestinationError::Address);
        }
        url.set_fragment(None);
        if url.as_str().len() > Self::URL_MAX {
            return Err(DestinationError::TooLong);
        }
        Ok(url)
    }

    /// Whether something may be posted to `address`; `plain`: over http.
    #[must_use]
    pub fn permits(self, address: IpAddr, plain: bool) -> bool {
        match reach(address) {
            Reach::Public => !plain,
            Reach::Loopback => self.allow_loopback,
            Reach::Private => self.allow_private,
            Reach::Never => false,
        }
    }
}

/// Names that mean this machine, without asking anybody.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127, ..] => Reach::Loopback,
        // Metadata of Alibaba's and Azure's machines, in ranges that are otherwise used.
        [100, 100, 100, 200] | [168, 63, 129, 16] => Reach::Never,
        [10, ..] | [192, 168, ..] => Reach::Private,
        [172, second, ..] if (16..32).contains(&second) => Reach::Private,
        // Shared by the customers of one provider.
        [100, second, ..] if (64..128).contains(&second) => Reach::Private,
        // This network, the link (with metadata), what examples and benchmarks use,
        // 6to4 relays, several at once, reserved.
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [192, 0, 2, _] | [192, 88, 99, _] => {
            Reach::Never
        }
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] | [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Loopback,
        // Addresses of IPv4 in other clothes: mapped, translated, tunnelled.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        // Metadata of Amazon's machines, in a private range.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Reach::Never,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo and other protocols' own, and what examples use.
        [0x2001, ..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..=0xfff, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Policy = Policy { allow_loopback: false, allow_private: false };
    const LOOPBACK: Policy = Policy { allow_loopback: true, ..STRICT };
    const PRIVATE: Policy = Policy { allow_private: true, ..STRICT };

    #[test]
    fn public_addresses_are_reached_over_https_alone() {
        for url in
            ["https://example.com/x?y=z", "https://93.184.215.14:8443", "https://[2606:4700::1]/"]
        {
            assert!(STRICT.destination(url).is_ok(), "{url}");
        }
        for policy in [STRICT, LOOPBACK, PRIVATE] {
            assert_eq!(policy.destination("ftp://example.com"), Err(DestinationError::Scheme));
            assert!(policy.destination("http://93.184.215.14").is_err());
        }
        assert_eq!(STRICT.destination("http://example.com"), Err(DestinationError::Scheme));
    }

    #[test]
    fn what_is_no_destination_is_told_why() {
        for (url, error) in [
            ("", DestinationError::Url),
            ("example.com/alerts", DestinationError::Url),
            ("https://", DestinationError::Url),
            ("mailto:a@example.com", DestinationError::Scheme),
            ("https://user@example.com", DestinationError::UserInfo),
            ("https://:secret@example.com", DestinationError::UserInfo),
        ] {
            assert_eq!(STRICT.destination(url), Err(error), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(500));
        assert_eq!(STRICT.destination(&long), Err(DestinationError::TooLong));
        let kept = STRICT.destination("HTTPS://Example.com:443/a#b").map(|url| url.to_string());
        assert_eq!(kept.as_deref(), Ok("https://example.com/a"));
    }

    #[test]
    fn no_spelling_of_this_machine_or_a_private_network_is_reached() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "0x7f.1",
            "2130706433",
            "017700000001",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
        ] {
            let url = format!("https://{host}/");
            assert_eq!(STRICT.destination(&url), Err(DestinationError::Address), "{host}");
            assert!(LOOPBACK.destination(&url).is_ok(), "{host}");
            assert!(LOOPBACK.destination(&format!("http://{host}/")).is_ok(), "{host}");
        }
        for host in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.0.1",
            "[fd12::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[2002:a00:1::]",
        ] {
            let url = format!("https://{host}/");
            assert_eq!(STRICT.destination(&url), Err(DestinationError::Address), "{host}");
            assert_eq!(LOOPBACK.destination(&url), Err(DestinationError::Address), "{host}");
            assert!(PRIVATE.destination(&url).is_ok(), "{host}");
        }
    }

    #[test]
    fn some_addresses_are_never_posted_to() {
        let all = Policy { allow_loopback: true, allow_private: true };
        for host in [
            "169.254.169.254",
            "169.254.1.1",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "[::]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[fd00:ec2::254]",
            "[2001:db8::1]",
            "[2001::1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[64:ff9b:1::a00:1]",
            "[::7f00:1]",
            "[100::1]",
        ] {
            let url = format!("https://{host}/");
            assert_eq!(all.destination(&url), Err(DestinationError::Address), "{host}");
        }
    }
}
