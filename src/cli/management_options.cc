#include "cli/management_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/display_text.h"
#include "cli/json_value.h"
#include "cli/management_url.h"
#include "cli/settings.h"
#include "cli/suggest.h"

namespace bb::cli {
namespace {

constexpr std::chrono::milliseconds kDefaultTimeout{30'000};
constexpr std::size_t kNamesListed = 8;
constexpr std::size_t kNameBytesShown = 300;

}  // namespace

void add_connection_options(Command& command, ManagementOptions& options) {
  command.options.push_back(
      text_option("--http-url", "URL", options.http_url,
                  "The management API, http://USER:PASSWORD@HOST:PORT (default $BB_HTTP_URL, else "
                  "the host and the account of $RABBIT_URL at port 8682)"));
  command.options.push_back(duration_option("--timeout", options.timeout,
                                            "How long to wait for an answer (default 30s)"));
}

OptionSpec vhost_option(ManagementOptions& options) {
  return text_option("--vhost", "VHOST", options.vhost,
                     "The virtual host (default that of $RABBIT_URL, else /)");
}

OptionSpec format_option(ManagementOptions& options) {
  return choice_option(
      "-o,--output", {"text", "json", "ndjson"},
      [&options](const std::string& name) {
        options.format = name == "json"     ? OutputFormat::kJson
                         : name == "ndjson" ? OutputFormat::kNdjson
                                            : OutputFormat::kText;
      },
      "For people (text, the default), or all that the broker tells, as one JSON value (json) or "
      "an "
      "object a line (ndjson)");
}

OptionSpec yes_option(ManagementOptions& options) {
  return flag("-y,--yes", options.yes, "Do it without asking; needed where there is no terminal");
}

OptionSpec required_argument(std::string name, std::string& target, std::string help,
                             bool may_be_empty) {
  OptionSpec spec;
  spec.value_name = name;
  spec.names = {std::move(name)};
  spec.help = std::move(help);
  spec.required = true;
  spec.accept = [&target, may_be_empty](const std::string& value) -> Result<void> {
    if (value.empty() && !may_be_empty) return fail(ErrorCode::kUsage, "it is empty");
    target = value;
    return {};
  };
  return spec;
}

Result<ManagementSession> open_session(const ManagementOptions& options) {
  BB_TRY_ASSIGN(ManagementTarget target,
                management_target(Settings::load(), options.http_url, options.url));
  if (!target.url.password) {
    if (!can_ask()) {
      return fail(ErrorCode::kUsage,
                  fmt::format("no password for the user {} at {}: put it into the URL, best by "
                              "BB_HTTP_URL, as in http://USER:PASSWORD@HOST:PORT",
                              quoted_name(target.url.user.value_or("")), target.url.redacted()));
    }
    BB_TRY_ASSIGN(target.url.password,
                  ask_password(fmt::format("Password of {} at {}:", target.url.user.value_or(""),
                                           target.url.redacted())));
  }
  if (options.vhost && options.vhost->empty()) return fail(ErrorCode::kUsage, "--vhost is empty");
  return ManagementSession{
      ManagementClient(std::move(target.url), options.timeout.value_or(kDefaultTimeout)),
      options.vhost.value_or(target.vhost)};
}

std::unexpected<Error> no_such(std::string_view noun, std::string_view name,
                               std::vector<std::string> names) {
  std::string message = fmt::format("there is no {} {}", noun, quoted_name(name));
  std::erase(names, "");
  // One letter is near any other letter.
  if (const auto near = name.size() > 1 ? nearest(name, names) : std::nullopt) {
    message += fmt::format(" (did you mean {}?)", quoted_name(*near));
  } else if (!names.empty() && names.size() <= kNamesListed) {
    std::sort(names.begin(), names.end());
    for (std::string& each : names) each = quoted_name(each);
    message += fmt::format("; there is {}", fmt::join(names, ", "));
  }
  return fail(ErrorCode::kNotFound, std::move(message));
}

std::vector<std::string> names_of(const boost::json::value& list, std::string_view member) {
  std::vector<std::string> names;
  if (!list.is_array()) return names;
  for (const boost::json::value& each : list.get_array()) {
    if (each.is_object()) names.push_back(text_at(each.get_object(), member));
  }
  return names;
}

Error explain_vhost(Error error, ManagementSession& session) {
  // RabbitMQ answers some requests with 400 and "vhost_not_found".
  const bool told = error.message.find("not_found") != std::string::npos;
  if (error.code != ErrorCode::kNotFound && !told) return error;
  const auto vhosts = session.client.get(api_path({"vhosts"}));
  if (!vhosts) return error;
  std::vector<std::string> names = names_of(*vhosts);
  if (std::find(names.begin(), names.end(), session.vhost) != names.end()) return error;
  return no_such("vhost", session.vhost, std::move(names)).error();
}

std::string count_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string quoted_name(std::string_view name) {
  if (name.size() <= kNameBytesShown) return fmt::format("'{}'", escape_controls(name));
  return fmt::format("'{}'", printable(name, kNameBytesShown));
}

void print_done(std::string_view what) {
  print_notice(fmt::format("bb: {}", what));
}

int exit_code_of(const Result<void>& result) {
  return result ? kExitOk : report(result.error());
}

}  // namespace bb::cli
