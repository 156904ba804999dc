#include "cli/schema_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "cli/schema_places.h"
#include "event/json_scanner.h"
#include "schema/repository_index.h"
#include "schema/repository_loader.h"
#include "schema/repository_names.h"
#include "schema/uri.h"

namespace bb::cli {
namespace {

namespace fs = std::filesystem;
using schema::JsonType;
using schema::JsonView;

bool is_layout_folder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == "events" || name == "commands" || name == "schemas";
}

// A repository has folders of components, which have folders of schemas.
bool is_repository(const fs::path& folder) {
  std::error_code error;
  for (const auto& component : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    for (const char* name : {"events", "commands", "schemas"}) {
      if (fs::is_directory(component.path() / name, ignored)) return true;
    }
  }
  return false;
}

// The repository that `folder` is in: itself, or the folder above it or that above, if the layout
// says so; else itself.
fs::path repository_of(const fs::path& folder) {
  fs::path absolute = fs::absolute(folder).lexically_normal();
  if (is_repository(absolute)) return absolute;
  const fs::path component = is_layout_folder(absolute) ? absolute.parent_path() : absolute;
  std::error_code ignored;
  if (fs::is_directory(component / "events", ignored) ||
      fs::is_directory(component / "commands", ignored) ||
      fs::is_directory(component / "schemas", ignored)) {
    return component.parent_path();
  }
  return absolute;
}

// One repository that files of are checked.
class Repository {
 public:
  explicit Repository(const fs::path& root)
      : root_(root.string()), source_(schema::make_folder_source(root_, root_)), index_(*source_) {}

  const schema::SchemaSource& source() const { return *source_; }

  std::optional<std::string> find_by_id(std::string_view uri) {
    index_.update({}, ~0U);  // once
    return index_.find_by_id(uri);
  }

  // The path below the root of what messages of the compiler call a document.
  std::optional<std::string> path_of(std::string_view document) const {
    if (document.starts_with(root_) && document.substr(root_.size()).starts_with('/')) {
      return std::string(document.substr(root_.size() + 1));
    }
    return source_->path_of(document);
  }

 private:
  std::string root_;
  std::unique_ptr<schema::SchemaSource> source_;
  schema::RepositoryIndex index_;
};

class Linter {
 public:
  explicit Linter(bool check_naming) : check_naming_(check_naming) {}

  void lint_path(const std::string& given) {
    std::error_code error;
    const fs::path path(given);
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      report_.unreadable.push_back(
          {ErrorCode::kIo, fmt::format("cannot read {}: {}", given,
                                       error ? error.message() : "No such file or directory")});
      return;
    }
    const bool is_folder = fs::is_directory(status);
    const fs::path folder = fs::absolute(is_folder ? path : path.parent_path()).lexically_normal();
    const fs::path root = repository_of(folder.has_filename() ? folder : folder.parent_path());
    Repository& repository = repository_at(root);
    // How what was given is written, and what that is below the root.
    const fs::path start = fs::absolute(path).lexically_normal();
    std::string below = start.lexically_relative(root).string();
    while (below.ends_with('/')) below.pop_back();
    if (!is_folder) {
      lint_file(repository, below, given);
      return;
    }
    const std::string prefix = below == "." || below.empty() ? "" : below + "/";
    const std::string shown = given.ends_with('/') ? given : given + "/";
    std::size_t found = 0;
    for (const std::string& file : repository.source().list_all()) {
      if (!file.starts_with(prefix)) continue;
      ++found;
      lint_file(repository, file, shown + file.substr(prefix.size()));
    }
    if (found == 0) {
      report_.unreadable.push_back({ErrorCode::kIo, fmt::format("{} holds no schema", given)});
    }
  }

  LintReport finish() {
    std::vector<LintFinding>& findings = report_.findings;
    const auto place = [](const LintFinding& finding) {
      return std::tie(finding.path, finding.line, finding.column, finding.message);
    };
    std::sort(findings.begin(), findings.end(),
              [&](const auto& a, const auto& b) { return place(a) < place(b); });
    // A shared definition is looked at by each that refers to it.
    findings.erase(std::unique(findings.begin(), findings.end(),
                               [&](const auto& a, const auto& b) { return place(a) == place(b); }),
                   findings.end());
    return std::move(report_);
  }

 private:
  Repository& repository_at(const fs::path& root) {
    auto& repository = repositories_[root.string()];
    if (repository == nullptr) repository = std::make_unique<Repository>(root);
    return *repository;
  }

  void lint_file(Repository& repository, const std::string& path, const std::string& shown) {
    if (!seen_.insert(repository.source().display_path(path)).second) return;  // given twice
    shown_paths_[repository.source().display_path(path)] = shown;
    auto file = repository.source().read(path);
    if (!file) {
      const std::string reason = file.error().code == ErrorCode::kNotFound
                                     ? fmt::format(
                                           "cannot read {}: no regular file of at most {} MiB "
                                           "within the repository",
                                           shown, schema::kSchemaBytesMax >> 20)
                                     : file.error().message;
      report_.unreadable.push_back({ErrorCode::kIo, reason});
      return;
    }
    ++report_.files;
    const auto document = schema::JsonDocument::read(std::string(file->text));
    if (document == nullptr) {
      const auto fault = event::find_json_fault(file->text);
      const JsonError error = event::locate(file->text, fault.value_or(event::JsonFault{0, "?"}));
      add(shown, error.line, error.column, "json", "not JSON: " + error.reason);
      return;
    }
    const JsonView& json = document->view();
    check_claims(json, path, shown);
    if (check_naming_) {
      check_schema_naming(json, path, [&](std::uint32_t node, std::string message) {
        add_at(json, node, shown, "naming", std::move(message));
      });
    }
    check_schema(repository, json, path, shown);
  }

  void check_schema(Repository& repository, const JsonView& json, const std::string& path,
                    const std::string& shown) {
    SchemaSet set;
    schema::SchemaLoader loader(repository.source(), set,
                                [&](std::string_view uri) { return repository.find_by_id(uri); });
    const auto uri = loader.add(path);
    if (!uri) {
      add_faults(repository, shown, uri.error().message);
    } else if (const auto checked = set.check_all(*uri); !checked) {
      add_faults(repository, shown, checked.error().message);
    } else {
      check_values(set, *uri, json, shown);
    }
  }

  // `examples` and `default` of every schema in the document.
  void check_values(SchemaSet& set, const std::string& uri, const JsonView& json,
                    const std::string& shown) {
    const std::string base(schema::split_fragment(uri).absolute);
    for (const SchemaPlace& place : find_schema_places(json).schemas) {
      const auto examples = schema::find_member(json, place.node, "examples");
      const auto value = schema::find_member(json, place.node, "default");
      const bool has_examples = examples && json[*examples].is(JsonType::kArray);
      if (!has_examples && !value) continue;
      const auto compiled = set.compile(
          place.pointer.empty() ? uri : fmt::format("{}#{}", base, percent_encoded(place.pointer)));
      // Not reached by way of any keyword: nobody can refer to it either.
      if (!compiled) continue;
      if (value) check_value(*compiled, json, *value, place.pointer + "/default", shown);
      if (!has_examples) continue;
      std::size_t index = 0;
      for (auto at = *examples + 1; at < json[*examples].next; at = json[at].next) {
        check_value(*compiled, json, at, fmt::format("{}/examples/{}", place.pointer, index++),
                    shown);
      }
    }
  }

  void check_value(const CompiledSchema& schema, const JsonView& json, std::uint32_t node,
                   const std::string& pointer, const std::string& shown) {
    const std::string_view text = json.source(node);
    const JsonError place = place_of(json, node);
    const SchemaReport report = validator_.validate(
        schema, text,
        {.pointer_prefix = pointer, .first_line = place.line, .first_column = place.column});
    if (report.valid) return;
    for (const SchemaViolation& violation : report.violations) {
      add(shown, violation.line, violation.column, "example",
          fmt::format("{}: {}", violation.instance_pointer, violation.message()));
    }
    if (report.schema_error) {
      add(shown, place.line, place.column, "example",
          fmt::format("{}: {}", pointer, report.schema_error->message));
    }
  }

  void check_claims(const JsonView& json, const std::string& path, const std::string& shown) {
    const schema::DocumentInfo info = schema::read_document_info(json);
    if (!info.id.empty()) {
      const auto node = schema::find_member(json, 0, "$id");
      const auto [first, is_new] = ids_.emplace(info.id, shown);
      if (!is_new) {
        add_at(json, node.value_or(0), shown, "duplicate",
               fmt::format("\"$id\" is also that of {}", first->second));
      }
    }
    const auto name = schema::parse_versioned_name(schema::file_name_of(path));
    std::string event_type = info.event_type;
    if (event_type.empty()) event_type = schema::event_type_of_name(path);
    if (event_type.empty()) return;
    const auto [first, is_new] =
        events_.emplace(std::pair(event_type, name ? name->version : 1), shown);
    if (!is_new) {
      add_at(json, 0, shown, "duplicate",
             fmt::format("version {} of {} is also in {}", name ? name->version : 1, event_type,
                         first->second));
    }
  }

  // What the compiler says: "DOCUMENT:LINE:COLUMN: MESSAGE" on each line.
  void add_faults(const Repository& repository, const std::string& shown, std::string_view faults) {
    while (!faults.empty()) {
      const std::size_t end = std::min(faults.find('\n'), faults.size());
      add_fault(repository, shown, faults.substr(0, end));
      faults.remove_prefix(std::min(end + 1, faults.size()));
    }
  }

  void add_fault(const Repository& repository, const std::string& shown, std::string_view fault) {
    // The name may have colons in it (a URI); the first ":N:N: " ends it.
    for (std::size_t at = fault.find(':'); at != std::string_view::npos;
         at = fault.find(':', at + 1)) {
      std::size_t line = 0;
      std::size_t column = 0;
      const char* const end = fault.data() + fault.size();
      const auto after_line = std::from_chars(fault.data() + at + 1, end, line);
      if (after_line.ec != std::errc{} || after_line.ptr == end || *after_line.ptr != ':') continue;
      const auto after_column = std::from_chars(after_line.ptr + 1, end, column);
      if (after_column.ec != std::errc{} ||
          !std::string_view(after_column.ptr, end).starts_with(": "))
        continue;
      add(shown_name(repository, fault.substr(0, at), shown), line, column, "schema",
          std::string(after_column.ptr + 2, end));
      return;
    }
    add(shown, 1, 1, "schema", std::string(fault));
  }

  std::string shown_name(const Repository& repository, std::string_view document,
                         const std::string& otherwise) {
    const auto path = repository.path_of(document);
    if (!path) return otherwise;
    const std::string full = repository.source().display_path(*path);
    const auto known = shown_paths_.find(full);
    return known == shown_paths_.end() ? full : known->second;
  }

  static std::string percent_encoded(std::string_view pointer) {
    std::string out;
    for (const char c : pointer) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || std::string_view("/-._~$").contains(c);
      out += plain ? std::string(1, c)
                   : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
  }

  static JsonError place_of(const JsonView& json, std::uint32_t node) {
    const auto offset = static_cast<std::size_t>(json.source(node).data() - json.text);
    const std::size_t size = json.source(0).data() - json.text + json.source(0).size();
    return event::locate({json.text, size}, {offset, ""});
  }

  void add_at(const JsonView& json, std::uint32_t node, const std::string& shown,
              std::string_view rule, std::string message) {
    const JsonError place = place_of(json, node);
    add(shown, place.line, place.column, rule, std::move(message));
  }

  void add(const std::string& path, std::size_t line, std::size_t column, std::string_view rule,
           std::string message) {
    report_.findings.push_back({.path = path,
                                .line = line,
                                .column = column,
                                .rule = std::string(rule),
                                .message = std::move(message)});
  }

  bool check_naming_;
  LintReport report_;
  SchemaValidator validator_;
  std::map<std::string, std::unique_ptr<Repository>> repositories_;  // by root
  std::set<std::string> seen_;
  std::map<std::string, std::string> shown_paths_;
  std::map<std::string, std::string> ids_;
  std::map<std::pair<std::string, std::uint32_t>, std::string> events_;
};

}  // namespace

LintReport lint_schemas(const std::vector<std::string>& paths, bool check_naming) {
  Linter linter(check_naming);
  for (const std::string& path : paths) linter.lint_path(path);
  return linter.finish();
}

}  // namespace bb::cli
