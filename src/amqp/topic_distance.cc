#include "amqp/topic_distance.h"

#include <algorithm>
#include <vector>

#include "amqp/topic_match.h"
#include "base/edit_distance.h"

namespace bb::amqp {
namespace {

constexpr std::size_t kMistyped = 1;
constexpr std::size_t kMissing = 2;
constexpr std::size_t kOther = 3;
constexpr std::size_t kFar = kNearTopicMax + 1;

using Words = std::vector<std::string_view>;

// The empty text has no words.
Words split(std::string_view text) {
  Words words;
  if (text.empty()) return words;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    words.push_back(text.substr(0, dot));
    if (dot == text.size()) return words;
    text.remove_prefix(dot + 1);
  }
}

std::size_t word_distance(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  // A third of the letters, as of commands that are mistyped. Ends of the same word, singular and
  // plural, are near too.
  const std::size_t allowed = std::max<std::size_t>(1, std::max(a.size(), b.size()) / 3);
  return edit_distance(a, b) <= allowed ? kMistyped : kOther;
}

// How the beginnings of the two go together.
struct Fit {
  std::size_t cost = 0;
  std::size_t same = 0;    // words that are the same
  std::size_t others = 0;  // that are not even mistyped

  Fit plus(std::size_t more, std::size_t more_same = 0) const {
    return {cost + more, same + more_same, others + (more == kOther ? 1 : 0)};
  }
};

const Fit& better(const Fit& a, const Fit& b) {
  if (a.cost != b.cost) return a.cost < b.cost ? a : b;
  return a.same >= b.same ? a : b;
}

}  // namespace

std::size_t topic_distance(std::string_view pattern, std::string_view key) {
  if (topic_matches(pattern, key)) return 0;
  const Words words = split(key);
  std::vector<Fit> row(words.size() + 1);
  for (std::size_t j = 1; j < row.size(); ++j) row[j] = row[j - 1].plus(kMissing);
  for (const std::string_view part : split(pattern)) {
    std::vector<Fit> next(row.size());
    next[0] = part == "#" ? row[0] : row[0].plus(kMissing);
    for (std::size_t j = 1; j < row.size(); ++j) {
      if (part == "#") {
        next[j] = better(row[j], next[j - 1]);
        continue;
      }
      const std::size_t cost = part == "*" ? 0 : word_distance(part, words[j - 1]);
      const Fit taken = row[j - 1].plus(cost, part != "*" && cost == 0 ? 1 : 0);
      next[j] = better(taken, better(row[j].plus(kMissing), next[j - 1].plus(kMissing)));
    }
    row.swap(next);
  }
  const Fit& fit = row.back();
  const bool has_base = fit.same >= 1 && (fit.others == 0 || fit.same >= 2);
  return has_base ? std::min(std::max<std::size_t>(fit.cost, kMistyped), kFar) : kFar;
}

}  // namespace bb::amqp
