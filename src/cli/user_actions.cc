#include "cli/user_actions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <utility>

#include "base/try.h"
#include "cli/ask.h"
#include "cli/display_text.h"
#include "cli/json_value.h"
#include "cli/record_text.h"
#include "cli/resource.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

// The password to set: given, read, or typed twice. nullopt for --no-password.
Result<std::optional<std::string>> new_password(const UserOptions& options) {
  const int ways =
      int{options.password_stdin} + int{options.no_password} + int{options.password.has_value()};
  if (ways > 1) {
    return fail(ErrorCode::kUsage,
                "--password-stdin, --password and --no-password exclude each other");
  }
  if (options.no_password) return std::nullopt;
  if (options.password) {
    if (options.password->empty()) return fail(ErrorCode::kUsage, "--password is empty");
    return options.password;
  }
  if (options.password_stdin) {
    BB_TRY_ASSIGN(std::string password, read_password_line());
    return password;
  }
  if (!can_ask()) {
    return fail(ErrorCode::kUsage,
                "a password is needed: give it with --password-stdin, as there is no terminal to "
                "ask at");
  }
  BB_TRY_ASSIGN(std::string password,
                ask_password(fmt::format("New password of {}:", quoted_name(options.name))));
  BB_TRY_ASSIGN(const std::string again, ask_password("The same again:"));
  if (again != password) return fail(ErrorCode::kFailure, "the two passwords differ");
  return password;
}

// A password must be text to go into JSON.
Result<void> put_password(json::object& body, const std::optional<std::string>& password) {
  if (!password) {
    body["password_hash"] = "";  // as RabbitMQ has it: no password fits
    return {};
  }
  if (!is_valid_utf8(*password)) return fail(ErrorCode::kUsage, "the password is not UTF-8");
  body["password"] = *password;
  return {};
}

std::string joined_tags(const std::vector<std::string>& tags) {
  return fmt::format("{}", fmt::join(tags, ","));
}

// Its tags, as PUT takes them, whichever form the broker told them in.
std::string tags_as_text(const json::object& user) {
  const json::value* const tags = user.if_contains("tags");
  if (tags == nullptr || !tags->is_array()) return text_of(tags);
  std::vector<std::string> list;
  for (const json::value& tag : tags->get_array()) list.push_back(text_of(&tag));
  return joined_tags(list);
}

}  // namespace

Result<void> add_user(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const std::string path = api_path({"users", options.name});
  // PUT would give one that is there another password.
  auto present = session.client.get(path);
  if (present) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the user {0} is there already; 'bb user password' and 'bb user tags' "
                            "change it",
                            quoted_name(options.name)));
  }
  if (present.error().code != ErrorCode::kNotFound) return fail(std::move(present).error());
  json::object body{{"tags", joined_tags(options.tags)}};
  BB_TRY_ASSIGN(const std::optional<std::string> password, new_password(options));
  BB_TRY(put_password(body, password));
  BB_TRY(session.client.change("PUT", path, body));
  print_done(fmt::format("the user {} is made; 'bb user permit' lets it into a vhost",
                         quoted_name(options.name)));
  return {};
}

Result<void> change_password(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object user, fetch_record(user_resource(), session, options.name));
  json::object body{{"tags", tags_as_text(user)}};
  BB_TRY_ASSIGN(const std::optional<std::string> password, new_password(options));
  BB_TRY(put_password(body, password));
  BB_TRY(session.client.change("PUT", api_path({"users", options.name}), body));
  print_done(
      fmt::format("the user {} {}", quoted_name(options.name),
                  password ? "has a new password" : "has no password and cannot log in with one"));
  return {};
}

Result<void> set_tags(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(const json::object user, fetch_record(user_resource(), session, options.name));
  // PUT takes all there is about a user: the password has to stay what it is.
  json::object body{{"tags", joined_tags(options.tags)},
                    {"password_hash", text_at(user, "password_hash")}};
  if (const std::string algorithm = text_at(user, "hashing_algorithm"); !algorithm.empty()) {
    body["hashing_algorithm"] = algorithm;
  }
  BB_TRY(session.client.change("PUT", api_path({"users", options.name}), body));
  print_done(options.tags.empty()
                 ? fmt::format("the user {} has no tags", quoted_name(options.name))
                 : fmt::format("the user {} has the tags {}", quoted_name(options.name),
                               escape_controls(fmt::format("{}", fmt::join(options.tags, ", ")))));
  return {};
}

Result<void> delete_user(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY(fetch_record(user_resource(), session, options.name));
  const std::string name = quoted_name(options.name);
  const bool own = session.client.url().user == options.name;
  BB_TRY(confirm(fmt::format("Delete the user {}{}?", name, own ? ", as whom you ask" : ""),
                 options.management.yes));
  BB_TRY(session.client.change("DELETE", api_path({"users", options.name})));
  print_done(fmt::format("deleted the user {}", name));
  return {};
}

Result<void> permit_user(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY(fetch_record(user_resource(), session, options.name));
  // Of the three, those that are named are all there is, unless none is.
  const bool all = !options.configure && !options.write && !options.read;
  const std::string unnamed = all ? ".*" : "^$";
  const json::object body{{"configure", options.configure.value_or(unnamed)},
                          {"write", options.write.value_or(unnamed)},
                          {"read", options.read.value_or(unnamed)}};
  auto status =
      session.client.change("PUT", api_path({"permissions", session.vhost, options.name}), body);
  if (!status) return fail(explain_vhost(std::move(status).error(), session));
  print_done(fmt::format("in the vhost {} the user {} may configure {}, write {}, read {}",
                         quoted_name(session.vhost), quoted_name(options.name),
                         quoted_name(text_at(body, "configure")),
                         quoted_name(text_at(body, "write")), quoted_name(text_at(body, "read"))));
  return {};
}

Result<void> forbid_user(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY(fetch_record(user_resource(), session, options.name));
  const std::string what = fmt::format("the user {} out of the vhost {}", quoted_name(options.name),
                                       quoted_name(session.vhost));
  BB_TRY(confirm(fmt::format("Keep {}?", what), options.management.yes));
  auto status =
      session.client.change("DELETE", api_path({"permissions", session.vhost, options.name}));
  if (!status) {
    Error error = explain_vhost(std::move(status).error(), session);
    if (error.code == ErrorCode::kNotFound && error.message.find("vhost") == std::string::npos) {
      error.message = fmt::format("the user {} has no permission in the vhost {}",
                                  quoted_name(options.name), quoted_name(session.vhost));
    }
    return fail(std::move(error));
  }
  print_done(fmt::format("kept {}", what));
  return {};
}

Result<void> show_user(const UserOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  BB_TRY_ASSIGN(json::object user, fetch_record(user_resource(), session, options.name));
  BB_TRY_ASSIGN(json::value permissions,
                session.client.get(api_path({"users", options.name, "permissions"})));
  if (options.management.format == OutputFormat::kText) {
    // Hashes are for programs that move users; here they would only be in the way.
    const bool has_password = !text_at(user, "password_hash").empty();
    user.erase("password_hash");
    user.erase("hashing_algorithm");
    user["password"] = has_password ? "set" : "none";
    json::object by_vhost;
    if (permissions.is_array()) {
      for (const json::value& each : permissions.get_array()) {
        if (!each.is_object()) continue;
        const json::object& permission = each.get_object();
        by_vhost[text_at(permission, "vhost")] = fmt::format(
            "configure {}, write {}, read {}", quoted_name(text_at(permission, "configure")),
            quoted_name(text_at(permission, "write")), quoted_name(text_at(permission, "read")));
      }
    }
    user["vhost"] = std::move(by_vhost);
  } else {
    user["permissions"] = std::move(permissions);
  }
  BB_TRY(write_all(STDOUT_FILENO, render_record(user, options.management.format)));
  return {};
}

}  // namespace bb::cli
