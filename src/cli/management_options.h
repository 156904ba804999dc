// What every management command has: where the API is, how long to wait, which vhost, and how to
// print.
#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"
#include "cli/management_client.h"
#include "cli/output.h"

namespace bb::cli {

struct ManagementOptions {
  std::optional<std::string> http_url;
  std::optional<std::string> url;  // of AMQP, for commands that have both
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> vhost;
  OutputFormat format = OutputFormat::kText;
  bool yes = false;
};

// The options of those names: --http-url and --timeout.
void add_connection_options(Command& command, ManagementOptions& options);
OptionSpec vhost_option(ManagementOptions& options);
OptionSpec format_option(ManagementOptions& options);
OptionSpec yes_option(ManagementOptions& options);
// An argument that is needed; `accept` is given no empty value unless `may_be_empty`.
OptionSpec required_argument(std::string name, std::string& target, std::string help,
                             bool may_be_empty = false);

// The API and the vhost to work in.
struct ManagementSession {
  ManagementClient client;
  std::string vhost;
};

// By the options and the settings; a password that nothing says is asked for. Nothing is sent.
Result<ManagementSession> open_session(const ManagementOptions& options);

// Nothing of that name: kNotFound, with the nearest of `names`, or all if they are few.
std::unexpected<Error> no_such(std::string_view noun, std::string_view name,
                               std::vector<std::string> names);

// The members named "name" (or `member`) of an array of objects.
std::vector<std::string> names_of(const boost::json::value& list, std::string_view member = "name");

// `error`, met while using `session.vhost`: where that is because there is no such vhost, that.
Error explain_vhost(Error error, ManagementSession& session);

// "1 message", "3 messages".
std::string count_of(std::int64_t count, std::string_view noun);

// "'name'", what could drive a terminal escaped.
std::string quoted_name(std::string_view name);

// What was done, on standard error: "bb: ...".
void print_done(std::string_view what);

// Runs what a command does and gives its exit code; an error is reported.
int exit_code_of(const Result<void>& result);

}  // namespace bb::cli
