#include "bloodbank/envelope.h"
#include "event/json_chars.h"

namespace bb {

// Also well defined for texts that are not JSON: structural errors quote the
// beginning of a value, cut anywhere.
std::string minify_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  std::size_t at = 0;
  while (at < json.size()) {
    std::size_t end = at;
    if (in_string) {
      end = event::find_string_special(json, at);
      if (end < json.size()) {
        in_string = json[end] != '"';
        end += json[end] == '\\' ? 2U : 1U;
      }
      out += json.substr(at, end - at);
    } else {
      while (end < json.size() && json[end] != '"' && !event::is_json_space(json[end])) ++end;
      out += json.substr(at, end - at);
      if (end < json.size()) {
        in_string = json[end] == '"';
        if (in_string) out += '"';
        ++end;
      }
    }
    at = end;
  }
  return out;
}

}  // namespace bb
