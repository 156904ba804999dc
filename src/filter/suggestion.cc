#include "filter/suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/utf8.h"
#include "event/envelope_fields.h"
#include "schema/nearest_name.h"

namespace bb::filter {
namespace {

constexpr std::string_view kOperatorWords[] = {"and",         "or",        "in",     "contains",
                                               "starts_with", "ends_with", "matches"};

// Words that other languages have.
struct Foreign {
  std::string_view word;
  std::string_view meant;
};
constexpr Foreign kForeign[] = {
    {"eq", "=="},         {"equals", "=="},
    {"is", "=="},         {"ne", "!="},
    {"lt", "<"},          {"le", "<="},
    {"gt", ">"},          {"ge", ">="},
    {"has", "contains"},  {"includes", "contains"},
    {"like", "contains"}, {"regex", "matches"},
};

constexpr auto kFirstWords = [] {
  constexpr auto kFields = event::kEnvelopeFieldNames;
  constexpr std::array<std::string_view, 5> kKeywords{"not", "exists", "true", "false", "null"};
  std::array<std::string_view, kFields.size() + kKeywords.size()> words;
  std::ranges::copy(kKeywords, std::ranges::copy(kFields, words.begin()).out);
  return words;
}();

std::string in_lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<std::string_view> find_meant(std::string_view word) {
  const std::string lower = in_lower_case(word);
  // nearest_name() does not look at words of two letters.
  const auto* const same = std::ranges::find(kOperatorWords, lower);
  if (same != std::end(kOperatorWords)) return *same;
  const auto* const foreign = std::ranges::find(kForeign, lower, &Foreign::word);
  if (foreign != std::end(kForeign)) return foreign->meant;
  return schema::nearest_name(word, kOperatorWords);
}

}  // namespace

std::string suggest_operator(std::string_view word) {
  const auto meant = find_meant(word);
  return meant ? fmt::format("; did you mean '{}'?", *meant) : "";
}

std::string explain_unknown_field(const Path& path) {
  const std::string& name = path.front();
  const auto& fields = event::kEnvelopeFieldNames;
  if (std::ranges::find(fields, name) != fields.end()) return "";
  const auto meant = schema::nearest_name(name, kFirstWords);
  const std::string shown = printable(name, 40);
  return fmt::format(
      "an event has no field '{0}'{1}; a string is written in quotes, a field of the payload as "
      "payload.{0}, another field of the event as /{0}",
      shown, meant ? fmt::format(" (did you mean '{}'?)", *meant) : "");
}

}  // namespace bb::filter
