// correlation_bench ENGINE (sqlite FILE | redis PORT): how fast links are recorded, and how fast an
// event's ancestors are found, beside a walk that asks for one event after the other. One line of
// JSON.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "correlation/redis_link_store.h"
#include "correlation/sqlite_link_store.h"
#include "correlation/uuid_hash.h"
#include "redis/client.h"

namespace {

using namespace bb;
using namespace bb::correlation;
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLinks = 200'000;
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kGraphEvents = 10'000;
constexpr std::size_t kLevels = 100;
constexpr int kRounds = 5;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "correlation_bench: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T run(asio::io_context& context, asio::awaitable<Result<T>> task) {
  std::optional<Result<T>> outcome;
  asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& thrown, Result<T> result) {
    if (thrown) give_up("an exception");
    outcome = std::move(result);
  });
  context.restart();
  while (!outcome && context.run_one() > 0) {
  }
  if (!outcome) give_up("a call never ended");
  if (!*outcome) give_up(outcome->error().message);
  if constexpr (!std::is_void_v<T>) return **std::move(outcome);
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Timestamp now() {
  return Timestamp(std::chrono::system_clock::now());
}

// Of as many conversations: each event caused by the one before it.
double links_per_second(asio::io_context& context, LinkStore& store) {
  std::vector<Uuid> last;
  for (int i = 0; i < 100; ++i) last.push_back(Uuid::v7(std::chrono::system_clock::now()));
  std::vector<std::vector<Link>> batches;
  for (std::size_t i = 0; i < kLinks; ++i) {
    if (i % kBatch == 0) batches.emplace_back();
    const Uuid id = Uuid::v7(std::chrono::system_clock::now());
    batches.back().emplace_back(id, std::vector{last[i % last.size()]}, now());
    last[i % last.size()] = id;
  }
  const auto begin = Clock::now();
  for (auto& batch : batches) run(context, store.record(std::move(batch)));
  return static_cast<double>(kLinks) / seconds_since(begin);
}

// As many events on each level, each with two causes on the level before; what a last one goes back
// to is nearly all of it.
Uuid record_graph(asio::io_context& context, LinkStore& store) {
  constexpr std::size_t kWidth = kGraphEvents / kLevels;
  std::vector<Uuid> before;
  std::vector<Link> links;
  for (std::size_t level = 0; level < kLevels; ++level) {
    std::vector<Uuid> ids;
    for (std::size_t i = 0; i < kWidth; ++i) {
      ids.push_back(Uuid::v7(std::chrono::system_clock::now()));
      if (before.empty()) continue;
      links.emplace_back(ids.back(), std::vector{before[i], before[(i * 7 + level) % kWidth]},
                         now());
    }
    before = std::move(ids);
  }
  run(context, store.record(std::move(links)));
  return before.front();
}

// One look-up for each event, each with its answer before the next.
std::size_t walk_one_by_one(asio::io_context& context, LinkStore& store, Uuid start) {
  std::unordered_set<Uuid, UuidHash> seen{start};
  std::deque<Uuid> queue{start};
  while (!queue.empty()) {
    const Uuid id = queue.front();
    queue.pop_front();
    const Neighbours near = run(context, store.neighbours(id));
    if (!near.link) continue;
    for (const Uuid& parent : near.link->parents) {
      if (seen.insert(parent).second) queue.push_back(parent);
    }
  }
  return seen.size();
}

template <class Work>
double median_ms(Work work) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = Clock::now();
    work();
    times.push_back(seconds_since(begin) * 1000);
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("usage: correlation_bench sqlite FILE | redis PORT");
  const std::string engine = argv[1];
  asio::io_context context(1);
  std::shared_ptr<LinkStore> store;
  if (engine == "sqlite") {
    LinkDatabaseOptions options;
    options.path = argv[2];
    auto database = LinkDatabase::open(options);
    if (!database) give_up(database.error().message);
    store = std::make_shared<SqliteLinkStore>(*std::move(database));
  } else {
    redis::ClientOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    options.timeout = std::chrono::seconds(30);
    store = std::make_shared<RedisLinkStore>(
        std::make_shared<redis::Client>(context.get_executor(), options));
  }
  const double rate = links_per_second(context, *store);
  const Uuid last = record_graph(context, *store);
  std::size_t events = 0;
  const double walk_ms = median_ms([&] {
    events = run(context, store->walk(last, Direction::kAncestors, WalkLimits())).events.size();
  });
  std::size_t one_by_one_events = 0;
  const double one_by_one_ms =
      median_ms([&] { one_by_one_events = walk_one_by_one(context, *store, last); });
  if (events != one_by_one_events)
    give_up(fmt::format("{} and {} events", events, one_by_one_events));
  fmt::print(
      "{{\"engine\":\"{}\",\"links_per_s\":{:.0f},\"events\":{},\"walk_ms\":{:.2f},"
      "\"one_by_one_ms\":{:.2f}}}\n",
      engine, rate, events, walk_ms, one_by_one_ms);
  return 0;
}
