#include "schema/repository_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace bb::schema {
namespace {

constexpr std::string_view kSuffix = ".schema.json";
constexpr std::size_t kPathBytesMax = 4096;

}  // namespace

std::string_view component_of(std::string_view event_type) {
  constexpr std::array<std::string_view, 3> kWhisperLiveKit{"transcription", "voice", "fireflies"};
  const std::string_view domain = event_type.substr(0, event_type.find('.'));
  const bool moved =
      std::find(kWhisperLiveKit.begin(), kWhisperLiveKit.end(), domain) != kWhisperLiveKit.end();
  return moved ? "whisperlivekit" : domain;
}

std::string events_folder_of(std::string_view event_type) {
  return fmt::format("{}/events", component_of(event_type));
}

std::vector<std::string> name_stems(std::string_view event_type) {
  std::vector<std::string> stems{std::string(event_type)};
  const std::size_t first_dot = event_type.find('.');
  if (first_dot == std::string_view::npos) return stems;
  std::string without_domain(event_type.substr(first_dot + 1));
  std::replace(without_domain.begin(), without_domain.end(), '.', '_');
  stems.push_back(std::move(without_domain));
  std::string action(event_type.substr(event_type.rfind('.') + 1));
  if (action != stems.back()) stems.push_back(std::move(action));
  return stems;
}

std::optional<VersionedName> parse_versioned_name(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return std::nullopt;
  file_name.remove_suffix(kSuffix.size());
  const std::size_t mark = file_name.rfind(".v");
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::string_view digits = file_name.substr(mark + 2);
  VersionedName name{file_name.substr(0, mark), 0};
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, name.version);
  if (error != std::errc{} || rest != end || digits.front() == '0') return std::nullopt;
  return name;
}

std::string versioned_name(std::string_view stem, std::uint32_t version) {
  return fmt::format("{}.v{}{}", stem, version, kSuffix);
}

std::string_view file_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_contained_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax) return false;
  if (path.find('\0') != std::string_view::npos) return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view word = path.substr(0, slash);
    if (word.empty() || word == "." || word == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace bb::schema
