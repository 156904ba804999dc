#include <algorithm>

#include "bloodbank/envelope.h"

namespace bb {

Uuid deterministic_event_id(std::string_view event_type, std::string_view unique_key,
                            std::string_view name_space) {
  std::string name;
  name.reserve(name_space.size() + event_type.size() + unique_key.size() + 2);
  name.append(name_space).append(":").append(event_type).append(":").append(unique_key);
  return Uuid::v5(kNamespaceOid, name);
}

Uuid deterministic_event_id(std::string_view event_type,
                            std::span<const std::pair<std::string, std::string>> fields,
                            std::string_view name_space) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted(fields.begin(), fields.end());
  // By bytes, which for UTF-8 is the order of code points that Python sorts by. A
  // name given twice sorts by its values, so that the id never depends on the order.
  std::sort(sorted.begin(), sorted.end());
  std::string unique_key;
  for (const auto& [name, value] : sorted) {
    if (!unique_key.empty()) unique_key += '|';
    unique_key.append(name).append("=").append(value);
  }
  return deterministic_event_id(event_type, unique_key, name_space);
}

}  // namespace bb
