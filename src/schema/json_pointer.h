// JSON pointers (RFC 6901) over documents that were read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/json_document.h"

namespace bb::schema {

// The reference tokens of a pointer, unescaped, one after the other. The pointer is empty or begins
// with '/'.
class PointerTokens {
 public:
  explicit PointerTokens(std::string_view pointer) : rest_(pointer) {}
  // Nothing at the end. The view is good until the next call.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  std::string token_;
};

// The child of a container that a token names; the last one, if a name repeats.
std::optional<std::uint32_t> find_child(const JsonView& json, std::uint32_t container,
                                        std::string_view token, std::string& buffer);

// The value of the member `name` of an object, the last one if it repeats; nothing if there is
// none, or if the node is no object.
std::optional<std::uint32_t> find_member(const JsonView& json, std::uint32_t object,
                                         std::string_view name, std::string& buffer);
std::optional<std::uint32_t> find_member(const JsonView& json, std::uint32_t object,
                                         std::string_view name);

// Appends "/" and the token, escaped.
void append_pointer_token(std::string& pointer, std::string_view token);

}  // namespace bb::schema
