// `bb dlq edit`: an event is corrected and goes back to its queue.
#include <fmt/format.h>

#include <utility>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/ask.h"
#include "cli/dlq_change.h"
#include "cli/dlq_look.h"
#include "cli/input.h"
#include "cli/management_options.h"
#include "cli/publish_gate.h"
#include "cli/publish_highlight.h"
#include "cli/publish_plan.h"
#include "cli/schema_settings.h"
#include "cli/settings.h"
#include "cli/text_editor.h"

namespace bb::cli {
namespace {

PublishGate make_gate(const DlqOptions& options, const Settings& settings) {
  PublishGate::Options gate;
  gate.mode = options.skip_validation ? ValidationMode::kSkip
              : options.permissive    ? ValidationMode::kPermissive
                                      : ValidationMode::kStrict;
  gate.open_repository = [&] { return open_repository(settings, options.schemas); };
  gate.on_notice = [](const std::string& notice) { print_done(notice); };
  return PublishGate(std::move(gate));
}

// What the person is shown: the event on many lines, or what should have been one.
std::string text_to_edit(const FoundLetter& found) {
  const std::string& body = found.delivery.body;
  if (!found.letter.is_event) return body;
  if (parse_envelope(body)) return pretty_json(body) + "\n";
  const auto legacy = parse_any_envelope(body);
  return pretty_json(serialize(*legacy)) + "\n";
}

// The event of `text`, checked as `bb publish` does it.
Result<PlannedEvent> check_edited(const FoundLetter& found, const std::string& text,
                                  const std::string& name, PublishGate& gate) {
  PublishOptions publish;
  publish.envelope_file = name;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) {
    return fail(ErrorCode::kInvalidJson, fmt::format("{} is empty: nothing was done", name));
  }
  BB_TRY_ASSIGN(PlannedEvent event, plan_envelope(publish, {text, name}, std::nullopt, gate));
  const auto id = Uuid::parse(event.event_id);
  if (found.letter.is_event && id && id->to_string() != found.letter.id) {
    return fail(ErrorCode::kInvalidEnvelope,
                fmt::format("{} has another event_id than {}: an event that is corrected keeps its "
                            "own; 'bb publish --envelope-file' publishes a new one",
                            name, found.letter.id));
  }
  event.body = minify_json(text);
  return event;
}

// In an editor, again while the person wants to. Keeps the file when it fails after the first edit.
Result<PlannedEvent> edit_until_valid(const FoundLetter& found, EditedFile& file,
                                      const std::string& original, PublishGate& gate) {
  for (;;) {
    BB_TRY(file.edit());
    BB_TRY_ASSIGN(const std::string edited, file.read());
    if (edited == original) {
      return fail(ErrorCode::kFailure,
                  "the event was not changed: nothing was done; 'bb dlq retry' sends it back as it "
                  "is");
    }
    file.keep();
    auto event = check_edited(found, edited, file.path(), gate);
    if (event || !can_ask()) return event;
    report(event.error());
    BB_TRY(confirm("Edit it again?", false));
  }
}

Result<int> apply(DlqPlace place, const FoundLetter& found, PlannedEvent event) {
  std::erase_if(place.queues,
                [&](const ScannedQueue& queue) { return queue.name != found.letter.queue; });
  LetterChoice choice([](const std::string&) {});
  choice.only_id(found.letter.id);
  LetterChange change;
  change.choice = &choice;
  change.letter_id = found.letter.id;
  change.replacement = LetterChange::Replacement{found.delivery.body, std::move(event)};
  return run_change(place, change);
}

Result<int> edit(const DlqOptions& options) {
  BB_TRY(check_id(*options.id));
  BB_TRY_ASSIGN(DlqPlace place, find_dlq_place(options));
  BB_TRY_ASSIGN(const FoundLetter found, find_letter(place, *options.id));
  if (found.letter.origin.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("{} does not say which queue it failed in", found.letter.id));
  }
  const Settings settings = Settings::load();
  PublishGate gate = make_gate(options, settings);
  if (options.file) {
    BB_TRY_ASSIGN(const Input input, read_input(*options.file, kEventBytesMax));
    BB_TRY_ASSIGN(PlannedEvent event, check_edited(found, input.text, input.name, gate));
    return apply(std::move(place), found, std::move(event));
  }
  const std::string original = text_to_edit(found);
  BB_TRY_ASSIGN(EditedFile file, EditedFile::create(original, ".json"));
  const std::string hint =
      fmt::format("what you wrote is in {}: 'bb dlq edit {} --file {}' goes on with it",
                  file.path(), found.letter.id, file.path());
  // The letter is not held meanwhile: whatever the person does, it is in its queue.
  auto event = edit_until_valid(found, file, original, gate);
  if (!event) {
    const int exit_code = report(event.error());
    if (file.is_kept()) print_done(hint);
    return exit_code;
  }
  BB_TRY_ASSIGN(const int exit_code, apply(std::move(place), found, *std::move(event)));
  if (exit_code == kExitOk) {
    file.discard();
  } else {
    print_done(hint);
  }
  return exit_code;
}

}  // namespace

int run_dlq_edit(const DlqOptions& options) {
  const auto done = edit(options);
  return done ? *done : report(done.error());
}

}  // namespace bb::cli
