// Users, permissions and vhosts as JSON: in the storage, in definitions, and over HTTP alike, with
// the field names of RabbitMQ's definitions
// (https://www.rabbitmq.com/definitions.html).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "broker/access_control.h"
#include "broker/vhost.h"

namespace bb::broker {

// {"password_hash": "", "hashing_algorithm": "...", "tags": ["administrator"]}; an empty hash is a
// user who cannot log in.
boost::json::object to_json(const User& user);
// {"configure": ".*", "write": ".*", "read": ".*"}
boost::json::object to_json(const PermissionPatterns& patterns);
// {"description": "", "tags": []}
boost::json::object to_json(const VHost::Metadata& metadata);

// kPreconditionFailed says what is missing or of another type. Members that they do not know are
// passed over. Tags may be an array, or one text with commas.
Result<User> user_from_json(const boost::json::object& json);
Result<PermissionPatterns> permissions_from_json(const boost::json::object& json);
Result<VHost::Metadata> vhost_metadata_from_json(const boost::json::object& json);
Result<std::vector<std::string>> tags_from_json(const boost::json::object& json);

// The text under that name.
Result<std::string> text_of(const boost::json::object& json, std::string_view name);
// The same; `otherwise` where it is missing.
Result<std::string> text_of(const boost::json::object& json, std::string_view name,
                            std::string_view otherwise);
Result<bool> flag_of(const boost::json::object& json, std::string_view name, bool otherwise);
// One document that is an object. kInvalidJson.
Result<boost::json::object> parse_object(std::string_view text);

}  // namespace bb::broker
