// The options of `bb dlq`, and what they mean: which broker, which queues, which letters.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/command.h"
#include "cli/dead_letter.h"
#include "cli/letter_scan.h"
#include "cli/output.h"
#include "client/connector.h"
#include "filter/filter.h"

namespace bb::cli {

struct DlqOptions {
  // Where.
  std::optional<std::string> service;
  std::optional<std::string> queue;
  std::optional<std::string> url;
  std::optional<std::string> http_url;
  std::optional<std::string> exchange;
  std::optional<std::chrono::milliseconds> timeout;
  // Which letters.
  std::optional<std::string> id;
  std::optional<filter::Filter> where;
  bool all = false;
  std::optional<std::uint64_t> limit;
  // Of edit.
  std::optional<std::string> file;
  bool permissive = false;
  bool skip_validation = false;
  std::optional<std::string> schemas;
  bool yes = false;
  OutputFormat format = OutputFormat::kText;
};

// The broker and the queues with dead letters.
struct DlqPlace {
  client::ConnectorOptions connector;
  std::chrono::milliseconds timeout{5000};  // for each wait; progress starts it anew
  std::vector<ScannedQueue> queues;         // in the order of their names
  bool is_named = false;                    // by the options, and so not by the broker
};

// kUsage for options that do not go together; the errors of the management API, which is asked
// where the options name no queue.
Result<DlqPlace> find_dlq_place(const DlqOptions& options);

// Says which letters are meant.
class LetterChoice {
 public:
  // `on_notice` is told of events that cannot be looked at, of the first few alone.
  explicit LetterChoice(std::function<void(const std::string&)> on_notice)
      : on_notice_(std::move(on_notice)) {}
  // The letters of --where, or all; notices are printed.
  static LetterChoice of(const DlqOptions& options);

  // Each narrows it; without any it is all of them.
  void only_id(std::string id) { id_ = std::move(id); }  // all of it
  void only_where(filter::Filter where) { where_ = std::move(where); }

  bool chooses(const DeadLetter& letter, std::string_view body);

 private:
  std::optional<std::string> id_;
  std::optional<filter::Filter> where_;
  std::function<void(const std::string&)> on_notice_;
  std::size_t notices_ = 0;
  filter::FilterScratch scratch_;
};

// kUsage unless exactly one of an ID, --all and --where says which letters.
Result<void> check_one_choice(const DlqOptions& options);
// kUsage for an id of which too little is given.
Result<void> check_id(const std::string& id);

// The options that every command of the group has, behind those of its own.
void add_place_options(Command& command, DlqOptions& options);
OptionSpec letter_argument(DlqOptions& options, bool required);
OptionSpec letters_where_option(DlqOptions& options);

}  // namespace bb::cli
