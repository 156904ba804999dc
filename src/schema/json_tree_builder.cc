#include "schema/json_tree_builder.h"

#include <cstring>

#include "event/json_string.h"
#include "schema/decimal.h"

namespace bb::schema {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether every backslash of a string is followed by what may follow one (RFC 8259 §7).
bool escapes_are_well_formed(std::string_view inside) {
  for (std::size_t i = 0; i < inside.size();) {
    const void* found = std::memchr(inside.data() + i, '\\', inside.size() - i);
    if (found == nullptr) return true;
    i = static_cast<std::size_t>(static_cast<const char*>(found) - inside.data()) + 1;
    if (i >= inside.size()) return false;
    switch (inside[i]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        ++i;
        break;
      case 'u':
        if (inside.size() - i < 5) return false;
        for (std::size_t digit = 1; digit <= 4; ++digit) {
          if (!is_hex(inside[i + digit])) return false;
        }
        i += 5;
        break;
      default:
        return false;
    }
  }
  return true;
}

std::uint64_t load8(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, 8);
  return value;
}

std::uint32_t load4(const char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, 4);
  return value;
}

}  // namespace

// Reads the first and the last eight bytes: names that share both, and their length, are told apart
// by whoever compares them.
std::uint16_t hash_name(std::string_view name) {
  const char* data = name.data();
  const std::size_t size = name.size();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (size >= 8) {
    a = load8(data);
    b = load8(data + size - 8);
  } else if (size >= 4) {
    a = load4(data);
    b = load4(data + size - 4);
  } else if (size > 0) {
    a = static_cast<std::uint64_t>(static_cast<unsigned char>(data[0])) |
        static_cast<std::uint64_t>(static_cast<unsigned char>(data[size / 2])) << 8;
    b = static_cast<unsigned char>(data[size - 1]);
  }
  const std::uint64_t mixed = (a + size) * 0x9E3779B97F4A7C15U ^ (b * 0xC2B2AE3D27D4EB4FU >> 7);
  return static_cast<std::uint16_t>((mixed * 0x9E3779B97F4A7C15U) >> 48);
}

bool JsonTreeBuilder::ends_scalar(std::size_t at) const {
  if (at >= text_.size()) return true;
  const char c = text_[at];
  return c == ',' || c == '}' || c == ']' || c == ':' || is_space(c);
}

bool JsonTreeBuilder::read_literal(std::uint32_t offset, std::string_view word) const {
  return text_.substr(offset, word.size()) == word && ends_scalar(offset + word.size());
}

bool JsonTreeBuilder::read_string(std::uint32_t offset, std::uint32_t next_token, JsonNode& node) {
  // Between a string and the next token is nothing but white space.
  std::size_t end = next_token - 1;
  while (text_[end] != '"') --end;
  const std::size_t begin = offset + 1U;
  node.offset = static_cast<std::uint32_t>(begin);
  node.size = static_cast<std::uint32_t>(end - begin);
  node.type = JsonType::kString;
  node.flags = 0;
  node.hash = 0;
  if (next_backslash_ < end) [[unlikely]] {
    if (next_backslash_ < begin) {
      const void* found = std::memchr(text_.data() + begin, '\\', text_.size() - begin);
      next_backslash_ =
          found == nullptr
              ? text_.size()
              : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
    }
    if (next_backslash_ < end) {
      node.flags = JsonNode::kEscaped;
      const bool well_formed = escapes_are_well_formed(text_.substr(begin, end - begin));
      next_backslash_ = 0;
      return well_formed;
    }
  }
  return true;
}

// RFC 8259 §6.
bool JsonTreeBuilder::read_number(std::uint32_t offset, JsonNode& node) {
  const char* const begin = text_.data() + offset;
  const char* const end = text_.data() + text_.size();
  const char* at = begin;
  if (*at == '-') ++at;
  const char* const digits = at;
  while (at < end && is_digit(*at)) ++at;
  if (at == digits || (*digits == '0' && at - digits > 1)) return false;
  bool plain = at - digits <= 18;
  bool integral = true;
  if (at < end && (*at == '.' || *at == 'e' || *at == 'E')) {
    plain = false;
    if (*at == '.') {
      ++at;
      const char* const fraction = at;
      bool all_zero = true;
      while (at < end && is_digit(*at)) all_zero &= *at++ == '0';
      if (at == fraction) return false;
      integral = all_zero;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
      ++at;
      if (at < end && (*at == '+' || *at == '-')) ++at;
      const char* const exponent = at;
      while (at < end && is_digit(*at)) ++at;
      if (at == exponent) return false;
      integral = is_integral_number({begin, at});
    }
  }
  node.offset = offset;
  node.size = static_cast<std::uint32_t>(at - begin);
  node.type = integral ? JsonType::kInteger : JsonType::kNumber;
  node.flags = plain ? JsonNode::kPlainDigits : std::uint8_t{0};
  node.hash = 0;
  return ends_scalar(offset + node.size);
}

bool JsonTreeBuilder::read_scalar(std::uint32_t offset, std::uint32_t next_token, JsonNode& node) {
  const auto literal = [&](std::string_view word, JsonType type, std::uint8_t flags) {
    node.offset = offset;
    node.size = static_cast<std::uint32_t>(word.size());
    node.type = type;
    node.flags = flags;
    node.hash = 0;
    return read_literal(offset, word);
  };
  switch (text_[offset]) {
    case '"':
      return read_string(offset, next_token, node);
    case 't':
      return literal("true", JsonType::kBoolean, JsonNode::kTrue);
    case 'f':
      return literal("false", JsonType::kBoolean, 0);
    case 'n':
      return literal("null", JsonType::kNull, 0);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return read_number(offset, node);
    default:
      return false;
  }
}

std::uint32_t JsonTreeBuilder::build(std::string_view text, std::span<const std::uint32_t> tokens,
                                     JsonNode* nodes) {
  text_ = text;
  next_backslash_ = 0;
  const char* const bytes = text.data();
  const std::uint32_t* token = tokens.data();
  const std::uint32_t* const last_token = token + tokens.size();
  std::uint32_t count = 0;
  std::size_t depth = 0;

  // The state is the place in the code: a value is due, or a value has just ended.
value:
  if (token == last_token) return 0;
  {
    const std::uint32_t offset = *token++;
    const char c = bytes[offset];
    JsonNode& node = nodes[count];
    if (c == '{' || c == '[') {
      if (depth == kJsonDepthMax) return 0;
      open_[depth++] = count++;
      node.offset = offset;
      node.size = 0;
      node.type = c == '{' ? JsonType::kObject : JsonType::kArray;
      node.flags = 0;
      node.hash = 0;
      if (token == last_token) return 0;
      if (c == '{') {
        if (bytes[*token] == '}') goto close;
        goto name;
      }
      if (bytes[*token] == ']') goto close;
      ++node.size;
      goto value;
    }
    if (!read_scalar(offset, *token, node)) return 0;
    node.next = ++count;
    goto ended;
  }

name:
  if (token == last_token) return 0;
  {
    const std::uint32_t offset = *token++;
    names_[depth - 1] = count;
    JsonNode& node = nodes[count++];
    if (bytes[offset] != '"' || token == last_token || bytes[*token] != ':') return 0;
    if (!read_string(offset, *token, node)) return 0;
    ++token;
    if (node.is_escaped()) [[unlikely]] {
      name_.clear();
      event::append_decoded_json_string(name_, text_.substr(node.offset, node.size));
      node.hash = hash_name(name_);
    } else {
      node.hash = hash_name({bytes + node.offset, node.size});
    }
    JsonNode& object = nodes[open_[depth - 1]];
    ++object.size;
    goto value;
  }

ended:
  if (depth == 0) return token == last_token ? count : 0;
  if (token == last_token) return 0;
  {
    JsonNode& container = nodes[open_[depth - 1]];
    const char c = bytes[*token];
    if (container.type == JsonType::kObject) {
      nodes[names_[depth - 1]].next = count;
      if (c == ',') {
        ++token;
        goto name;
      }
      if (c == '}') goto close;
      return 0;
    }
    if (c == ',') {
      ++token;
      ++container.size;
      goto value;
    }
    if (c == ']') goto close;
    return 0;
  }

close:
  // A container that is empty comes here as well.
  ++token;
  nodes[open_[--depth]].next = count;
  goto ended;
}

}  // namespace bb::schema
