#include "schema/json_tree_builder.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

// Reads the first and the last eight bytes: names that share both, and their length, are told apart
// by whoever compares them.
[[gnu::always_inline]] inline std::uint16_t hash_characters(std::string_view name) {
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

// Reads the scalars of one text. Everything here is inlined into build(): a token costs a few
// nanoseconds, and calls would double that.
class ScalarReader {
 public:
  explicit ScalarReader(std::string_view text) : begin_(text.data()), end_(begin_ + text.size()) {}

  // The scalar at `offset`, whose last byte is before `next_token`.
  [[gnu::always_inline]] bool read(std::uint32_t offset, std::uint32_t next_token,
                                   std::uint32_t next_node, JsonNode& node) {
    switch (begin_[offset]) {
      case '"':
        return read_string(offset, next_token, next_node, 0, node);
      case 't':
        return read_literal("true", offset, next_node, JsonType::kBoolean, JsonNode::kTrue, node);
      case 'f':
        return read_literal("false", offset, next_node, JsonType::kBoolean, 0, node);
      case 'n':
        return read_literal("null", offset, next_node, JsonType::kNull, 0, node);
      default:
        return read_number(offset, next_token, next_node, node);
    }
  }

  // The name at `offset`, with the hash of its characters.
  [[gnu::always_inline]] bool read_name(std::uint32_t offset, std::uint32_t next_token,
                                        std::string& buffer, JsonNode& node) {
    const std::uint32_t size = string_size(offset, next_token);
    const std::string_view inside{begin_ + offset + 1, size};
    const std::uint16_t hash = hash_characters(inside);
    node = {.offset = offset + 1,
            .next = 0,
            .size = size,
            .type = JsonType::kString,
            .flags = 0,
            .hash = hash};
    if (next_backslash_ >= end_of(inside)) return true;
    return check_escapes(inside, node) &&
           (!node.is_escaped() || (node.hash = hash_escaped(inside, buffer), true));
  }

 private:
  static const char* end_of(std::string_view text) { return text.data() + text.size(); }

  static std::uint16_t hash_escaped(std::string_view inside, std::string& buffer) {
    buffer.clear();
    event::append_decoded_json_string(buffer, inside);
    return hash_name(buffer);
  }

  // Between a string and the next token is nothing but white space.
  std::uint32_t string_size(std::uint32_t offset, std::uint32_t next_token) const {
    const char* quote = begin_ + next_token - 1;
    while (*quote != '"') --quote;
    return static_cast<std::uint32_t>(quote - begin_) - offset - 1;
  }

  [[gnu::always_inline]] bool read_string(std::uint32_t offset, std::uint32_t next_token,
                                          std::uint32_t next_node, std::uint16_t hash,
                                          JsonNode& node) {
    const std::uint32_t size = string_size(offset, next_token);
    node = {.offset = offset + 1,
            .next = next_node,
            .size = size,
            .type = JsonType::kString,
            .flags = 0,
            .hash = hash};
    const std::string_view inside{begin_ + offset + 1, size};
    return next_backslash_ >= end_of(inside) || check_escapes(inside, node);
  }

  // Called for a string that may have the next backslash of the text in it: so the text is searched
  // once in all, and most texts have none.
  [[gnu::noinline]] bool check_escapes(std::string_view inside, JsonNode& node) {
    if (next_backslash_ < inside.data()) {
      const void* found =
          std::memchr(inside.data(), '\\', static_cast<std::size_t>(end_ - inside.data()));
      next_backslash_ = found == nullptr ? end_ : static_cast<const char*>(found);
    }
    if (next_backslash_ >= end_of(inside)) return true;
    node.flags = JsonNode::kEscaped;
    next_backslash_ = nullptr;
    return escapes_are_well_formed(inside);
  }

  bool ends_scalar(const char* at) const {
    if (at >= end_) return true;
    const char c = *at;
    return c == ',' || c == '}' || c == ']' || c == ':' || is_space(c);
  }

  [[gnu::always_inline]] bool read_literal(std::string_view word, std::uint32_t offset,
                                           std::uint32_t next_node, JsonType type,
                                           std::uint8_t flags, JsonNode& node) const {
    const char* const at = begin_ + offset;
    node = {.offset = offset,
            .next = next_node,
            .size = static_cast<std::uint32_t>(word.size()),
            .type = type,
            .flags = flags,
            .hash = 0};
    return static_cast<std::size_t>(end_ - at) >= word.size() &&
           std::memcmp(at, word.data(), word.size()) == 0 && ends_scalar(at + word.size());
  }

  // RFC 8259 §6.
  [[gnu::always_inline]] bool read_number(std::uint32_t offset, std::uint32_t next_token,
                                          std::uint32_t next_node, JsonNode& node) const {
#if defined(__SSE2__)
    if (read_short_number(offset, next_token, next_node, node)) return true;
#else
    (void)next_token;
#endif
    return read_long_number(offset, next_node, node);
  }

#if defined(__SSE2__)
  // Numbers of up to 16 bytes without an exponent: what their bytes are is found for all at a time,
  // so that the number of digits, which no branch predictor knows, costs no branch. False also for
  // those that it leaves to read_long_number().
  [[gnu::always_inline]] bool read_short_number(std::uint32_t offset, std::uint32_t next_token,
                                                std::uint32_t next_node, JsonNode& node) const {
    const char* const at = begin_ + offset;
    if (end_ - at < 16) return false;
    // Behind the last byte of a number is white space, or the next token.
    const char* last = begin_ + next_token - 1;
    while (is_space(*last)) --last;
    const auto size = static_cast<std::uint32_t>(last - at) + 1;
    if (size > 16) return false;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto bits = [](__m128i mask) {
      return static_cast<std::uint32_t>(_mm_movemask_epi8(mask));
    };
    const std::uint32_t all = (1U << size) - 1;
    const std::uint32_t digits =
        bits(_mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                           _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)))) &
        all;
    const std::uint32_t zeros = bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('0')));
    const std::uint32_t point = bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))) & all;
    const std::uint32_t minus = *at == '-' ? 1U : 0U;
    // Nothing but the sign, digits and one point at most, which has digits on both sides.
    if ((digits | point | minus) != all || (point & (point - 1)) != 0) return false;
    const std::uint32_t first = 1U << minus;
    if ((digits & first) == 0 || (point & (1U << (size - 1))) != 0) return false;
    // A zero in front stands alone.
    if ((zeros & first) != 0 && (digits & first << 1) != 0) return false;
    const std::uint32_t fraction = point == 0 ? 0 : all & ~(point | (point - 1));
    const bool integral = (fraction & ~zeros) == 0;
    node = {.offset = offset,
            .next = next_node,
            .size = size,
            .type = integral ? JsonType::kInteger : JsonType::kNumber,
            .flags = point == 0 ? JsonNode::kPlainDigits : std::uint8_t{0},
            .hash = 0};
    return true;
  }
#endif

  [[gnu::noinline]] bool read_long_number(std::uint32_t offset, std::uint32_t next_node,
                                          JsonNode& node) const {
    const char* const begin = begin_ + offset;
    const char* at = begin;
    if (*at == '-') ++at;
    const char* const digits = at;
    while (at < end_ && is_digit(*at)) ++at;
    if (at == digits || (*digits == '0' && at - digits > 1)) return false;
    bool plain = at - digits <= 18;
    bool integral = true;
    if (at < end_ && (*at == '.' || *at == 'e' || *at == 'E')) {
      plain = false;
      if (*at == '.') {
        ++at;
        const char* const fraction = at;
        int any = 0;
        while (at < end_ && is_digit(*at)) any |= *at++ - '0';
        if (at == fraction) return false;
        integral = any == 0;
      }
      if (at < end_ && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at < end_ && (*at == '+' || *at == '-')) ++at;
        const char* const exponent = at;
        while (at < end_ && is_digit(*at)) ++at;
        if (at == exponent) return false;
        integral = is_integral_number({begin, at});
      }
    }
    node = {.offset = offset,
            .next = next_node,
            .size = static_cast<std::uint32_t>(at - begin),
            .type = integral ? JsonType::kInteger : JsonType::kNumber,
            .flags = plain ? JsonNode::kPlainDigits : std::uint8_t{0},
            .hash = 0};
    return ends_scalar(at);
  }

  const char* const begin_;
  const char* const end_;
  const char* next_backslash_ = nullptr;  // the first at or behind the string that was read last
};

}  // namespace

std::uint16_t hash_name(std::string_view name) {
  return hash_characters(name);
}

std::uint32_t JsonTreeBuilder::build(std::string_view text, std::span<const std::uint32_t> tokens,
                                     JsonNode* nodes) {
  ScalarReader scalars(text);
  const char* const bytes = text.data();
  const std::uint32_t* token = tokens.data();
  const std::uint32_t* const last_token = token + tokens.size();
  std::uint32_t count = 0;
  Open* open = open_.data() - 1;  // the innermost container
  Open* const deepest = open_.data() + open_.size() - 1;
  std::uint32_t children = 0;  // of the innermost container

  // The state is the place in the code: what may come next.
  if (token == last_token) return 0;
  switch (bytes[*token]) {
    case '{':
      goto object;
    case '[':
      goto array;
    default:
      return scalars.read(*token, token[1], 1, nodes[0]) && token + 1 == last_token ? 1 : 0;
  }

object:
  if (open == deepest) return 0;
  if (open >= open_.data()) open->children = children;
  ++open;
  open->node = count;
  open->is_object = true;
  children = 0;
  nodes[count].offset = *token++;
  ++count;
  if (token == last_token) return 0;
  if (bytes[*token] == '}') goto close;

name:
  // Room for a name, its colon and the value that follows.
  if (last_token - token < 3 || bytes[*token] != '"' || bytes[token[1]] != ':') return 0;
  if (!scalars.read_name(*token, token[1], name_, nodes[count])) return 0;
  open->name = count++;
  ++children;
  token += 2;
  switch (bytes[*token]) {
    case '{':
      goto object;
    case '[':
      goto array;
    default:
      if (!scalars.read(*token, token[1], count + 1, nodes[count])) return 0;
      ++token;
      ++count;
  }

after_member:
  nodes[open->name].next = count;
  if (token == last_token) return 0;
  if (bytes[*token] == ',') {
    ++token;
    goto name;
  }
  if (bytes[*token] == '}') goto close;
  return 0;

array:
  if (open == deepest) return 0;
  if (open >= open_.data()) open->children = children;
  ++open;
  open->node = count;
  open->is_object = false;
  children = 0;
  nodes[count].offset = *token++;
  ++count;
  if (token == last_token) return 0;
  if (bytes[*token] == ']') goto close;

element:
  if (token == last_token) return 0;
  ++children;
  switch (bytes[*token]) {
    case '{':
      goto object;
    case '[':
      goto array;
    default:
      if (!scalars.read(*token, token[1], count + 1, nodes[count])) return 0;
      ++token;
      ++count;
  }

after_element:
  if (token == last_token) return 0;
  if (bytes[*token] == ',') {
    ++token;
    goto element;
  }
  if (bytes[*token] == ']') goto close;
  return 0;

close:
  ++token;
  {
    JsonNode& container = nodes[open->node];
    container = {.offset = container.offset,
                 .next = count,
                 .size = children,
                 .type = open->is_object ? JsonType::kObject : JsonType::kArray,
                 .flags = 0,
                 .hash = 0};
  }
  if (open == open_.data()) return token == last_token ? count : 0;
  --open;
  children = open->children;
  if (open->is_object) goto after_member;
  goto after_element;
}

}  // namespace bb::schema
