#include "broker/access_json.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/try.h"

namespace bb::broker {
namespace {

namespace json = boost::json;

std::unexpected<Error> wrong(std::string_view name, std::string_view expected) {
  return fail(ErrorCode::kPreconditionFailed, fmt::format("'{}' has to be {}", name, expected));
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace

json::object to_json(const User& user) {
  const std::string_view default_algorithm = "rabbit_password_hashing_sha256";
  json::object out;
  out["password_hash"] = user.password ? user.password->text() : std::string();
  out["hashing_algorithm"] = user.password ? user.password->algorithm_name() : default_algorithm;
  out["tags"] = to_array(user.tags);
  return out;
}

json::object to_json(const PermissionPatterns& patterns) {
  return {{"configure", patterns.configure}, {"write", patterns.write}, {"read", patterns.read}};
}

json::object to_json(const VHost::Metadata& metadata) {
  json::object out;
  out["description"] = metadata.description;
  out["tags"] = to_array(metadata.tags);
  return out;
}

Result<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return wrong(name, "a text");
  return std::string(value->get_string());
}

Result<std::string> text_of(const json::object& object, std::string_view name,
                            std::string_view otherwise) {
  return object.contains(name) ? text_of(object, name) : std::string(otherwise);
}

Result<bool> flag_of(const json::object& object, std::string_view name, bool otherwise) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return otherwise;
  if (!value->is_bool()) return wrong(name, "true or false");
  return value->get_bool();
}

Result<std::vector<std::string>> tags_from_json(const json::object& object) {
  const json::value* const value = object.if_contains("tags");
  if (value == nullptr) return std::vector<std::string>{};
  if (value->is_string()) return split_at_commas(value->get_string());
  if (!value->is_array()) return wrong("tags", "an array of texts");
  std::vector<std::string> tags;
  for (const json::value& tag : value->get_array()) {
    if (!tag.is_string()) return wrong("tags", "an array of texts");
    tags.emplace_back(tag.get_string());
  }
  return tags;
}

Result<User> user_from_json(const json::object& object) {
  User user;
  BB_TRY_ASSIGN(const std::string hash, text_of(object, "password_hash"));
  BB_TRY_ASSIGN(const std::string algorithm,
                text_of(object, "hashing_algorithm", "rabbit_password_hashing_sha256"));
  if (!hash.empty()) {
    BB_TRY_ASSIGN(user.password, PasswordHash::parse(hash, algorithm));
  }
  BB_TRY_ASSIGN(user.tags, tags_from_json(object));
  return user;
}

Result<PermissionPatterns> permissions_from_json(const json::object& object) {
  PermissionPatterns patterns;
  BB_TRY_ASSIGN(patterns.configure, text_of(object, "configure"));
  BB_TRY_ASSIGN(patterns.write, text_of(object, "write"));
  BB_TRY_ASSIGN(patterns.read, text_of(object, "read"));
  return patterns;
}

Result<VHost::Metadata> vhost_metadata_from_json(const json::object& object) {
  // RabbitMQ's definitions have them once more below "metadata".
  const json::value* const below = object.if_contains("metadata");
  const json::object& from =
      below != nullptr && below->is_object() && !object.contains("description")
          ? below->get_object()
          : object;
  VHost::Metadata metadata;
  BB_TRY_ASSIGN(metadata.description, text_of(from, "description", ""));
  BB_TRY_ASSIGN(metadata.tags, tags_from_json(from));
  return metadata;
}

Result<json::object> parse_object(std::string_view text) {
  json::error_code ec;
  json::value value = json::parse(json::string_view(text.data(), text.size()), ec);
  if (ec) return fail(ErrorCode::kInvalidJson, "not JSON: " + ec.message());
  if (!value.is_object()) return fail(ErrorCode::kInvalidJson, "not a JSON object");
  return std::move(value.get_object());
}

}  // namespace bb::broker
