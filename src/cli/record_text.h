// Records of the management API as text, for `-o text|json|ndjson`.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "cli/output.h"

namespace bb::cli {

// One array, a record a line (json), or an object a line (ndjson).
std::string render_records(const boost::json::array& records, OutputFormat format);

// One record: "name: value" lines for people, members of members as "client_properties.product",
// without what is empty and what only its developers read; else all of it.
std::string render_record(const boost::json::object& record, OutputFormat format);

}  // namespace bb::cli
