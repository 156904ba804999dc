#include "client/permission_hint.h"

#include <fmt/format.h>

namespace bb::client {
namespace {

// The name in a regular expression.
std::string literal(std::string_view name) {
  constexpr std::string_view kSpecial = R"(\^$.|?*+()[]{})";
  std::string text;
  for (const char c : name) {
    if (kSpecial.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string service_permissions(std::string_view user, std::string_view exchange,
                                std::string_view queue) {
  const std::string queues = literal(queue) + R"((\..*)?)";
  const std::string all = fmt::format("^({}|{})$", literal(exchange), queues);
  return fmt::format(R"(bb user permit '{}' --configure '{}' --write '^({}|amq\.default)$' )"
                     "--read '{}'",
                     user, all, queues, all);
}

}  // namespace bb::client
