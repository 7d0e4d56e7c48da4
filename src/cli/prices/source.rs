//! Where a price list comes from: a file, standard input or the web.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use anyhow::Context;
use ureq::Agent;

use crate::cli::failure::Usage;

/// The largest list that the service takes.
const MAX_BYTES: u64 = 16 << 20;
/// Time within which a list has to be here.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Hosts of this machine, which need no TLS.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Reads the whole of a list.
pub(super) fn read(source: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = match source {
        "-" => limited(std::io::stdin().lock()),
        // What is wrong with the address itself is said without showing it again.
        _ if source.contains("://") => fetch(source, &scheme(source)?),
        _ => File::open(source).map_err(Into::into).and_then(limited),
    };
    bytes.with_context(|| format!("cannot read {source}"))
}

/// How an address may be fetched.
#[derive(Debug, PartialEq, Eq)]
enum Scheme {
    /// With TLS; all redirects as well.
    Https,
    /// From this machine; no redirects.
    LocalHttp,
}

fn scheme(address: &str) -> Result<Scheme, Usage> {
    let refuse = |why: &str| Usage(format!("cannot fetch {address}: {why}"));
    let uri: http::Uri = address.parse().map_err(|_| refuse("it is no address"))?;
    let authority = uri.authority().ok_or_else(|| refuse("it names no host"))?;
    if authority.as_str().contains('@') {
        // The address is kept with the prices, for everybody to see.
        return Err(Usage(
            "an address with a password is not fetched, since it would be kept with the prices; \
             fetch the list yourself and name the file"
                .to_owned(),
        ));
    }
    match uri.scheme_str() {
        Some("https") => Ok(Scheme::Https),
        Some("http") if LOCAL.contains(&authority.host()) => Ok(Scheme::LocalHttp),
        Some("http") => {
            Err(refuse("prices are fetched over https only, so that nobody changes them"))
        }
        _ => Err(refuse("only https is understood; name a file without file://")),
    }
}

fn fetch(address: &str, scheme: &Scheme) -> anyhow::Result<Vec<u8>> {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .user_agent(concat!("aiusage/", env!("CARGO_PKG_VERSION")));
    let config = match scheme {
        Scheme::Https => config.https_only(true),
        Scheme::LocalHttp => config.max_redirects(0).max_redirects_will_error(true).proxy(None),
    };
    let agent = Agent::from(config.build());
    let mut answer = agent.get(address).call().map_err(explain)?;
    limited(answer.body_mut().as_reader())
}

/// An error in words that say what to do.
fn explain(error: ureq::Error) -> anyhow::Error {
    match error {
        ureq::Error::StatusCode(404) => anyhow::anyhow!("there is no such page (HTTP 404)"),
        ureq::Error::StatusCode(code) => anyhow::anyhow!("the server answered HTTP {code}"),
        ureq::Error::Timeout(_) => anyhow::anyhow!("it took longer than {TIMEOUT:?}"),
        ureq::Error::RequireHttpsOnly(to) => {
            anyhow::anyhow!("it leads to {to}, which is not https")
        }
        other => other.into(),
    }
}

fn limited(input: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(!bytes.is_empty(), "it is empty");
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES);
    anyhow::ensure!(fits, "it is larger than 16 MiB, the most that the service takes");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_https_and_this_machine_are_fetched() {
        assert_eq!(scheme("https://example.org/data.json").unwrap(), Scheme::Https);
        assert_eq!(scheme("http://localhost:8000/a.csv").unwrap(), Scheme::LocalHttp);
        assert_eq!(scheme("http://[::1]:8000/a.csv").unwrap(), Scheme::LocalHttp);
        for wrong in [
            "http://example.org/data.json",
            "http://localhost.example.org/",
            "ftp://example.org/",
            "file:///etc/prices.csv",
            "https://me:secret@example.org/",
        ] {
            assert!(scheme(wrong).is_err(), "{wrong}");
        }
        assert!(
            !scheme("https://me:secret@example.org/").unwrap_err().to_string().contains("secret")
        );
    }

    #[test]
    fn a_list_has_a_size_within_limits() {
        assert!(limited(std::io::empty()).unwrap_err().to_string().contains("empty"));
        assert_eq!(limited(std::io::repeat(1).take(MAX_BYTES)).unwrap().len(), 16 << 20);
        let error = limited(std::io::repeat(1)).unwrap_err();
        assert!(error.to_string().contains("16 MiB"), "{error}");
        let error = read("/no/such/file.csv").unwrap_err();
        assert!(format!("{error:#}").starts_with("cannot read /no/such/file.csv: "), "{error:#}");
    }

    /// A web server for one request.
    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/list.csv", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1_024];
            let _read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn a_list_is_fetched() {
        let ok = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\na,b\n1");
        assert_eq!(read(&ok).unwrap(), b"a,b\n1");
        let missing = serve("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        assert!(format!("{:#}", read(&missing).unwrap_err()).contains("HTTP 404"));
        let elsewhere = serve(
            "HTTP/1.1 302 Found\r\nlocation: http://example.org/\r\ncontent-length: 0\r\n\r\n",
        );
        assert!(read(&elsewhere).is_err());
    }
}
