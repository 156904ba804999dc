// What is wrong with the text of a filter, and where.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <utility>

namespace bb::filter {

struct Fault {
  std::size_t offset;  // bytes from the start of the filter
  std::string reason;  // what is wrong and what would be right, on one line
};

template <class T>
using Parsed = std::expected<T, Fault>;

// `return refuse(offset, "...")` from a function that returns Parsed<T>.
[[nodiscard]] inline std::unexpected<Fault> refuse(std::size_t offset, std::string reason) {
  return std::unexpected(Fault{offset, std::move(reason)});
}

}  // namespace bb::filter
