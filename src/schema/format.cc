#include "schema/format.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "schema/format_email.h"
#include "schema/format_hostname.h"
#include "schema/format_ip.h"
#include "schema/format_pointer.h"
#include "schema/format_time.h"
#include "schema/format_uri.h"
#include "schema/format_uri_template.h"
#include "schema/format_uuid.h"
#include "schema/pattern.h"

namespace bb::schema {
namespace {

struct FormatInfo {
  Format format;
  std::string_view name;
  std::string_view hint;
};

// In the order of the enumeration.
constexpr auto kFormats = std::to_array<FormatInfo>({
    {Format::kNone, "", ""},
    {Format::kDateTime, "date-time", "an RFC 3339 date-time such as 2026-01-27T10:00:00Z"},
    {Format::kDate, "date", "an RFC 3339 date such as 2026-01-27"},
    {Format::kTime, "time", "an RFC 3339 time with an offset such as 10:00:00Z or 12:00:00+02:00"},
    {Format::kDuration, "duration", "an ISO 8601 duration such as P3DT4H30M or P2W"},
    {Format::kUuid, "uuid", "a UUID such as 92ac3d31-3cbb-5518-9cc9-eaa1d1198639"},
    {Format::kEmail, "email", "a mail address such as ada@example.com"},
    {Format::kIdnEmail, "idn-email", "a mail address such as ada@example.com or 用户@例え.jp"},
    {Format::kHostname, "hostname", "a host name such as broker-1.example.com"},
    {Format::kIdnHostname, "idn-hostname",
     "a host name such as broker-1.example.com or münchen.example"},
    {Format::kIpv4, "ipv4", "an IPv4 address such as 192.0.2.1"},
    {Format::kIpv6, "ipv6", "an IPv6 address such as 2001:db8::1"},
    {Format::kUri, "uri", "a URI with its scheme such as https://example.com/a?b=c"},
    {Format::kUriReference, "uri-reference",
     "a URI or a relative reference such as ../a?b=c, with other characters as %20"},
    {Format::kIri, "iri", "an IRI with its scheme such as https://example.com/größe"},
    {Format::kIriReference, "iri-reference", "an IRI or a relative reference such as ../größe"},
    {Format::kUriTemplate, "uri-template",
     "an RFC 6570 URI template such as https://example.com/{user}{?page}"},
    {Format::kJsonPointer, "json-pointer",
     "a JSON pointer such as /items/0, with ~ written as ~0 and / in a name as ~1"},
    {Format::kRelativeJsonPointer, "relative-json-pointer",
     "a relative JSON pointer such as 1/items or 0#"},
    {Format::kRegex, "regex", "an ECMA-262 regular expression such as ^[a-z]+$"},
});
static_assert(std::ranges::all_of(kFormats, [index = 0U](const FormatInfo& info) mutable {
  return static_cast<unsigned>(info.format) == index++;
}));

const FormatInfo& info_of(Format format) {
  return kFormats[static_cast<std::size_t>(format)];
}

}  // namespace

Format format_from_name(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &FormatInfo::name);
  return found == kFormats.end() ? Format::kNone : found->format;
}

std::string_view format_name(Format format) {
  return info_of(format).name;
}

std::string_view format_hint(Format format) {
  return info_of(format).hint;
}

bool matches_format(Format format, std::string_view utf8) {
  switch (format) {
    case Format::kNone:
      return true;
    case Format::kDateTime:
      return is_date_time(utf8);
    case Format::kDate:
      return is_date(utf8);
    case Format::kTime:
      return is_time(utf8);
    case Format::kDuration:
      return is_duration(utf8);
    case Format::kUuid:
      return is_uuid(utf8);
    case Format::kEmail:
      return is_email(utf8);
    case Format::kIdnEmail:
      return is_idn_email(utf8);
    case Format::kHostname:
      return is_hostname(utf8);
    case Format::kIdnHostname:
      return is_idn_hostname(utf8);
    case Format::kIpv4:
      return is_ipv4(utf8);
    case Format::kIpv6:
      return is_ipv6(utf8);
    case Format::kUri:
      return is_uri(utf8);
    case Format::kUriReference:
      return is_uri_reference(utf8);
    case Format::kIri:
      return is_iri(utf8);
    case Format::kIriReference:
      return is_iri_reference(utf8);
    case Format::kUriTemplate:
      return is_uri_template(utf8);
    case Format::kJsonPointer:
      return is_json_pointer(utf8);
    case Format::kRelativeJsonPointer:
      return is_relative_json_pointer(utf8);
    case Format::kRegex:
      return !find_regex_fault(utf8).has_value();
  }
  return true;
}

}  // namespace bb::schema
