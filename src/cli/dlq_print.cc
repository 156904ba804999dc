// `bb dlq list`, `show` and `export`.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/display_text.h"
#include "cli/dlq_look.h"
#include "cli/event_printer.h"
#include "cli/management_options.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

constexpr std::uint64_t kDefaultLimit = 1000;
constexpr std::size_t kErrorWidthMin = 20;

std::string render_letters(const std::vector<DeadLetter>& letters, const DlqPlace& place) {
  const Terminal terminal = inspect_terminal(STDOUT_FILENO);
  Table table;
  table.columns = {{"ID"}, {"TYPE"}};
  const bool with_queue = place.queues.size() > 1;
  if (with_queue) table.columns.push_back({"QUEUE"});
  table.columns.insert(table.columns.end(),
                       {{"REASON"}, {"ATTEMPTS", true}, {"REDRIVES", true}, {"FAILED"}, {"ERROR"}});
  for (const DeadLetter& letter : letters) {
    std::vector<std::string> row{short_letter_id(letter.id),
                                 letter.is_event ? letter.event_type : "(not an event)"};
    if (with_queue) row.push_back(letter.queue);
    row.insert(row.end(), {letter.reason, std::to_string(letter.attempts),
                           std::to_string(letter.redrives), letter.failed_at, letter.error});
    table.rows.push_back(std::move(row));
  }
  if (terminal.width) {
    std::size_t used = 0;
    for (std::size_t i = 0; i + 1 < table.columns.size(); ++i) {
      std::size_t widest = table.columns[i].title.size();
      for (const auto& row : table.rows) widest = std::max(widest, row[i].size());
      used += widest + 2;
    }
    const std::size_t room = *terminal.width > used ? *terminal.width - used : 0;
    for (auto& row : table.rows) {
      // Escaped first: a cell is valid UTF-8 then.
      row.back() = shorten(escape_controls(row.back()), std::max(room, kErrorWidthMin));
    }
  }
  return render_table(table, terminal.colour);
}

Result<void> list_letters(const DlqOptions& options) {
  BB_TRY_ASSIGN(const DlqPlace place, find_dlq_place(options));
  const std::uint64_t limit = options.limit.value_or(kDefaultLimit);
  LetterChoice choice = LetterChoice::of(options);
  std::vector<DeadLetter> letters;
  std::uint64_t listed = 0;
  bool more = false;
  LetterVisitor visitor;
  visitor.visit = [&](const DeadLetter& letter, const client::Delivery& delivery,
                      std::string& output) -> Result<bool> {
    if (!choice.chooses(letter, delivery.body)) return true;
    if (listed == limit) {
      more = true;
      return false;
    }
    ++listed;
    switch (options.format) {
      case OutputFormat::kText:
        letters.push_back(letter);
        break;
      case OutputFormat::kJson:
        output += (listed == 1 ? "[\n" : ",\n") + letter_json(letter);
        break;
      case OutputFormat::kNdjson:
        output += letter_json(letter) + "\n";
        break;
    }
    return true;
  };
  BB_TRY_ASSIGN(const LookReport report, run_look(place, visitor));
  if (report.reader_gone) return {};
  if (listed == 0) say_no_letters(place, report.waiting);
  if (options.format == OutputFormat::kJson) {
    BB_TRY(write_all(STDOUT_FILENO, listed == 0 ? "[]\n" : "\n]\n"));
  } else if (options.format == OutputFormat::kText && listed > 0) {
    BB_TRY(write_all(STDOUT_FILENO, render_letters(letters, place)));
  }
  if (more) print_done("there are more; --limit N shows more of them");
  return {};
}

Result<void> show_letter(const DlqOptions& options) {
  BB_TRY(check_id(*options.id));
  BB_TRY_ASSIGN(const DlqPlace place, find_dlq_place(options));
  BB_TRY_ASSIGN(const FoundLetter found, find_letter(place, *options.id));
  std::string text;
  if (options.format == OutputFormat::kText) {
    text = whole_letter_text(found.letter, found.delivery);
  } else {
    text = whole_letter_json(found.letter, found.delivery) + "\n";
  }
  BB_TRY(write_all(STDOUT_FILENO, text));
  return {};
}

struct Exported {
  std::size_t events = 0;
  std::size_t others = 0;  // are no events
};

Result<Exported> export_letters(const DlqOptions& options) {
  BB_TRY_ASSIGN(const DlqPlace place, find_dlq_place(options));
  LetterChoice choice = LetterChoice::of(options);
  EventPrinter printer(OutputFormat::kNdjson, inspect_terminal(STDOUT_FILENO));
  Exported exported;
  LetterVisitor visitor;
  visitor.visit = [&](const DeadLetter& letter, const client::Delivery& delivery,
                      std::string& output) -> Result<bool> {
    if (!choice.chooses(letter, delivery.body)) return true;
    if (!letter.is_event) {
      ++exported.others;
      return true;
    }
    ++exported.events;
    output += printer.render({letter.routing_key, std::nullopt, delivery.body}).output;
    return true;
  };
  BB_TRY_ASSIGN(const LookReport report, run_look(place, visitor));
  if (exported.events == 0 && exported.others == 0) say_no_letters(place, report.waiting);
  return exported;
}

}  // namespace

int run_dlq_list(const DlqOptions& options) {
  return exit_code_of(list_letters(options));
}

int run_dlq_show(const DlqOptions& options) {
  return exit_code_of(show_letter(options));
}

int run_dlq_export(const DlqOptions& options) {
  const auto exported = export_letters(options);
  if (!exported) return report(exported.error());
  if (exported->others == 0) return kExitOk;
  print_warning(
      fmt::format("{} no events and not exported: 'bb dlq list' tells, 'bb dlq show' has "
                  "them",
                  exported->others == 1 ? "1 dead letter is"
                                        : fmt::format("{} dead letters are", exported->others)));
  return kExitPartial;
}

}  // namespace bb::cli
