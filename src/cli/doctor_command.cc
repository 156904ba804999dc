#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/try.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/doctor_checks.h"
#include "cli/json_text.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

constexpr std::chrono::milliseconds kDefaultTimeout{5000};

struct Options {
  bool json_output = false;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::string> url;
  std::optional<std::string> exchange;
};

std::string_view mark_of(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return "ok";
    case CheckStatus::kFailed:
      return "fail";
    case CheckStatus::kSkipped:
      return "skip";
  }
  return "";
}

std::string render_text(const CheckResult& result, bool colour) {
  const Style style = result.status == CheckStatus::kOk       ? Style::kGreen
                      : result.status == CheckStatus::kFailed ? Style::kRed
                                                              : Style::kYellow;
  std::string line = fmt::format("{}  {:<13}  {}",
                                 paint(fmt::format("{:<4}", mark_of(result.status)), style, colour),
                                 result.name, escape_controls(result.detail));
  if (result.latency) {
    line += fmt::format(" ({:.1f} ms)", static_cast<double>(result.latency->count()) / 1000);
  }
  line += '\n';
  if (!result.advice.empty()) {
    line += fmt::format("{:21}{}\n", "",
                        paint("to do: " + escape_controls(result.advice), Style::kBold, colour));
  }
  return line;
}

std::string render_json(const CheckResult& result) {
  std::string object =
      fmt::format("{{\"check\":{},\"status\":\"{}\",\"detail\":{}", quote_json(result.name),
                  mark_of(result.status), quote_json(result.detail));
  if (result.latency) object += fmt::format(",\"latency_us\":{}", result.latency->count());
  if (result.status == CheckStatus::kFailed) {
    object += fmt::format(",\"error\":{}", quote_json(error_info(result.code).name));
  }
  if (!result.advice.empty()) object += fmt::format(",\"advice\":{}", quote_json(result.advice));
  return object + "}";
}

// Prints results as they come (text), or all of them at the end (json).
class Report {
 public:
  explicit Report(bool json_output)
      : json_output_(json_output), colour_(inspect_terminal(STDOUT_FILENO).colour) {}

  void add(const CheckResult& result) {
    if (result.status == CheckStatus::kFailed && !first_failure_) first_failure_ = result.code;
    if (json_output_) {
      checks_ += (checks_.empty() ? "" : ",\n    ") + render_json(result);
    } else {
      print(render_text(result, colour_));
    }
  }

  int finish() {
    if (json_output_) {
      print(fmt::format("{{\n  \"ok\": {},\n  \"checks\": [\n    {}\n  ]\n}}\n",
                        first_failure_ ? "false" : "true", checks_));
    }
    if (first_failure_) return error_info(*first_failure_).exit_code;
    return exit_code_;
  }

 private:
  void print(const std::string& text) {
    if (exit_code_ == kExitOk) exit_code_ = print_result(text);
  }

  bool json_output_;
  bool colour_;
  std::string checks_;
  std::optional<ErrorCode> first_failure_;
  int exit_code_ = kExitOk;
};

std::string name_origin(std::string_view variable, std::string_view flag_name, Origin origin) {
  switch (origin) {
    case Origin::kFlag:
      return fmt::format("from {}", flag_name);
    case Origin::kEnvironment:
      return fmt::format("from {} in the environment", variable);
    case Origin::kDotEnv:
      return fmt::format("from {} in .env", variable);
    case Origin::kDefault:
      return fmt::format("the default; {} is not set", variable);
  }
  return "";
}

CheckResult failed_setting(std::string name, const Error& error, std::string advice) {
  CheckResult result;
  result.name = std::move(name);
  result.status = CheckStatus::kFailed;
  result.detail = error.message;
  result.code = error.code;
  result.advice = std::move(advice);
  return result;
}

CheckResult url_result(const amqp::Url& url, const std::string& origin) {
  CheckResult result;
  result.name = "URL";
  result.detail = fmt::format("{} ({})", url.redacted(), origin);
  return result;
}

int run_doctor(const Options& options) {
  const Settings settings = Settings::load();
  Report report(options.json_output);

  const Setting url_setting = settings.url(options.url);
  const std::string url_origin = name_origin("RABBIT_URL", "--url", url_setting.origin);
  const auto urls = amqp::parse_urls(url_setting.value);
  if (!urls) {
    report.add(failed_setting(
        "URL", {urls.error().code, fmt::format("{} ({})", urls.error().message, url_origin)},
        "write it as amqp://USER:PASSWORD@HOST:PORT/VHOST"));
  } else if (urls->size() == 1) {
    report.add(url_result(urls->front(), url_origin));
  }
  const auto exchange = settings.exchange(options.exchange);
  if (!exchange) {
    report.add(
        failed_setting("exchange name", exchange.error(), "set EXCHANGE_NAME or --exchange"));
  } else {
    report.add({.name = "exchange name",
                .detail = fmt::format("{} ({})", exchange->value,
                                      name_origin("EXCHANGE_NAME", "--exchange", exchange->origin)),
                .advice = {},
                .latency = {}});
  }
  if (!urls || !exchange) return report.finish();
  for (const amqp::Url& url : *urls) {
    // Of several each is told before what was found there.
    if (urls->size() > 1) report.add(url_result(url, url_origin));
    check_broker(url, exchange->value, options.timeout.value_or(kDefaultTimeout),
                 [&report](const CheckResult& result) { report.add(result); });
  }
  return report.finish();
}

}  // namespace

Command doctor_command() {
  const auto options = std::make_shared<Options>();
  Command command;
  command.name = "doctor";
  command.summary = "Check the way to the broker, step by step";
  command.description =
      "Checks the settings, the connection, the broker's certificate with TLS, the exchange and "
      "its "
      "kind, whether a queue can be made, and whether a test message comes back. The test message "
      "goes to a queue of its own, so "
      "nobody else sees it. Each failure says what to do about it. Of several URLs each is "
      "checked.\n"
      "\n"
      "Exit codes: 0 when all is well, else that of the first failure: 2 for a URL that is none, 4 "
      "wrong credentials, 7 broker unreachable.";
  command.examples =
      "  bb doctor\n"
      "  bb doctor --url amqp://guest:guest@localhost:5672/ -o json\n";
  command.options = {
      choice_option(
          "-o,--output", {"text", "json"},
          [options](const std::string& name) { options->json_output = name == "json"; },
          "A line a check (text, the default), or one object (json)"),
      duration_option("--timeout", options->timeout,
                      "How long to wait for each answer (default 5s)"),
      url_option(options->url),
      exchange_option(options->exchange),
  };
  command.run = [options] { return run_doctor(*options); };
  return command;
}

}  // namespace bb::cli
