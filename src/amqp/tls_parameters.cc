#include "amqp/tls_parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace bb::amqp {
namespace {

// RFC 1035 §2.3.4.
constexpr std::size_t kHostNameMaxBytes = 253;

std::unexpected<Error> invalid(std::string problem) {
  return fail(ErrorCode::kInvalidUrl, std::move(problem));
}

std::unexpected<Error> given_twice(std::string_view name) {
  return invalid(fmt::format("{} is given twice", name));
}

Result<bool> set_text(std::string& target, std::string_view name, std::string_view value) {
  if (!target.empty()) return given_twice(name);
  if (value.empty() || value.find('\0') != std::string_view::npos) {
    return invalid(fmt::format("{} is empty, or holds a NUL byte", name));
  }
  target = value;
  return true;
}

Result<bool> set_verify(bool& verify_peer, std::string_view value) {
  if (value != "verify_peer" && value != "verify_none") {
    return invalid("verify is neither verify_peer nor verify_none");
  }
  verify_peer = value == "verify_peer";
  return true;
}

Result<bool> set_server_name(std::optional<std::string>& target, std::string_view name,
                             std::string_view value) {
  if (target) return given_twice(name);
  if (value.empty() || value.size() > kHostNameMaxBytes ||
      value.find('\0') != std::string_view::npos) {
    return invalid(fmt::format("{} is neither a host name nor disable", name));
  }
  target = value == "disable" ? std::string() : std::string(value);
  return true;
}

Result<bool> set_depth(std::optional<std::uint16_t>& target, std::string_view value) {
  if (target) return given_twice("depth");
  // That of Erlang's ssl application, which RabbitMQ's clients hand it to.
  constexpr std::uint16_t kMost = 255;
  std::uint16_t depth = 0;
  const auto [stop, error] = std::from_chars(value.begin(), value.end(), depth);
  if (error != std::errc{} || stop != value.end() || depth > kMost) {
    return invalid(fmt::format("depth is not a whole number from 0 to {}", kMost));
  }
  target = depth;
  return true;
}

}  // namespace

Result<bool> set_tls_parameter(TlsParameters& tls, std::string_view name, std::string_view value) {
  if (name == "cacertfile") return set_text(tls.cacertfile, name, value);
  if (name == "certfile") return set_text(tls.certfile, name, value);
  if (name == "keyfile") return set_text(tls.keyfile, name, value);
  if (name == "password") return set_text(tls.key_password, name, value);
  if (name == "verify") return set_verify(tls.verify_peer, value);
  if (name == "server_name_indication") return set_server_name(tls.server_name, name, value);
  if (name == "depth") return set_depth(tls.depth, value);
  return false;
}

Result<void> check_tls_parameters(const TlsParameters& tls) {
  if (!tls.certfile.empty()) return {};
  if (!tls.keyfile.empty()) return invalid("keyfile is of use together with certfile alone");
  if (!tls.key_password.empty()) {
    return invalid("password is that of a key, and there is no certfile that one belongs to");
  }
  return {};
}

}  // namespace bb::amqp
