// How a client speaks TLS, as the parameters of a URL say it:
// https://www.rabbitmq.com/docs/uri-query-parameters
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::amqp {

// Files are in PEM. An empty name stands for one that was not given.
struct TlsParameters {
  std::string cacertfile = {};  // authorities to trust in place of those of the system
  std::string certfile = {};  // the client's certificate, and after it those that lead to its root
  std::string keyfile = {};   // its private key, which is in certfile where this is empty
  std::string key_password = {};  // of a key that is encrypted
  bool verify_peer = true;
  // The name that the certificate has to be for and that SNI tells: the URL's host, or this. Empty:
  // none is told and none is checked.
  std::optional<std::string> server_name = {};
  std::optional<std::uint16_t> depth = {};  // intermediate certificates at most

  friend bool operator==(const TlsParameters&, const TlsParameters&) = default;
};

// Whether `name` is a parameter of TLS; its value is then in `tls`. kInvalidUrl for a value that
// cannot be used, or a second one. Messages say what is wrong, with neither the value nor the URL
// in them.
Result<bool> set_tls_parameter(TlsParameters& tls, std::string_view name, std::string_view value);

// What is only of use together. kInvalidUrl, as above.
Result<void> check_tls_parameters(const TlsParameters& tls);

}  // namespace bb::amqp
