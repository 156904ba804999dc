// Test vocabulary: the text of an envelope, told field by field, and what is wrong
// with one in lines that read as sentences.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"

namespace bb::event {

// Each error as "pointer: expected, not found".
inline std::vector<std::string> lines_of(const std::vector<StructuralError>& errors) {
  std::vector<std::string> lines;
  for (const auto& [pointer, expected, found] : errors) {
    std::string& line = lines.emplace_back(pointer);
    line.append(": ").append(expected).append(", not ").append(found);
  }
  return lines;
}

class EnvelopeText {
 public:
  // The smallest document that is an envelope.
  EnvelopeText() {
    with("event_id", R"("92ac3d31-3cbb-5518-9cc9-eaa1d1198639")");
    with("event_type", R"("transcription.voice.completed")");
    with("timestamp", R"("2026-01-27T10:15:30Z")");
    with("version", R"("1.0.0")");
    with("source", R"({"host":"studio","type":"agent"})");
    with("payload", R"({"text":"hello"})");
  }

  // The same in the legacy shape.
  static EnvelopeText legacy() {
    EnvelopeText text;
    text.fields_.clear();
    text.with("id", R"("92ac3d31-3cbb-5518-9cc9-eaa1d1198639")");
    text.with("ts", R"("2026-01-27T10:15:30Z")");
    text.with("event_type", R"("transcription.voice.completed")");
    text.with("source", R"("whisperlivekit")");
    text.with("data", R"({"text":"hello"})");
    return text;
  }

  // Replaces a field where it is, or adds it behind the others.
  EnvelopeText& with(std::string_view name, std::string_view json) {
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (field == fields_.end()) return and_again(name, json);
    field->second = json;
    return *this;
  }
  // Adds a field even if there is one of its name.
  EnvelopeText& and_again(std::string_view name, std::string_view json) {
    fields_.emplace_back(name, json);
    return *this;
  }
  EnvelopeText& without(std::string_view name) {
    std::erase_if(fields_, [&](const auto& entry) { return entry.first == name; });
    return *this;
  }

  std::string text() const {
    std::string out = "{";
    for (const auto& [name, json] : fields_) {
      if (out.size() > 1) out += ", ";
      out.append("\"").append(name).append("\": ").append(json);
    }
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace bb::event
