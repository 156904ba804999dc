#include "client/handshake.h"

#include <fmt/core.h>

#include <algorithm>

#include "amqp/constants.h"
#include "client/text.h"

namespace bb::client {
namespace {

// AMQP 0-9-1 leaves it open who decides when one side says 0 ("no limit", "no
// heartbeat"); brokers and most clients let the other side decide.
template <class T>
T smaller_or_only(T ours, T theirs) {
  if (ours == 0 || theirs == 0) return std::max(ours, theirs);
  return std::min(ours, theirs);
}

bool offers(std::string_view mechanisms, std::string_view wanted) {
  while (!mechanisms.empty()) {
    const std::size_t end = std::min(mechanisms.find(' '), mechanisms.size());
    if (mechanisms.substr(0, end) == wanted) return true;
    mechanisms.remove_prefix(std::min(end + 1, mechanisms.size()));
  }
  return false;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Without a mechanism to choose from it is by password as well.
bool logs_in_by_password(const amqp::Url& url) {
  return url.auth_mechanisms.empty() ||
         url.auth_mechanisms.front() != amqp::AuthMechanism::kExternal;
}

std::string check_credentials(const amqp::Url& url) {
  if (!logs_in_by_password(url)) {
    return "the broker takes the user's name from the certificate (RabbitMQ: "
           "ssl_cert_login_from), and has to know it";
  }
  if (url.user == "guest" && !is_loopback(url.host)) {
    return "user 'guest' may log in from the broker's own machine only: put another user and "
           "its password into the URL";
  }
  return "check the user and the password in the URL";
}

std::string log_in_of(const amqp::Url& url) {
  return logs_in_by_password(url) ? fmt::format("log-in of user '{}'", one_line(url.user))
                                  : std::string("log-in by certificate");
}

Login log_in(amqp::AuthMechanism mechanism, const amqp::Url& url) {
  Login login{.mechanism = amqp::mechanism_name(mechanism), .response = {}};
  switch (mechanism) {
    case amqp::AuthMechanism::kPlain:
      // RFC 4616: authorization identity (none), user, password.
      login.response.append(1, '\0').append(url.user).append(1, '\0').append(url.password);
      break;
    case amqp::AuthMechanism::kAmqplain:
      login.response =
          amqp::encode_table_content({{"LOGIN", url.user}, {"PASSWORD", url.password}});
      break;
    case amqp::AuthMechanism::kExternal:
      break;  // who we are is in the certificate (RFC 4422, appendix A)
  }
  return login;
}

std::string names_of(const std::vector<amqp::AuthMechanism>& mechanisms) {
  std::string names;
  for (const amqp::AuthMechanism mechanism : mechanisms) {
    if (!names.empty()) names += " or ";
    names += amqp::mechanism_name(mechanism);
  }
  return names;
}

}  // namespace

amqp::FieldTable client_properties(std::string_view connection_name) {
  const amqp::FieldTable capabilities{
      {"publisher_confirms", true},           {"basic.nack", true},
      {"consumer_cancel_notify", true},       {"connection.blocked", true},
      {"authentication_failure_close", true},
  };
  return {
      {"product", "Bloodbank"},
      {"version", BB_VERSION},
      {"platform", "C++"},
      {"connection_name", connection_name},
      {"capabilities", capabilities},
  };
}

Result<Login> choose_login(std::string_view mechanisms, const amqp::Url& url) {
  std::vector<amqp::AuthMechanism> wanted = url.auth_mechanisms;
  if (wanted.empty()) wanted = {amqp::AuthMechanism::kPlain, amqp::AuthMechanism::kAmqplain};
  for (const amqp::AuthMechanism mechanism : wanted) {
    if (offers(mechanisms, amqp::mechanism_name(mechanism))) return log_in(mechanism, url);
  }
  return fail(ErrorCode::kNotImplemented,
              fmt::format("the broker at {} offers the log-in mechanisms '{}', and {} is wanted: "
                          "enable it there, or choose another with auth_mechanism in the URL",
                          peer_name(url), one_line(mechanisms), names_of(wanted)));
}

Result<Tuning> negotiate(const Tuning& wanted, const amqp::connection::Tune& offered) {
  const Tuning agreed{
      .channel_max = smaller_or_only(wanted.channel_max, offered.channel_max),
      .frame_max_bytes = smaller_or_only(wanted.frame_max_bytes, offered.frame_max),
      .heartbeat_seconds = smaller_or_only(wanted.heartbeat_seconds, offered.heartbeat),
  };
  if (agreed.frame_max_bytes < amqp::kFrameMinBytes) {
    return fail(ErrorCode::kFrameError,
                fmt::format("the broker asks for frames of at most {} bytes, and AMQP requires {}",
                            agreed.frame_max_bytes, amqp::kFrameMinBytes));
  }
  return agreed;
}

std::string peer_name(const amqp::Url& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", url.host, url.port)
                 : fmt::format("{}:{}", url.host, url.port);
}

std::optional<Error> foreign_answer(ByteView first_bytes, const std::string& peer) {
  constexpr std::string_view name = "AMQP";
  constexpr std::uint8_t tls_alert = 0x15;
  const std::string_view text = as_text(first_bytes);
  if (text.empty()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(text.front());
  if (first == static_cast<std::uint8_t>(amqp::FrameType::kMethod)) return std::nullopt;

  if (name.starts_with(text.substr(0, name.size()))) {
    if (text.size() < amqp::kProtocolHeader.size()) return std::nullopt;
    const auto byte = [&](std::size_t index) {
      return static_cast<unsigned>(static_cast<std::uint8_t>(text[index]));
    };
    return Error{ErrorCode::kUnreachable,
                 fmt::format("{} refuses AMQP 0-9-1: it answered with the protocol header 'AMQP "
                             "{} {} {} {}'; check the port of the URL",
                             peer, byte(4), byte(5), byte(6), byte(7))};
  }
  if (first == tls_alert) {
    return Error{
        ErrorCode::kUnreachable,
        fmt::format("{} expects TLS: it answered with a TLS alert; write amqps:// in the URL, "
                    "or check its port",
                    peer)};
  }
  const std::string_view first_line = text.substr(0, text.find_first_of("\r\n"));
  const bool printable = std::ranges::all_of(
      first_line, [](char character) { return character >= ' ' && character <= '~'; });
  const std::string received =
      printable ? fmt::format("'{}'", one_line(first_line, 60))
                : fmt::format("{} bytes that start with 0x{:02x}", text.size(), first);
  return Error{ErrorCode::kUnreachable,
               fmt::format("{} is no AMQP broker: it answered {}; check the host and the port of "
                           "the URL",
                           peer, received)};
}

Error refused_by_broker(const amqp::connection::Close& close, const amqp::Url& url) {
  const ErrorCode code = error_from_amqp(close.reply_code);
  const std::string text = one_line(close.reply_text);
  if (code == ErrorCode::kAccessRefused) {
    return {code, fmt::format("the broker at {} refused the {} ({}): {}", peer_name(url),
                              log_in_of(url), text, check_credentials(url))};
  }
  if (code == ErrorCode::kNotAllowed) {
    return {code, fmt::format("the broker at {} refused virtual host '{}' ({}): check the path of "
                              "the URL",
                              peer_name(url), one_line(url.vhost), text)};
  }
  return {code, fmt::format("the broker at {} refused the connection: {}", peer_name(url), text)};
}

Error dropped_after_login(const amqp::Url& url) {
  return {ErrorCode::kAccessRefused,
          fmt::format("the broker at {} hung up on the {} without a reason, which is how some "
                      "brokers refuse a password: {}",
                      peer_name(url), log_in_of(url), check_credentials(url))};
}

Error unanswered_login(const amqp::Url& url) {
  return {ErrorCode::kUnreachable,
          fmt::format("the broker at {} did not answer the {} in time: it is busy, or holds back "
                      "that it refuses the password, as some brokers do: {}",
                      peer_name(url), log_in_of(url), check_credentials(url))};
}

}  // namespace bb::client
