// Which addresses a webhook may be sent to. Who may name an endpoint must not reach with it what
// only this machine or its network can: metadata services, databases, routers (server-side request
// forgery; Standard Webhooks 1.0.0, "Server side request forgery").
#pragma once

#include <boost/asio/ip/address.hpp>

#include "bloodbank/result.h"

namespace bb::webhook {

// Success for what is publicly routed unicast. kAccessRefused, with the address and the name of its
// range, for all else, by IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) and
// the RFCs that the tables name: loopback, private, shared (carrier-grade NAT), link-local, unique
// local, multicast, unspecified, reserved, documentation. An IPv6 address that carries one of IPv4
// (mapped, NAT64's 64:ff9b::/96, 6to4) is judged by that one. NAT64 behind a prefix of a network's
// own (RFC 6052 §2.2) cannot be told from other addresses, nor can IPv4 in the last bits of ISATAP.
//
// A client::AddressPolicy. Thread-safe.
Result<void> check_public(const boost::asio::ip::address& address);

}  // namespace bb::webhook
