// The bindings that an event nearly matches which no queue received: what was probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bb::client {

struct Binding {
  std::string source;  // an exchange
  std::string destination;
  bool to_exchange = false;  // else to a queue
  std::string key;           // the pattern of a topic exchange
  std::string arguments;     // "x-match=all,format=pdf"; "" is none
};

// A binding that nearly takes a key.
struct NearBinding {
  std::string queue;
  std::string pattern;
};

// The nearest bindings to queues of what `exchange` leads to, the nearest first; three at most, one
// for a queue. Those that match are not among them.
std::vector<NearBinding> find_near_bindings(std::span<const Binding> bindings,
                                            const std::string& exchange, std::string_view key);

// "the queue 'a.greeter' by 'llm.prompt', ..."; "" for none.
std::string near_bindings_text(const std::vector<NearBinding>& near);

// Whether the queue is what is kept beside the exchange: `<exchange>.history`, what was published
// to it, or `<exchange>.quarantine`, what was refused. No service gets events by it.
bool is_kept_of(std::string_view queue, std::string_view exchange);

}  // namespace bb::client
