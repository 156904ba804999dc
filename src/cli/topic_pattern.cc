#include "cli/topic_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "amqp/constants.h"
#include "cli/display_text.h"

namespace bb::cli {

Result<void> check_topic_pattern(std::string_view pattern) {
  if (pattern.empty()) return fail(ErrorCode::kUsage, "a pattern is empty; '#' is every event");
  if (pattern.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kUsage,
                fmt::format("a pattern has more than {} bytes", amqp::kShortStringMaxBytes));
  }
  std::string_view rest = pattern;
  for (;;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view word = rest.substr(0, dot);
    if (word.size() > 1 && word.find_first_of("*#") != std::string_view::npos) {
      return fail(ErrorCode::kUsage,
                  fmt::format("in the pattern '{}', '{}' would match nothing: * is one whole word "
                              "and # any number of them, as in transcription.*.completed or "
                              "transcription.#",
                              shorten(pattern, 80), shorten(word, 80)));
    }
    if (dot == rest.size()) return {};
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace bb::cli
