// A JSON text, read for checking: simdjson finds where every token begins, and a walk over
// those places makes a flat list of nodes that refer back into the text.
//
// Nothing of the text is copied or converted: numbers keep their digits, strings their
// escapes; whoever needs the characters or the value asks for them. The list is in the order
// of the text, and each node knows the node after its end, so that skipping costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bb::schema {

enum class JsonType : std::uint8_t {
  kNull,
  kBoolean,
  kInteger,  // a number whose value is integral, however written: 1, 1.0, 1e3 (2020-12 core §4.2.3)
  kNumber,   // any other number
  kString,
  kArray,
  kObject,
};

// "null", "boolean", "integer", "number", "string", "array", "object".
std::string_view to_string(JsonType type);

// Types as a set: bit 1 << type.
using TypeMask = std::uint16_t;
constexpr TypeMask mask_of(JsonType type) {
  return static_cast<TypeMask>(1U << static_cast<unsigned>(type));
}
inline constexpr TypeMask kAnyType = 0x7F;

struct JsonNode {
  std::uint32_t offset;  // in the text: of the value's first byte; of strings, behind the quote
  std::uint32_t next;    // the node after this value; of a name, after the value that belongs to it
  std::uint32_t size;    // bytes of a scalar as it is written (strings: between the quotes), or
                         // how many elements or members
  JsonType type;
  std::uint8_t flags;
  std::uint16_t hash;  // of a name's characters

  static constexpr std::uint8_t kEscaped = 1;      // a string with backslashes
  static constexpr std::uint8_t kTrue = 2;         // of booleans
  static constexpr std::uint8_t kPlainDigits = 4;  // of integers: -?[0-9]+, at most 18 digits

  bool is(JsonType other) const { return type == other; }
  bool is_escaped() const { return (flags & kEscaped) != 0; }
  bool is_true() const { return (flags & kTrue) != 0; }
};
static_assert(sizeof(JsonNode) == 16);

// The nodes of one text. Node 0 is the root; the members of an object are pairs of nodes: the name
// (a string), then the value.
//
//   for (auto at = first_child(i); at < nodes[i].next; at = nodes[at].next)
//
// visits the elements of an array, and the names of an object with each value at at + 1.
struct JsonView {
  const char* text = nullptr;
  const JsonNode* nodes = nullptr;
  std::uint32_t node_count = 0;

  const JsonNode& operator[](std::uint32_t index) const { return nodes[index]; }
  // The bytes of a scalar as written; of strings, between the quotes.
  std::string_view raw(const JsonNode& node) const { return {text + node.offset, node.size}; }
  // The characters of a string; `buffer` holds them if there are escapes. A surrogate that stands
  // alone becomes its three bytes, so that strings that differ stay different.
  std::string_view characters(const JsonNode& node, std::string& buffer) const;
  // The whole value as it is in the text, quotes and brackets included.
  std::string_view source(std::uint32_t index) const;
};

// The hash of a name in JsonNode::hash.
std::uint16_t hash_name(std::string_view characters);

// Reads texts, one at a time, into memory that it keeps.
class JsonReader {
 public:
  JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;
  ~JsonReader();

  // Reads `text` as one JSON value: true, and view() shows it until the next read; or false if it
  // is not JSON or deeper than kJsonDepthMax (event::find_json_fault() says why). `text` need not
  // be padded and must outlive the view. Allocates only for a text with more tokens than any
  // before; what a text of many megabytes took is given back.
  bool read(std::string_view text);

  const JsonView& view() const { return view_; }

  // Texts at or above this are refused: places are 32 bits.
  static constexpr std::size_t kTextBytesMax = 0xFFFF'0000;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  JsonView view_;
};

// A text and its nodes, kept together.
class JsonDocument {
 public:
  // Nothing if `text` is not JSON; it is then left as it was.
  static std::unique_ptr<const JsonDocument> read(std::string&& text);
  // The same, with the memory of a reader that is at hand.
  static std::unique_ptr<const JsonDocument> read(std::string&& text, JsonReader& reader);

  const JsonView& view() const { return view_; }
  const std::string& text() const { return text_; }

 private:
  JsonDocument() = default;
  std::string text_;
  std::unique_ptr<JsonNode[]> nodes_;
  JsonView view_;
};

}  // namespace bb::schema
