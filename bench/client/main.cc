// client_bench MODE [--url URL]... [--NAME VALUE]...: what client.py measures the client with.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "modes.h"

int main(int argc, char** argv) {
  using bb::bench::Job;
  const std::map<std::string, int (*)(const Job&)> modes{
      {"publish", bb::bench::publish},    {"rabbitmq-c", bb::bench::publish_by_rabbitmq_c},
      {"receive", bb::bench::receive},    {"handle", bb::bench::handle},
      {"latency", bb::bench::latency},    {"stall", bb::bench::stall},
      {"reconnect", bb::bench::reconnect}};
  const auto mode = argc < 2 ? modes.end() : modes.find(argv[1]);
  if (mode == modes.end() || argc % 2 != 0) {
    std::fputs("usage: client_bench MODE [--url URL]... [--NAME VALUE]...\n", stderr);
    return 2;
  }
  Job job;
  const std::map<std::string, std::function<void(const char*)>> options{
      {"--url", [&](const char* text) { job.urls.emplace_back(text); }},
      {"--exchange", [&](const char* text) { job.exchange = text; }},
      {"--queue", [&](const char* text) { job.queue = text; }},
      {"--count", [&](const char* text) { job.count = std::strtoull(text, nullptr, 10); }},
      {"--window", [&](const char* text) { job.window = std::strtoull(text, nullptr, 10); }},
      {"--bytes", [&](const char* text) { job.body_bytes = std::strtoull(text, nullptr, 10); }},
      {"--stalled-pid",
       [&](const char* text) { job.stalled_pid = std::strtol(text, nullptr, 10); }}};
  for (int i = 2; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end()) {
      std::fprintf(stderr, "client_bench: no option %s\n", argv[i]);
      return 2;
    }
    option->second(argv[i + 1]);
  }
  return mode->second(job);
}
