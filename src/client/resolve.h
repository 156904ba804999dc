// From the host of a URL to addresses.
//
// Numeric addresses and "localhost" need no resolver: they are turned into addresses right
// here, which saves a one-shot process the thread that Asio starts for its first look-up.
// "localhost" is 127.0.0.1, then ::1 (RFC 6761 §6.3 has it mean loopback whatever the
// resolver says); IPv4 first because that is where `bb serve` listens by default.
// Every other name goes through getaddrinfo, which cannot be interrupted, on a thread of its own
// that is left behind after a timeout: it holds up neither the end of the process nor other
// look-ups.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"

namespace bb::client {

using Addresses = std::vector<boost::asio::ip::address>;

// nullopt when the resolver has to be asked.
std::optional<Addresses> local_addresses(std::string_view host);

// At least one address, in the order to try them. kUnreachable: no such host, or no
// answer by `deadline`.
boost::asio::awaitable<Result<Addresses>> resolve(std::string host,
                                                  std::chrono::steady_clock::time_point deadline);

}  // namespace bb::client
