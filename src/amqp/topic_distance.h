// Which routing keys a topic exchange's binding nearly takes; which it takes is topic_match.h.
#pragma once

#include <cstddef>
#include <string_view>

namespace bb::amqp {

// How far `key` is from what `pattern` takes, by words: 1 for one that is mistyped, 2 for one that
// is missing or too much, 3 for one that is another; 0 where it matches. Above kNearTopicMax they
// have nothing to do with each other. Takes time in proportion to the product of the two texts. For
// "did you mean ...?": a pattern is near that has at least one word of the key as it is, and only
// with two or more may one word be another.
std::size_t topic_distance(std::string_view pattern, std::string_view key);
inline constexpr std::size_t kNearTopicMax = 3;

}  // namespace bb::amqp
