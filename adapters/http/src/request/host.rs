use std::net::Ipv6Addr;

use poem::{
    Request,
    http::{HeaderValue, Version, header, uri::Authority},
};

/// Returns whether the request has exactly one valid `Host` (RFC 9112, section 3.2). Ambiguous hosts allow cache poisoning.
/// HTTP/1.0 may omit the header; HTTP/2 has a pseudo-header instead.
pub(crate) fn is_valid(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host),
        (None, _) => request.version() != Version::HTTP_11,
        _ => false,
    }
}

/// Returns whether the value is `uri-host [":" port]` (RFC 9110, section 7.2).
fn is_host(value: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(value.as_bytes()) else { return false };
    let (host, whole) = (authority.host(), authority.as_str());
    let port = whole.strip_prefix(host).filter(|_| !host.is_empty());
    port.is_some_and(|port| match port.strip_prefix(':') {
        Some(number) => {
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            number.is_empty() || (is_number && number.parse::<u16>().is_ok())
        }
        None => port.is_empty(),
    }) && host.strip_prefix('[').is_none_or(|address| {
        address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: Version, hosts: &[&str]) -> bool {
        let mut request = Request::builder().version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        is_valid(&request.finish())
    }

    #[test]
    fn one_host_with_or_without_a_port_is_valid() {
        for host in ["coach.example", "127.0.0.1:8002", "[::1]:8002", "a_b:", "LOCALHOST:1"] {
            assert!(check(Version::HTTP_11, &[host]), "{host}");
        }
        assert!(check(Version::HTTP_10, &[]));
    }

    #[test]
    fn missing_repeated_and_malformed_hosts_are_invalid() {
        for host in [
            "", " ", ":80", "a b", "a:b", "a:99999", "u@a", "a/b", "http://a", "a?b", "[zz]",
            "a:+80", "[::1",
        ] {
            assert!(!check(Version::HTTP_11, &[host]), "{host:?}");
            assert!(!check(Version::HTTP_10, &[host]), "{host:?}");
        }
        for hosts in [&[][..], &["a", "a"], &["a", "b"]] {
            assert!(!check(Version::HTTP_11, hosts), "{hosts:?}");
        }
        assert!(!check(Version::HTTP_10, &["a", "a"]));
    }
}
