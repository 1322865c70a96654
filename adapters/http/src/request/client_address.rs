use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use poem::{
    Request,
    http::{HeaderMap, HeaderName},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Maximum number of list members that are read, from the right. A longer chain of trusted proxies is a mistake or an attack.
const MAX_HOPS: usize = 64;

/// The proxies that may report the address of a client.
///
/// Only `X-Forwarded-For` is read. The same information in `Forwarded` (RFC 7239) could contradict it, and an attacker would
/// choose the header that the proxy does not overwrite.
pub(crate) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the proxies in these networks. IPv4 networks in IPv6 form count as IPv4.
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.iter().map(|network| canonical_network(*network)).collect())
    }

    /// Returns the address of the client: the peer or, if the peer is trusted, the last address of `X-Forwarded-For` that is not
    /// trusted. Returns `None` if the peer has no IP address.
    pub(crate) fn client_of(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.remote_addr().as_socket_addr()?.ip();
        Some(self.client(peer.to_canonical(), request.headers()))
    }

    /// Each proxy appends the address of its peer, so the list is believed from the right, as long as the addresses are trusted.
    /// If all of them are, the client is the first one. A member that is not an address ends the list, because nobody knows
    /// where it comes from.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let members = headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .rev()
            .flat_map(|header| header.as_bytes().rsplit(|byte| *byte == b','))
            .take(MAX_HOPS)
            .map(<[u8]>::trim_ascii)
            // Lists may have empty members (RFC 9110, section 5.6.1.2).
            .filter(|member| !member.is_empty());
        let mut client = peer;
        for member in members {
            let Some(address) = parse(member) else { break };
            client = address;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses an address with or without a port. IPv6 addresses may have brackets.
fn parse(member: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(member).ok()?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().map(IpAddr::V6).ok();
    let address = text.parse().ok().or_else(bracketed);
    let address =
        address.or_else(|| text.parse::<SocketAddr>().map(|address| address.ip()).ok())?;
    Some(address.to_canonical())
}

/// Returns the IPv4 network of an IPv4-mapped one, such as `10.0.0.0/8` for `::ffff:10.0.0.0/104`.
fn canonical_network(network: IpNet) -> IpNet {
    let mapped_prefix = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), mapped_prefix) {
        (address @ IpAddr::V4(_), Some(prefix)) if network.addr().is_ipv6() => {
            IpNet::new(address, prefix).unwrap_or(network)
        }
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies(networks: &[&str]) -> TrustedProxies {
        let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
        TrustedProxies::new(&networks)
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap());
        values.map(|value| (X_FORWARDED_FOR, value)).collect()
    }

    /// The client of a request from `10.0.0.1`, which is trusted like all of `10.0.0.0/8` and `fd00::/8`.
    fn client(values: &[&str]) -> String {
        let proxies = proxies(&["10.0.0.0/8", "fd00::/8"]);
        proxies.client([10, 0, 0, 1].into(), &headers(values)).to_string()
    }

    /// ASVS 4.1.3, 15.3.4.
    #[test]
    fn header_of_an_untrusted_peer_is_ignored() {
        let sent = headers(&["203.0.113.9"]);
        for networks in [&[][..], &["10.0.0.0/8"], &["192.0.2.2/32"], &["::/0"]] {
            let client = proxies(networks).client([192, 0, 2, 1].into(), &sent);
            assert_eq!(client.to_string(), "192.0.2.1", "{networks:?}");
        }
    }

    #[test]
    fn last_untrusted_address_is_the_client() {
        for (values, expected) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1, 10.9.9.9"], "192.0.2.1"),
            (&["203.0.113.9", "192.0.2.1", "10.9.9.9, fd00::1"], "192.0.2.1"),
            (&[" 192.0.2.1\t,, ,10.2.0.1 ,"], "192.0.2.1"),
            (&["2001:db8::1"], "2001:db8::1"),
        ] {
            assert_eq!(client(values), expected, "{values:?}");
        }
    }

    #[test]
    fn without_an_untrusted_address_the_first_one_is_the_client() {
        for (values, expected) in [
            (&[][..], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&[", ,", ","], "10.0.0.1"),
            (&["10.3.0.1, 10.2.0.1"], "10.3.0.1"),
            (&["fd00::5", "10.2.0.1"], "fd00::5"),
        ] {
            assert_eq!(client(values), expected, "{values:?}");
        }
    }

    #[test]
    fn addresses_may_have_ports_and_brackets_and_be_ipv4_mapped() {
        for (value, expected) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:4711", "192.0.2.1"),
            ("192.0.2.1, ::ffff:10.2.0.1", "192.0.2.1"),
        ] {
            assert_eq!(client(&[value]), expected, "{value}");
        }
        for network in ["::ffff:127.0.0.1/128", "::ffff:127.0.0.0/104", "127.0.0.1/32"] {
            let peer: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
            let client = proxies(&[network]).client(peer.to_canonical(), &headers(&["192.0.2.1"]));
            assert_eq!(client.to_string(), "192.0.2.1", "{network}");
        }
    }

    #[test]
    fn unreadable_member_ends_the_list() {
        for garbage in [
            "unknown",
            "_hidden",
            "\"192.0.2.1\"",
            "for=192.0.2.1",
            "192.0.2.1 192.0.2.2",
            "192.0.2",
            "192.0.2.1:",
            "192.0.2.1:99999",
            "[192.0.2.1]",
            "[2001:db8::1",
            "2001:db8::1]:80",
            "fe80::1%eth0",
            "é",
            "-",
        ] {
            assert_eq!(client(&[garbage]), "10.0.0.1", "{garbage}");
            let chain = format!("203.0.113.9, {garbage}, 10.2.0.1");
            assert_eq!(client(&[&chain]), "10.2.0.1", "{garbage}");
        }
    }

    #[test]
    fn only_the_end_of_a_long_list_is_read() {
        let commas = ",".repeat(32 * 1024);
        assert_eq!(client(&[&format!("203.0.113.9{commas}")]), "10.0.0.1");
        assert_eq!(client(&[&format!("{commas}203.0.113.9")]), "203.0.113.9");
        let proxies = ["10.2.0.1"; 100].join(",");
        assert_eq!(client(&[&format!("203.0.113.9,{proxies}")]), "10.2.0.1");
    }

    fn untrusted() -> impl Strategy<Value = IpAddr> {
        let trusted = proxies(&["10.0.0.0/8", "fd00::/8"]);
        any::<IpAddr>()
            .prop_map(|address| address.to_canonical())
            .prop_filter("untrusted", move |address| !trusted.trusts(*address))
    }

    proptest! {
        /// A client cannot choose its address, whatever it sends, because every trusted proxy appends the address of its peer.
        #[test]
        fn sent_headers_never_change_what_trusted_proxies_append(
            sent in prop::collection::vec("[ -~]{0,80}", 0..4),
            real in untrusted(),
            hops in prop::collection::vec(any::<[u8; 3]>(), 0..5),
        ) {
            let hops = hops.iter().map(|[a, b, c]| format!(", 10.{a}.{b}.{c}"));
            let appended = format!("{real}{}", hops.collect::<String>());
            let mut separate: Vec<&str> = sent.iter().map(String::as_str).collect();
            separate.push(&appended);
            prop_assert_eq!(client(&separate), real.to_string());
            let joined = format!("{}, {appended}", sent.join(", "));
            prop_assert_eq!(client(&[&joined]), real.to_string());
        }
    }
}
