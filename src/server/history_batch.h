// A part of the events exchange's history, on its way into the store of links.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "correlation/event_reader.h"
#include "correlation/link_database.h"

namespace bb::server {

// Copies of messages, to be read on another thread than the bus's.
class HistoryBatch {
 public:
  void add(std::uint64_t offset, std::int64_t published_ms, std::string_view properties,
           std::string_view body);

  std::size_t size() const { return messages_.size(); }
  std::size_t bytes() const { return text_.size(); }

  struct Contents {
    std::vector<correlation::Link> links;
    std::vector<correlation::LinkDatabase::Place> places;
  };
  // What messages say of causes, as far as they say an id; and the places of those that are events.
  Contents read(correlation::EventReader& reader) const;

 private:
  struct Entry {
    std::uint64_t offset;
    std::int64_t published_ms;
    std::size_t properties_bytes;
    std::size_t body_bytes;
  };
  std::vector<Entry> messages_;
  std::string text_;  // properties and body of each, one after the other
};

}  // namespace bb::server
