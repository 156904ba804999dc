#include "schema/json_pointer.h"

#include <charconv>

namespace bb::schema {

std::optional<std::string_view> PointerTokens::next() {
  if (rest_.empty()) return std::nullopt;
  rest_.remove_prefix(1);
  const std::string_view raw = rest_.substr(0, rest_.find('/'));
  rest_.remove_prefix(raw.size());
  token_.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) {
      token_ += raw[++i] == '0' ? '~' : '/';
    } else {
      token_ += raw[i];
    }
  }
  return token_;
}

std::optional<std::uint32_t> find_member(const JsonView& json, std::uint32_t object,
                                         std::string_view name, std::string& buffer) {
  if (!json[object].is(JsonType::kObject)) return std::nullopt;
  std::optional<std::uint32_t> found;
  const std::uint16_t hash = hash_name(name);
  for (std::uint32_t at = object + 1; at < json[object].next; at = json[at].next) {
    if (json[at].hash == hash && json.characters(json[at], buffer) == name) found = at + 1;
  }
  return found;
}

std::optional<std::uint32_t> find_member(const JsonView& json, std::uint32_t object,
                                         std::string_view name) {
  std::string buffer;
  return find_member(json, object, name, buffer);
}

std::optional<std::uint32_t> find_child(const JsonView& json, std::uint32_t container,
                                        std::string_view token, std::string& buffer) {
  if (json[container].is(JsonType::kObject)) return find_member(json, container, token, buffer);
  if (!json[container].is(JsonType::kArray)) return std::nullopt;
  std::uint32_t wanted = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), wanted);
  const bool leading_zero = token.size() > 1 && token.front() == '0';
  if (error != std::errc{} || end != token.data() + token.size() || leading_zero ||
      wanted >= json[container].size) {
    return std::nullopt;
  }
  std::uint32_t at = container + 1;
  for (; wanted > 0; --wanted) at = json[at].next;
  return at;
}

void append_pointer_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace bb::schema
