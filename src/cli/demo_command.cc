#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/demo_bus.h"
#include "cli/demo_run.h"
#include "cli/display_text.h"
#include "cli/http_link_store.h"
#include "cli/input.h"
#include "cli/latency.h"
#include "cli/output.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "cli/trace.h"
#include "cli/trace_text.h"

namespace bb::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kStartTimeout{10'000};
constexpr std::chrono::milliseconds kPlayTimeout{60'000};

fs::path own_executable() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "bb" : path;
}

// The recording that is part of the sources: from their folder, or from a build below it.
Result<std::string> find_session() {
  const fs::path recording = fs::path("examples") / "voice" / "session.jsonl";
  for (const fs::path& path :
       {recording, own_executable().parent_path() / ".." / ".." / recording}) {
    std::error_code error;
    if (fs::exists(path, error)) return path.lexically_normal().string();
  }
  return fail(ErrorCode::kIo,
              "the recorded session is not here: run this in the folder of Bloodbank's sources, or "
              "name one with --session FILE");
}

Result<std::vector<SessionEvent>> load_session(const std::optional<std::string>& flag_value) {
  std::string path = flag_value.value_or("");
  if (!flag_value) {
    BB_TRY_ASSIGN(path, find_session());
  }
  BB_TRY_ASSIGN(const Input input, read_input(path, kSessionBytesMax));
  auto events = parse_session(input.text);
  if (!events) {
    return fail(events.error().code, fmt::format("{} is not a recorded session: {}", input.name,
                                                 events.error().message));
  }
  return events;
}

// What the user sees. Once nobody reads it any more, the rest is not written.
class Screen {
 public:
  Screen() : terminal_(inspect_terminal(STDOUT_FILENO)) {}

  void print(const std::string& text) {
    if (closed_) return;
    const auto written = write_all(STDOUT_FILENO, text);
    if (!written) print_error(written.error().message);
    closed_ = !written || *written == Written::kReaderGone;
    failed_ = failed_ || !written;
  }

  // Partial segments are grey, what is final stands out.
  void print_event(const SessionEvent& event, std::chrono::milliseconds at) {
    const std::string speaker =
        event.speaker.empty() && event.event_type.starts_with("tonny.") ? "tonny" : event.speaker;
    const std::string text = event.text.empty() ? minify_json(event.payload) : event.text;
    std::string line =
        fmt::format("{:6.2f}s  {:<29}  {:<6}  {}", static_cast<double>(at.count()) / 1000,
                    event.event_type, escape_controls(speaker), escape_controls(text));
    if (terminal_.width) line = shorten(line, *terminal_.width);
    const Style style = event.is_final == false ? Style::kDim : Style::kBold;
    print(paint(line, style, terminal_.colour) + "\n");
  }

  bool failed() const { return failed_; }
  const Terminal& terminal() const { return terminal_; }

 private:
  Terminal terminal_;
  bool closed_ = false;
  bool failed_ = false;
};

std::string milliseconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.2f} ms", static_cast<double>(time.count()) / 1e6);
}

std::string summary(const DemoReport& report) {
  std::string text =
      fmt::format("\npublished {}, confirmed {}, received {}, acknowledged {}\n", report.published,
                  report.confirmed, report.received, report.acknowledged);
  if (!report.latencies.empty()) {
    text += fmt::format("publish to receive: median {}, 99th percentile {}\n",
                        milliseconds(percentile(report.latencies, 50)),
                        milliseconds(percentile(report.latencies, 99)));
  }
  return text;
}

std::string next_steps() {
  const std::string bb = own_executable().string();
  return fmt::format(
      "\n"
      "What to type next, each in a terminal of its own:\n"
      "  {0} serve\n"
      "  {0} subscribe '#'\n"
      "  {0} publish llm.prompt --json '{{\"prompt\":\"hello\"}}'\n"
      "  {0} help\n",
      bb);
}

// What `bb trace` draws of it.
Result<void> print_dialogue(const std::string& http_url, const Uuid& event, Screen& screen) {
  BB_TRY_ASSIGN(client::HttpUrl url, client::parse_http_url(http_url));
  url.user = url.password = "guest";
  HttpLinkStore store(ManagementClient(std::move(url), kStartTimeout));
  Runner runner;
  const auto direction = correlation::Direction::kLineage;
  BB_TRY_ASSIGN(correlation::Graph graph,
                runner.run(store.walk(event, direction, correlation::WalkLimits()),
                           Deadline::in(kStartTimeout)));
  std::vector<Uuid> ids;
  for (const auto& each : graph.events) ids.push_back(each.id);
  BB_TRY_ASSIGN(std::vector<std::string> bodies, store.bodies(ids));
  TraceTextOptions options;
  options.terminal = screen.terminal();
  screen.print("\nWhat led to one answer (bb trace):\n\n" +
               render_tree(Trace(event, std::move(graph), std::move(bodies)), options));
  return {};
}

Result<DemoReport> play_on_own_bus(std::vector<SessionEvent> events, Screen& screen) {
  // In this order: the loop, and with it the connections, goes before the bus.
  BB_TRY_ASSIGN(const std::unique_ptr<DemoBus> bus, DemoBus::start());
  DemoJob job;
  Result<DemoReport> report;
  {
    Runner runner;
    runner.catch_signals();
    BB_TRY_ASSIGN(const DemoBus::Urls urls,
                  runner.run(bus->wait_until_listening(), Deadline::in(kStartTimeout)));
    screen.print(
        fmt::format("a bus listens on {}; a voice session goes through it\n\n", urls.amqp));
    BB_TRY_ASSIGN(job.url, amqp::parse_url(urls.amqp));
    job.exchange = kDefaultExchange;
    job.events = std::move(events);
    job.on_received = [&screen](const SessionEvent& event, std::chrono::milliseconds at) {
      screen.print_event(event, at);
    };
    report = runner.run(play_session(job), Deadline::in(kPlayTimeout));
    if (report && report->complete(job.events.size())) {
      screen.print(summary(*report));
      // As the bus takes it from the environment.
      BB_TRY_ASSIGN(const bool is_tracked, Settings::load().correlation_tracking(std::nullopt));
      if (report->dialogue && is_tracked) {
        BB_TRY(print_dialogue(urls.http, *report->dialogue, screen));
      }
    }
  }
  if (report) {
    BB_TRY(bus->stop());
  }
  return report;
}

int run_demo(const std::optional<std::string>& session) {
  auto events = load_session(session);
  if (!events) return report(events.error());
  const std::size_t count = events->size();
  Screen screen;
  const auto played = play_on_own_bus(*std::move(events), screen);
  if (!played) return report(played.error());
  if (!played->complete(count)) {
    screen.print(summary(*played));
    print_error(
        fmt::format("{} events should have been published, confirmed, received and "
                    "acknowledged once each",
                    count));
    return kExitFailure;
  }
  screen.print(next_steps());
  return screen.failed() ? kExitFailure : kExitOk;
}

}  // namespace

Command demo_command() {
  const auto session = std::make_shared<std::optional<std::string>>();
  Command command;
  command.name = "demo";
  command.summary = "Watch a recorded voice session go through a bus of its own";
  command.description =
      "Starts a bus on a free port with a temporary data directory, subscribes to it, publishes a "
      "recorded voice session in a few seconds and shows its events arriving. Then it prints how "
      "many events were published, confirmed, received and acknowledged, how long they took, what "
      "led to one of the answers, and what to type next. The bus and its data are gone "
      "afterwards.\n"
      "\n"
      "Exit codes: 0 when every event came through, 1 when one did not.";
  command.examples =
      "  bb demo\n"
      "  bb demo --session examples/voice/session.jsonl\n";
  command.options = {
      text_option("--session", "FILE", *session,
                  "The session: one event a line, with event_type, offset_ms and payload (default "
                  "examples/voice/session.jsonl)",
                  ValueKind::kFile),
  };
  command.run = [session] { return run_demo(*session); };
  return command;
}

}  // namespace bb::cli
