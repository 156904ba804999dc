#include "schema/dfa.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.h"

namespace bb::schema {
namespace {

using States = std::span<const Dfa::State>;

// The states from which one of `goals` can be reached, these included.
std::vector<bool> reaching(States states, std::vector<bool> goals) {
  std::vector<std::vector<std::uint32_t>> sources(states.size());
  for (std::uint32_t from = 0; from < states.size(); ++from) {
    for (const std::uint32_t to : states[from].next) {
      if (sources[to].empty() || sources[to].back() != from) sources[to].push_back(from);
    }
  }
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < states.size(); ++i) {
    if (goals[i]) open.push_back(i);
  }
  while (!open.empty()) {
    const std::uint32_t state = open.back();
    open.pop_back();
    for (const std::uint32_t source : sources[state]) {
      if (goals[source]) continue;
      goals[source] = true;
      open.push_back(source);
    }
  }
  return goals;
}

// For each state, itself or the one of kNever and kAlways that it amounts to.
std::vector<std::uint32_t> decided(States states) {
  std::vector<bool> matching(states.size());
  std::vector<bool> failing(states.size());
  for (std::uint32_t i = 0; i < states.size(); ++i) {
    matching[i] = i == Dfa::kAlways || (i != Dfa::kNever && states[i].accepts_at_end);
    failing[i] = !matching[i];
  }
  const std::vector<bool> may_match = reaching(states, std::move(matching));
  const std::vector<bool> may_fail = reaching(states, std::move(failing));
  std::vector<std::uint32_t> result(states.size());
  for (std::uint32_t i = 0; i < states.size(); ++i) {
    result[i] = !may_match[i] ? Dfa::kNever : !may_fail[i] ? Dfa::kAlways : i;
  }
  return result;
}

// The number of each column among those that differ.
std::vector<std::uint8_t> merge_columns(States states, std::span<const std::uint32_t> meaning,
                                        std::span<const std::uint32_t> rows, std::size_t columns) {
  std::map<std::vector<std::uint32_t>, std::uint8_t> numbers;
  std::vector<std::uint8_t> result(columns);
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<std::uint32_t> content;
    content.reserve(rows.size());
    for (const std::uint32_t row : rows) content.push_back(meaning[states[row].next[column]]);
    const auto number = static_cast<std::uint8_t>(numbers.size());
    result[column] = numbers.try_emplace(std::move(content), number).first->second;
  }
  return result;
}

}  // namespace

Dfa::Dfa(States states, std::uint32_t start, const std::array<std::uint8_t, 256>& columns) {
  BB_ASSERT(states.size() >= 2 && start < states.size());
  const std::vector<std::uint32_t> meaning = decided(states);

  std::vector<std::uint32_t> rows;  // of undecided states
  const auto append_rows = [&](bool accepting) {
    for (std::uint32_t i = kAlways + 1; i < states.size(); ++i) {
      if (meaning[i] == i && states[i].accepts_at_end == accepting) rows.push_back(i);
    }
  };
  append_rows(false);
  const std::size_t plain_rows = rows.size();
  append_rows(true);

  const std::size_t columns_before = 1 + std::ranges::max(columns);
  const std::vector<std::uint8_t> column_numbers =
      merge_columns(states, meaning, rows, columns_before);
  const std::uint32_t stride = 1 + std::ranges::max(column_numbers);
  for (std::size_t byte = 0; byte < columns.size(); ++byte) {
    columns_[byte] = column_numbers[columns[byte]];
  }

  std::vector<std::uint32_t> offsets(states.size());
  offsets[kAlways] = stride;
  for (std::uint32_t i = 0; i < rows.size(); ++i) offsets[rows[i]] = (2 + i) * stride;
  table_.resize((2 + rows.size()) * stride);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& next = states[rows[i]].next;
    for (std::size_t column = 0; column < next.size(); ++column) {
      table_[(2 + i) * stride + column_numbers[column]] = offsets[meaning[next[column]]];
    }
  }
  start_ = offsets[meaning[start]];
  first_undecided_ = 2 * stride;
  first_accepting_ = static_cast<std::uint32_t>((2 + plain_rows) * stride);
  state_count_ = 2 + rows.size();
}

}  // namespace bb::schema
