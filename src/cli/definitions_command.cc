#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/input.h"
#include "cli/json_value.h"
#include "cli/management_options.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kDefinitionsBytesMax = std::size_t{256} << 20;

struct DefinitionsOptions {
  ManagementOptions management;
  std::optional<std::string> file;
};

std::unexpected<Error> cannot_write(const std::string& path) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot write {}: {}", quoted_name(path), std::strerror(errno)));
}

Result<void> write_to(int fd, const std::string& path, std::string_view text) {
  const auto written = write_all(fd, text);
  const bool closed = ::close(fd) == 0;
  if (!written) {
    return fail(ErrorCode::kIo, fmt::format("{}: {}", quoted_name(path), written.error().message));
  }
  if (!closed) return cannot_write(path);
  return {};
}

// For its owner alone, because there are password hashes in it, and as a whole or not at all. What
// is no regular file (a pipe, /dev/stdout) is written to as it is.
Result<void> write_file(const std::string& path, std::string_view text) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return cannot_write(path);
    return write_to(fd, path, text);
  }
  std::string partial = path + ".XXXXXX";
  const int fd = ::mkostemp(partial.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return cannot_write(path);
  auto written = write_to(fd, path, text);
  if (written && ::rename(partial.c_str(), path.c_str()) != 0) written = cannot_write(path);
  if (!written) (void)::unlink(partial.c_str());
  return written;
}

std::string path_of(const DefinitionsOptions& options, const ManagementSession& session) {
  return options.management.vhost ? api_path({"definitions", session.vhost})
                                  : api_path({"definitions"});
}

// "3 users, 2 vhosts, 14 queues": what `definitions` holds of each, but for those in `left_out`.
std::string summary_of(const json::object& definitions,
                       const std::vector<std::string>& left_out = {}) {
  std::string text;
  for (const auto& member : definitions) {
    if (!member.value().is_array() || member.value().get_array().empty()) continue;
    std::string name(member.key().data(), member.key().size());
    if (std::ranges::find(left_out, name) != left_out.end()) continue;
    const auto count = std::ssize(member.value().get_array());
    if (count == 1 && name.ends_with('s'))
      name = name == "policies" ? "policy" : name.substr(0, name.size() - 1);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, escape_controls(name));
  }
  return text.empty() ? "nothing" : text;
}

// Brokers say little about what is no list where one belongs.
Result<void> check_shape(const json::value& definitions, const std::string& name) {
  if (!definitions.is_object()) {
    return fail(ErrorCode::kInvalidJson,
                fmt::format("{}: definitions are a JSON object, as 'bb definitions export' writes "
                            "it",
                            name));
  }
  for (const std::string_view member :
       {"users", "vhosts", "permissions", "topic_permissions", "parameters", "global_parameters",
        "policies", "queues", "exchanges", "bindings"}) {
    const json::value* const list = find_member(definitions.get_object(), member);
    if (list == nullptr) continue;
    const bool fits =
        list->is_array() && std::ranges::all_of(list->get_array(), [](const json::value& element) {
          return element.is_object();
        });
    if (!fits) {
      return fail(ErrorCode::kInvalidJson,
                  fmt::format("{}: \"{}\" is not a list of objects", name, member));
    }
  }
  return {};
}

Result<void> run_export(const DefinitionsOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  auto definitions = session.client.get(path_of(options, session));
  if (!definitions) return fail(explain_vhost(std::move(definitions).error(), session));
  const std::string text = write_json(*definitions, 2) + "\n";
  if (!options.file || *options.file == "-") {
    BB_TRY(write_all(STDOUT_FILENO, text));
    return {};
  }
  BB_TRY(write_file(*options.file, text));
  print_done(fmt::format("exported {} to {}",
                         definitions->is_object() ? summary_of(definitions->get_object()) : "it",
                         quoted_name(*options.file)));
  return {};
}

// What a `bb serve` says that it has no use for; RabbitMQ takes all.
std::vector<std::string> not_imported(const std::string& answer) {
  std::vector<std::string> names;
  const auto value = parse_json_value(answer);
  if (!value || !value->is_object()) return names;
  const json::value* const list = find_member(value->get_object(), "not_imported");
  if (list == nullptr || !list->is_array()) return names;
  for (const json::value& name : list->get_array()) {
    if (name.is_string()) names.emplace_back(name.get_string());
  }
  return names;
}

// True if something is missing of what the file wants.
bool tell_not_imported(const std::vector<std::string>& names) {
  bool partial = false;
  for (const std::string& name : names) {
    if (name == "global_parameters") continue;  // names of the cluster that wrote the file
    partial = true;
    print_warning(fmt::format(
        "{} were not imported: this broker has none{}", escape_controls(name),
        name == "topic_permissions" ? "; users may write and read every routing key of the "
                                      "exchanges that 'bb user permit' lets them use"
        : name == "policies" ? "; give their settings to the queues and exchanges as arguments"
                             : ""));
  }
  return partial;
}

Result<int> run_import(const DefinitionsOptions& options) {
  BB_TRY_ASSIGN(const Input input, read_input(*options.file, kDefinitionsBytesMax));
  auto definitions = parse_json_value(input.text);
  if (!definitions) {
    return fail(ErrorCode::kInvalidJson,
                fmt::format("{}: {}", input.name, definitions.error().message));
  }
  BB_TRY(check_shape(*definitions, input.name));
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  // The text as it is: numbers keep their digits.
  auto answer = session.client.post_text(path_of(options, session), input.text);
  if (!answer) {
    Error error = options.management.vhost ? explain_vhost(std::move(answer).error(), session)
                                           : std::move(answer).error();
    error.message += "; what the broker took before that stays";
    return fail(std::move(error));
  }
  const std::vector<std::string> left_out = not_imported(*answer);
  print_done(fmt::format("imported {}", summary_of(definitions->get_object(), left_out)));
  return tell_not_imported(left_out) ? kExitPartial : 0;
}

Command export_command() {
  const auto options = std::make_shared<DefinitionsOptions>();
  Command command;
  command.name = "export";
  command.summary = "Write down users, vhosts, exchanges, queues and bindings";
  command.description =
      "Writes all definitions of the broker as JSON, in RabbitMQ's format, to a file that its "
      "owner alone can read, or to standard output. Passwords are in it as salted hashes; messages "
      "are not. With --vhost, the exchanges, queues and bindings of that virtual host alone; from "
      "RabbitMQ its policies, too.";
  command.examples =
      "  bb definitions export definitions.json\n"
      "  bb definitions export --vhost / | jq .queues\n";
  command.options.push_back(text_option("FILE", "FILE", options->file,
                                        "Where to (default standard output, which is - too)",
                                        ValueKind::kFile));
  command.options.push_back(text_option("--vhost", "VHOST", options->management.vhost,
                                        "Only this virtual host (default all, and the users)"));
  add_connection_options(command, options->management);
  command.run = [options] { return exit_code_of(run_export(*options)); };
  return command;
}

Command import_command() {
  const auto options = std::make_shared<DefinitionsOptions>();
  Command command;
  command.name = "import";
  command.summary = "Make what an export wrote down";
  command.description =
      "Makes the users, virtual hosts, exchanges, queues and bindings of a file in RabbitMQ's "
      "format. What is there already stays; users and permissions get what the file says. What the "
      "broker has no use for, as bb serve has for policies and topic permissions, is told, and the "
      "exit code is 3.";
  command.examples =
      "  bb definitions import definitions.json\n"
      "  bb definitions export | bb definitions import - --http-url "
      "http://guest:guest@other:15672\n";
  OptionSpec file =
      text_option("FILE", "FILE", options->file, "The file; - is standard input", ValueKind::kFile);
  file.required = true;
  command.options.push_back(std::move(file));
  command.options.push_back(
      text_option("--vhost", "VHOST", options->management.vhost,
                  "Into this virtual host, what was exported of one (default: as the file says)"));
  add_connection_options(command, options->management);
  command.run = [options] {
    const auto code = run_import(*options);
    return code ? *code : exit_code_of(fail(code.error()));
  };
  return command;
}

}  // namespace

Command definitions_command() {
  return command_group("definitions",
                       "Export and import users, vhosts, exchanges, queues, bindings",
                       "What a broker is told to have, as one JSON document in RabbitMQ's format: "
                       "to keep, or to move to another broker.",
                       {export_command(), import_command()});
}

}  // namespace bb::cli
