// From the places where tokens begin to the list of nodes: the grammar of JSON (RFC 8259).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bloodbank/envelope.h"
#include "schema/json_document.h"

namespace bb::schema {

class JsonTreeBuilder {
 public:
  // How many nodes a text of that many tokens can have at most while it is being read: a value and
  // its separator, a name and its colon, an opening bracket and its closing one are two tokens
  // each; what is still open has one.
  static constexpr std::size_t nodes_max(std::size_t tokens) {
    return tokens / 2 + kJsonDepthMax + 8;
  }

  // Writes the nodes of `text` and returns how many, or 0 if it is not JSON or nested deeper than
  // kJsonDepthMax. `tokens` are the places of brackets, braces, colons, commas and of the first
  // byte of each scalar, as simdjson's first stage finds them in UTF-8 whose quotes match and whose
  // strings have no raw control characters; one more entry, the text's size, follows them in
  // memory.
  std::uint32_t build(std::string_view text, std::span<const std::uint32_t> tokens,
                      JsonNode* nodes);

 private:
  struct Open {
    std::uint32_t node;
    std::uint32_t name;      // of an object: the one that waits for its value
    std::uint32_t children;  // so far; while it is not the innermost
    bool is_object;
  };

  std::array<Open, kJsonDepthMax> open_;
  std::string name_;  // for the hash of names with escapes
};

}  // namespace bb::schema
