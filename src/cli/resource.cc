#include "cli/resource.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/display_text.h"
#include "cli/glob.h"
#include "cli/json_value.h"
#include "cli/record_text.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

struct ListOptions {
  ManagementOptions management;
  std::optional<std::string> glob;
  bool all_vhosts = false;
  std::vector<std::optional<std::string>> filters;  // as Resource::filters
};

bool is_wanted(const Resource& resource, const ListOptions& options, const json::object& record) {
  for (std::size_t i = 0; i < options.filters.size(); ++i) {
    const auto& wanted = options.filters[i];
    if (wanted && text_at(record, resource.filters[i].member) != *wanted) return false;
  }
  return !options.glob || std::any_of(resource.name_members.begin(), resource.name_members.end(),
                                      [&](const std::string& member) {
                                        return matches_glob(*options.glob, text_at(record, member));
                                      });
}

void sort_records(const Resource& resource, json::array& records) {
  std::vector<std::pair<std::vector<std::string>, json::value>> keyed;
  for (json::value& record : records) {
    std::vector<std::string> key{text_at(record.get_object(), resource.vhost_member)};
    for (const std::string& member : resource.sort_members) {
      key.push_back(text_at(record.get_object(), member));
    }
    keyed.emplace_back(std::move(key), std::move(record));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  records.clear();
  for (auto& [key, record] : keyed) records.push_back(std::move(record));
}

std::string render_rows(const Resource& resource, const json::array& records, bool with_vhost) {
  Table table;
  for (const Resource::Column& column : resource.columns) {
    table.columns.push_back({column.title, column.right});
  }
  if (with_vhost) table.columns.insert(table.columns.begin() + 1, {"VHOST"});
  for (const json::value& record : records) {
    const json::object& object = record.get_object();
    std::vector<std::string> row;
    for (const Resource::Column& column : resource.columns) row.push_back(column.cell(object));
    if (with_vhost) row.insert(row.begin() + 1, text_at(object, resource.vhost_member));
    table.rows.push_back(std::move(row));
  }
  return render_table(table, inspect_terminal(STDOUT_FILENO).colour);
}

Result<void> run_list(const Resource& resource, const ListOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const bool one_vhost = resource.scope == Resource::Scope::kVhost
                             ? !options.all_vhosts
                             : options.management.vhost.has_value();
  BB_TRY_ASSIGN(json::array records, fetch_records(resource, session, !one_vhost));
  json::array wanted;
  for (json::value& record : records) {
    if (is_wanted(resource, options, record.get_object())) wanted.push_back(std::move(record));
  }
  sort_records(resource, wanted);
  if (wanted.empty()) {
    std::string notice = fmt::format("no {}", resource.plural);
    if (resource.scope != Resource::Scope::kGlobal && one_vhost) {
      notice += fmt::format(" in the vhost {}", quoted_name(session.vhost));
    }
    if (!records.empty()) notice += fmt::format(" like that, of {}", records.size());
    print_done(notice);
    if (options.management.format == OutputFormat::kText) return {};
  }
  const bool with_vhost = resource.scope != Resource::Scope::kGlobal && !one_vhost;
  const std::string text = options.management.format == OutputFormat::kText
                               ? render_rows(resource, wanted, with_vhost)
                               : render_records(wanted, options.management.format);
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

struct ShowOptions {
  ManagementOptions management;
  std::string name;
};

Result<void> run_show(const Resource& resource, const ShowOptions& options) {
  BB_TRY_ASSIGN(ManagementSession session, open_session(options.management));
  const OutputFormat format = options.management.format;
  if (resource.has_own_path) {
    BB_TRY_ASSIGN(const json::object record, fetch_record(resource, session, options.name));
    BB_TRY(write_all(STDOUT_FILENO, render_record(record, format)));
    return {};
  }
  BB_TRY_ASSIGN(json::array records, fetch_records(resource, session, false));
  json::array found;
  std::vector<std::string> names;
  for (const json::value& record : records) {
    const bool is_it = std::any_of(resource.name_members.begin(), resource.name_members.end(),
                                   [&](const std::string& member) {
                                     names.push_back(text_at(record.get_object(), member));
                                     return names.back() == options.name;
                                   });
    if (is_it) found.push_back(record);
  }
  if (found.empty()) return no_such(resource.noun, options.name, std::move(names));
  sort_records(resource, found);
  std::string text;
  if (format == OutputFormat::kText) {
    for (const json::value& record : found) {
      if (!text.empty()) text += '\n';
      text += render_record(record.get_object(), format);
    }
  } else {
    text = render_records(found, format);
  }
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

}  // namespace

std::function<std::string(const json::object&)> member_cell(std::string path) {
  return [path = std::move(path)](const json::object& record) { return text_at(record, path); };
}

std::string arguments_of(const json::object& record) {
  const json::value* const arguments = find_member(record, "arguments");
  if (arguments == nullptr || !arguments->is_object()) return "";
  std::string text;
  for (const auto& member : arguments->get_object()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",",
                        std::string_view(member.key().data(), member.key().size()),
                        text_of(&member.value()));
  }
  return text;
}

std::string features_of(const json::object& record, std::initializer_list<std::string_view> flags) {
  std::string text;
  for (const std::string_view flag : flags) {
    const json::value* const value = record.if_contains({flag.data(), flag.size()});
    if (value == nullptr || !value->is_bool() || !value->get_bool()) continue;
    text += text.empty() ? "" : ",";
    text += flag == "auto_delete" ? "auto-delete" : flag;
  }
  const std::string arguments = arguments_of(record);
  if (!arguments.empty()) text += (text.empty() ? "" : ",") + arguments;
  return text;
}

std::string exchange_name(const std::string& name) {
  return name.empty() ? "(default)" : name;
}

Result<json::array> fetch_records(const Resource& resource, ManagementSession& session,
                                  bool all_vhosts) {
  const bool by_path = resource.scope == Resource::Scope::kVhost && !all_vhosts;
  auto answer = session.client.get(by_path ? api_path({resource.collection, session.vhost})
                                           : api_path({resource.collection}));
  if (!answer) return fail(explain_vhost(std::move(answer).error(), session));
  if (!answer->is_array()) {
    return fail(ErrorCode::kFailure, fmt::format("{} gave no list of {}",
                                                 session.client.url().redacted(), resource.plural));
  }
  json::array records;
  const bool narrow = resource.scope == Resource::Scope::kBroker && !all_vhosts;
  for (json::value& record : answer->get_array()) {
    if (!record.is_object()) continue;
    if (narrow && text_at(record.get_object(), resource.vhost_member) != session.vhost) continue;
    records.push_back(std::move(record));
  }
  // A vhost that nobody is connected to, or one that is mistyped.
  if (narrow && records.empty()) {
    BB_TRY(fetch_record(vhost_resource(), session, session.vhost));
  }
  return records;
}

Result<json::object> fetch_record(const Resource& resource, ManagementSession& session,
                                  const std::string& name) {
  const bool is_empty_one = name.empty() || name == "(default)";
  const std::string& segment =
      is_empty_one && !resource.empty_name.empty() ? resource.empty_name : name;
  auto answer = session.client.get(resource.scope == Resource::Scope::kVhost
                                       ? api_path({resource.collection, session.vhost, segment})
                                       : api_path({resource.collection, segment}));
  if (answer && answer->is_object()) return std::move(answer->get_object());
  if (answer) {
    return fail(ErrorCode::kFailure,
                fmt::format("{} gave no {}", session.client.url().redacted(), resource.noun));
  }
  if (answer.error().code != ErrorCode::kNotFound) return fail(std::move(answer).error());
  const bool all_vhosts = resource.scope != Resource::Scope::kVhost;
  BB_TRY_ASSIGN(const json::array records, fetch_records(resource, session, all_vhosts));
  // A broker may list what it has no path for, one by one. Steps in a path are left alone: what is
  // done to "." next could hit something else.
  const bool is_step = name == "." || name == "..";
  for (const json::value& record : records) {
    if (!name.empty() && !is_step &&
        text_at(record.get_object(), resource.name_members.front()) == name) {
      return record.get_object();
    }
  }
  return no_such(resource.noun, name, names_of(records, resource.name_members.front()));
}

Command resource_list_command(const Resource& resource, std::string description,
                              std::string examples) {
  const auto options = std::make_shared<ListOptions>();
  options->filters.resize(resource.filters.size());
  Command command;
  command.name = "list";
  command.summary = fmt::format("List {}", resource.plural);
  command.description = std::move(description);
  command.examples = std::move(examples);
  command.options.push_back(text_option("--name", "GLOB", options->glob,
                                        "Only those with such a name; '*' stands for any "
                                        "characters, '?' for one"));
  for (std::size_t i = 0; i < resource.filters.size(); ++i) {
    const Resource::Filter& filter = resource.filters[i];
    command.options.push_back(
        text_option(filter.option, filter.value_name, options->filters[i], filter.help));
  }
  if (resource.scope != Resource::Scope::kGlobal) {
    command.options.push_back(vhost_option(options->management));
  }
  if (resource.scope == Resource::Scope::kVhost) {
    command.options.push_back(
        flag("-A,--all-vhosts", options->all_vhosts, "Those of every virtual host"));
  } else if (resource.scope == Resource::Scope::kBroker) {
    command.options.back().help = "Only those of this virtual host (default all)";
  }
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  command.run = [resource, options] { return exit_code_of(run_list(resource, *options)); };
  return command;
}

Command resource_show_command(const Resource& resource, std::string description,
                              std::string examples) {
  const auto options = std::make_shared<ShowOptions>();
  Command command;
  command.name = "show";
  command.summary = fmt::format("Show all about one {}", resource.noun);
  command.description = std::move(description);
  command.examples = std::move(examples);
  command.options.push_back(required_argument(
      "NAME", options->name, fmt::format("The {}, as 'list' shows it", resource.noun),
      /*may_be_empty=*/!resource.empty_name.empty()));
  if (resource.scope == Resource::Scope::kVhost) {
    command.options.push_back(vhost_option(options->management));
  }
  command.options.push_back(format_option(options->management));
  add_connection_options(command, options->management);
  command.run = [resource, options] { return exit_code_of(run_show(resource, *options)); };
  return command;
}

}  // namespace bb::cli
