// "did you mean ...?" for names of properties and values of enumerations.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bb::schema {

// The candidate that `written` is most likely a misspelling of, the first of several; nothing where
// none is near. Case counts less than letters: "sessionID" is near "session_id". Long names, and
// candidates past the first thousand, are not looked at.
std::optional<std::string_view> nearest_name(std::string_view written,
                                             std::span<const std::string_view> candidates);

}  // namespace bb::schema
