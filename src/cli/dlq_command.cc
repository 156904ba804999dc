#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/dlq_change.h"
#include "cli/dlq_look.h"
#include "cli/dlq_options.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

using OptionsPointer = std::shared_ptr<DlqOptions>;

OptionSpec format_option(DlqOptions& options) {
  return choice_option(
      "-o,--output", {"text", "json", "ndjson"},
      [&options](const std::string& name) {
        options.format = name == "json"     ? OutputFormat::kJson
                         : name == "ndjson" ? OutputFormat::kNdjson
                                            : OutputFormat::kText;
      },
      "How to print it (default text)");
}

Command dlq_subcommand(std::string name, std::string summary, std::string description,
                       std::string examples, const OptionsPointer& options,
                       std::vector<OptionSpec> specs, int (*run)(const DlqOptions&)) {
  Command command;
  command.name = std::move(name);
  command.summary = std::move(summary);
  command.description = std::move(description);
  command.examples = std::move(examples);
  command.options = std::move(specs);
  add_place_options(command, *options);
  command.run = [options, run] { return run(*options); };
  return command;
}

Command list_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand(
      "list", "List dead letters",
      "Lists dead letters, the oldest of each queue first: the end of the id, the event type, why "
      "it was given up, after how many attempts, how often it was sent back, when it failed last, "
      "and with what.\n"
      "\n"
      "They stay where they are, and in their order. While they are read nobody else gets them; "
      "afterwards they are marked as delivered before.",
      "  bb dlq\n"
      "  bb dlq list --service greeter\n"
      "  bb dlq list --where 'payload.user == 7' -o ndjson | jq -r .error\n",
      options,
      {letters_where_option(*options),
       number_option("--limit", 1, UINT64_MAX, options->limit, "At most N of them (default 1000)"),
       format_option(*options)},
      run_dlq_list);
}

Command show_letter_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand("show", "Show one dead letter and its event",
                        "Shows what is known of a dead letter, and the whole event. With -o json "
                        "it has all of its headers too.",
                        "  bb dlq show 0c3a9e51\n"
                        "  bb dlq show 0c3a9e51 -o json | jq .event.payload\n",
                        options, {letter_argument(*options, true), format_option(*options)},
                        run_dlq_show);
}

Command retry_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand(
      "retry", "Send dead letters back to the queue they failed in",
      "Sends dead letters back to the queue of their service, where they have all their attempts "
      "again; the header bb-redrives counts how often. Each leaves the dead letters once the "
      "broker has confirmed that the queue has it: what is interrupted loses none, and may leave "
      "one in both. Letters that arrive meanwhile are left alone.\n"
      "\n"
      "Exit codes: 0 all that were meant are back, or there are none, 1 there is no such letter, 3 "
      "some are back, 6 the queue they failed in is gone, 7 broker unreachable.",
      "  bb dlq retry 0c3a9e51\n"
      "  bb dlq retry --service greeter --all\n"
      "  bb dlq retry --where \"event_type == 'llm.prompt' and payload.user == 7\"\n",
      options,
      {letter_argument(*options, false), flag("--all", options->all, "All of them"),
       letters_where_option(*options)},
      run_dlq_retry);
}

Command edit_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand(
      "edit", "Correct the event of a dead letter and send it back",
      "Opens the event in $VISUAL or $EDITOR. What is saved is checked as 'bb publish' checks it, "
      "and takes the place of the dead letter in the queue of its service. The event keeps its id. "
      "Nothing is done if nothing is changed, or the editor does not end with 0; what is not valid "
      "is kept in its file. Until then the dead letter stays where it is.\n"
      "\n"
      "Exit codes: as of 'retry', and 1 nothing was changed, 5 it is not valid.",
      "  bb dlq edit 0c3a9e51\n"
      "  EDITOR='code --wait' bb dlq edit 0c3a9e51 --permissive-validation\n"
      "  bb dlq edit 0c3a9e51 --file corrected.json\n",
      options,
      {letter_argument(*options, true),
       text_option("--file", "FILE", options->file,
                   "Take the corrected event from FILE, without an editor; - is standard input",
                   ValueKind::kFile),
       flag("--permissive-validation", options->permissive,
            "Take an event type that has no schema; one that has a schema is validated"),
       flag("--skip-validation", options->skip_validation, "Do not validate the payload"),
       schemas_option(options->schemas)},
      run_dlq_edit);
}

Command drop_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand(
      "drop", "Throw dead letters away",
      "Removes dead letters for good, after asking. 'bb dlq export' keeps a copy.",
      "  bb dlq drop 0c3a9e51\n"
      "  bb dlq drop --service greeter --all --yes\n",
      options,
      {letter_argument(*options, false), flag("--all", options->all, "All of them"),
       letters_where_option(*options),
       flag("-y,--yes", options->yes, "Do it without asking; needed where there is no terminal")},
      run_dlq_drop);
}

Command export_command() {
  const auto options = std::make_shared<DlqOptions>();
  return dlq_subcommand(
      "export", "Print the events of dead letters",
      "Prints the events, an envelope a line, which 'bb publish --envelope-file -' reads back. "
      "They "
      "stay where they are. What is no event is not printed; the exit code is 3 then.",
      "  bb dlq export > dead.ndjson\n"
      "  bb dlq export --service greeter --where 'payload.user == 7' > dead.ndjson\n",
      options, {letters_where_option(*options)}, run_dlq_export);
}

}  // namespace

Command dlq_command() {
  Command group = command_group(
      "dlq", "Dead letters: events that a service failed to handle",
      "Dead letters are events that a service gave up, in the queue of the service's with .dlq at "
      "its end. Without --service or --queue it is those of all such queues of the virtual host, "
      "which the management API knows.",
      {list_command(), show_letter_command(), retry_command(), edit_command(), drop_command(),
       export_command()});
  group.default_subcommand = "list";
  return group;
}

}  // namespace bb::cli
