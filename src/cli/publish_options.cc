#include "cli/publish_options.h"

#include <cstdlib>
#include <functional>
#include <limits>
#include <utility>

#include "base/try.h"
#include "cli/schema_settings.h"

namespace bb::cli {
namespace {

constexpr std::string_view kDescription =
    "Wraps a payload in an event envelope and publishes it to the exchange, which is made if it "
    "is not there, with the event type as the routing key. Prints the event's id on standard "
    "output as soon as the broker has confirmed it.\n"
    "\n"
    "The payload comes from exactly one of --payload-file, --json and --mock; or ready-made "
    "envelopes come from one of --envelope-file and --envelope-json. All are checked before the "
    "first one is published, and of several, ids are printed one a line. What 'bb subscribe -o "
    "ndjson' prints, 'bb publish --envelope-file -' reads back.\n"
    "\n"
    "Each payload is validated against the schema of its event type, and nothing is published "
    "unless it is valid. An event type without a schema is refused; --permissive-validation lets "
    "it through. EVENT_TYPE may have fields of the payload in it: artifact.{action} is "
    "artifact.created for a payload with \"action\": \"created\".\n"
    "\n"
    "In bulk, --jsonl FILE publishes one payload a line, or with --envelopes one envelope a line, "
    "in order and while it is read, many waiting for their confirms at a time. Empty lines are "
    "left out; a line has at most 16 MiB. At the first line that is not valid, publishing ends "
    "(nothing after it is sent, what was sent is waited for), or with --on-error skip goes on. "
    "Standard output stays empty unless --print-ids or -o ndjson asks for the events; the counts "
    "come on standard error.\n"
    "\n"
    "When no broker takes them, the events go to the spool in the data directory, and leave it in "
    "order once one has confirmed them: by the next 'bb publish', or by 'bb spool flush'. In bulk "
    "that is what was not confirmed when the broker was lost, and all lines until it is found "
    "again: it is looked for once a second, and at the end.\n"
    "\n"
    "Exit codes: 0 published, 1 a schema that is broken, a disk or spool that is full, 3 some of "
    "several events were published and some failed, 4 wrong credentials, 5 not JSON, not an "
    "event, not valid, or without a schema (and nothing was published), 6 no queue received it, 7 "
    "broker unreachable, or lost: the events are in the spool, 130 interrupted.";

constexpr std::string_view kExamples =
    "  bb publish llm.prompt --mock\n"
    "  bb publish hello.world --json '{\"text\":\"hello\"}' --permissive-validation\n"
    "  echo '{\"text\":\"hello\"}' | bb publish hello.world --json - --skip-validation\n"
    "  id=$(bb publish agent.thread.prompt --mock --source-type agent)\n"
    "  bb publish agent.thread.response --mock -c \"$id\"\n"
    "  bb publish llm.prompt --mock -q\n"
    "  bb publish llm.response --mock -c @last\n"
    "  bb publish llm.prompt --mock --dry-run | bb publish --envelope-file -\n"
    "  bb publish llm.prompt --mock --dry-run | bb publish --jsonl - --envelopes\n";

OptionSpec uuid_option(std::string_view names, std::function<void(const Uuid&)> accept,
                       std::string help) {
  OptionSpec spec;
  spec.names = split_names(names);
  spec.value_name = "UUID";
  spec.help = std::move(help);
  spec.accept = [accept = std::move(accept)](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(const Uuid id, Uuid::parse(value));
    accept(id);
    return {};
  };
  return spec;
}

std::vector<OptionSpec> payload_options(PublishOptions& plan) {
  return {
      text_option(
          "EVENT_TYPE", "EVENT_TYPE", plan.event_type,
          "What happened, and the routing key: <domain>.<entity>.<action>; with an envelope "
          "it may be left out",
          ValueKind::kEventType),
      text_option("--payload-file", "FILE", plan.payload_file,
                  "Take the payload, a JSON object, from FILE; - is standard input",
                  ValueKind::kFile),
      text_option("--json", "JSON", plan.json,
                  "Take the payload as it is, from @FILE, or with - from standard input",
                  ValueKind::kInlineOrFile),
      flag("--mock", plan.mock, "Take the first example in the event type's schema as the payload"),
      text_option("--envelope-file", "FILE", plan.envelope_file,
                  "Publish the envelope in FILE, or each of several one after another, exactly as "
                  "it is; - is standard input",
                  ValueKind::kFile),
      text_option("--envelope-json", "JSON", plan.envelope_json, "Publish this envelope"),
      text_option("--jsonl", "FILE", plan.lines_file,
                  "In bulk: publish each line of FILE, a payload; - is standard input",
                  ValueKind::kFile),
      flag("--envelopes", plan.envelopes, "The lines of --jsonl are envelopes"),
  };
}

std::vector<OptionSpec> bulk_options(PublishCommandOptions& options) {
  return {
      choice_option(
          "--on-error", {"stop", "skip"},
          [&options](const std::string& name) { options.skip_bad_lines = name == "skip"; },
          "In bulk, what to do at a line that is not valid (default stop)"),
      flag("--print-ids", options.print_ids, "In bulk, print the id of each published event"),
  };
}

std::vector<OptionSpec> validation_options(PublishCommandOptions& options) {
  return {
      flag("--permissive-validation", options.permissive,
           "Publish an event type that has no schema; one that has a schema is validated"),
      flag("--skip-validation", options.skip_validation, "Validate no payload"),
      number_option("--schema-version", 1, std::numeric_limits<std::uint32_t>::max(),
                    options.schema_version,
                    "Validate against this version of the schema (default the newest)"),
      schemas_option(options.schemas),
  };
}

OptionSpec cause_option(std::vector<Cause>& causes) {
  OptionSpec spec;
  spec.names = split_names("-c,--correlation-id");
  spec.value_name = "UUID";
  spec.help =
      "An event that caused this one; @last is the one that was published last from this terminal "
      "or script, - those whose ids (or events as JSON) are on standard input";
  spec.repeatable = true;
  spec.accept = [&causes](const std::string& value) -> Result<void> {
    BB_TRY_ASSIGN(Cause cause, parse_cause(value));
    causes.push_back(cause);
    return {};
  };
  return spec;
}

std::vector<OptionSpec> envelope_options(PublishCommandOptions& options) {
  PublishOptions& plan = options.plan;
  return {
      uuid_option(
          "--event-id", [&plan](const Uuid& id) { plan.event_id = id; },
          "The event's id (default a new one)"),
      cause_option(options.causes),
      choice_option(
          "--source-type", {"manual", "agent", "scheduled", "file_watch", "hook"},
          [&plan](const std::string& name) {
            if (const auto type = parse_source_type(name)) plan.source_type = *type;
          },
          "What kind of thing emits it (default manual)"),
      text_option("--source-app", "NAME", plan.source_app, "The program that emits it"),
      text_option("--source-host", "NAME", plan.source_host,
                  "The machine that emits it (default this machine's name)"),
  };
}

std::vector<OptionSpec> other_options(PublishCommandOptions& options) {
  return {
      flag("--dry-run", options.dry_run, "Check, print the envelope, and connect to nothing"),
      choice_option(
          "-o,--output", {"text", "json", "ndjson"},
          [&options](const std::string& name) { options.json_output = name != "text"; },
          "Print the id alone (text, the default), or one object an event (json, ndjson)"),
      flag("-q,--quiet", options.quiet, "No summary and no progress on standard error"),
      duration_option(
          "--timeout", options.timeout,
          "How long to wait for the broker, and then for each further confirm while nothing is "
          "being sent (default 5s)"),
      choice_option(
          "--spool", {"auto", "always", "never"},
          [&options](const std::string& name) {
            options.spool = name == "always"  ? SpoolMode::kAlways
                            : name == "never" ? SpoolMode::kNever
                                              : SpoolMode::kAuto;
          },
          "Keep the events in the spool, on this machine's disk, when no broker takes them (auto, "
          "the default) or at once (always)"),
      flag(
          "--fail-open", options.fail_open,
          "For hooks: end with 0 once the events are with the broker or in the spool, whatever the "
          "broker says, and within --deadline"),
      duration_option("--deadline", options.deadline,
                      "How long --fail-open may take in all (default 2s)"),
      text_option("--data-dir", "DIR", options.data_dir,
                  "Where the spool is (default $BB_DATA_DIR, else ~/.local/state/bloodbank)",
                  ValueKind::kDirectory),
      url_option(options.url),
      choice_option(
          "--cloudevents", {"binary", "structured"},
          [&options](const std::string& name) {
            options.plan.dress.form =
                name == "binary" ? EventForm::kCloudEventBinary : EventForm::kCloudEventStructured;
          },
          "Publish as CloudEvents: attributes in headers and the payload alone as the body "
          "(binary), or one JSON object (structured)"),
      text_option("--traceparent", "TEXT", options.traceparent,
                  "The trace of W3C Trace Context that this belongs to (default $TRACEPARENT); the "
                  "event carries a step of its own in its headers"),
      text_option("--tracestate", "TEXT", options.tracestate,
                  "What goes with it (default $TRACESTATE)"),
      exchange_option(options.exchange),
  };
}

void append(std::vector<OptionSpec>& target, std::vector<OptionSpec> more) {
  for (OptionSpec& spec : more) target.push_back(std::move(spec));
}

}  // namespace

Result<std::optional<event::TraceContext>> find_trace(const PublishCommandOptions& options) {
  const auto of_environment = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (options.tracestate && !event::is_tracestate(*options.tracestate)) {
    return fail(ErrorCode::kUsage,
                "--tracestate is none of W3C Trace Context: it is meant to be like "
                "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE, of 512 bytes at most");
  }
  if (!options.traceparent) {
    auto trace = event::parse_trace_context(
        of_environment("TRACEPARENT"), options.tracestate.value_or(of_environment("TRACESTATE")));
    if (trace || !options.tracestate || options.tracestate->empty()) return trace;
    return fail(ErrorCode::kUsage,
                "--tracestate goes with a trace, and there is none: --traceparent or $TRACEPARENT "
                "says which");
  }
  auto trace = event::parse_trace_context(*options.traceparent, options.tracestate.value_or(""));
  if (trace) return trace;
  return fail(ErrorCode::kUsage,
              "--traceparent is none of W3C Trace Context: it is meant to be like "
              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

Result<void> check_command_options(const PublishCommandOptions& options) {
  PublishOptions plan = options.plan;
  // There is one: which, does not count.
  if (!options.causes.empty()) plan.correlation_ids.emplace_back();
  BB_TRY(check_options(plan));
  const bool payload_from_input =
      plan.payload_file == "-" || plan.json == "-" || plan.lines_file == "-";
  if (payload_from_input && needs_standard_input(options.causes)) {
    return fail(ErrorCode::kUsage, "-c - and the payload cannot both come from standard input");
  }
  if (options.permissive && options.skip_validation) {
    return fail(ErrorCode::kUsage,
                "--permissive-validation and --skip-validation do not go together; see 'bb help "
                "publish'");
  }
  if (options.skip_validation && options.schema_version && !options.plan.mock) {
    return fail(ErrorCode::kUsage,
                "--schema-version does not go with --skip-validation; see 'bb help publish'");
  }
  if (options.deadline && !options.fail_open) {
    return fail(ErrorCode::kUsage, "--deadline is that of --fail-open; --timeout is the other one");
  }
  if (options.fail_open && options.spool == SpoolMode::kNever) {
    return fail(ErrorCode::kUsage, "--fail-open needs the spool, which --spool never rules out");
  }
  if (options.plan.lines_file && options.fail_open) {
    return fail(
        ErrorCode::kUsage,
        "--fail-open has a deadline, which --jsonl, that publishes for as long as there are "
        "lines, cannot keep");
  }
  if (!options.plan.lines_file && (options.skip_bad_lines || options.print_ids)) {
    return fail(ErrorCode::kUsage,
                "--on-error and --print-ids go with --jsonl; see 'bb help "
                "publish'");
  }
  return {};
}

Command describe_publish(const std::shared_ptr<PublishCommandOptions>& options) {
  Command command;
  command.name = "publish";
  command.summary = "Publish an event, and print its id once the broker has confirmed it";
  command.description = kDescription;
  command.examples = kExamples;
  append(command.options, payload_options(options->plan));
  append(command.options, validation_options(*options));
  append(command.options, envelope_options(*options));
  append(command.options, bulk_options(*options));
  append(command.options, other_options(*options));
  return command;
}

}  // namespace bb::cli
