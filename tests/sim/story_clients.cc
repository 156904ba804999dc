// What the clients of a story do.
#include <algorithm>
#include <array>
#include <utility>

#include "story.h"

namespace bb::sim {
namespace {

// Names that begin with "t." are transient.
// Names that begin with "s." are streams.
constexpr std::array kQueues{"a", "b", "c", "d", "t.e", "s.f", "s.g"};
constexpr std::array kExchanges{"amq.fanout", "amq.topic", "x.fanout", "x.topic", "t.x.fanout"};
constexpr std::array kDeclared{"x.fanout", "x.topic", "t.x.fanout"};
constexpr std::array kKeys{"k", "k.l", "k.l.m"};
constexpr std::array kPatterns{"k", "k.*", "#", "*.l.#"};

}  // namespace

void Story::act(SimClient& client) {
  if (!client.connected()) {
    static constexpr std::array<std::uint16_t, 5> kPrefetches{0, 1, 3, 10, 50};
    return connect(client, dice_.any_of(kPrefetches), !dice_.one_in(3));
  }
  if (client.refused() || dice_.one_in(300)) return disconnect(client);
  if (client.outgoing_bytes() > 60'000) return;  // the network is slow
  if (dice_.percent(character_.topology_percent)) return change_topology(client);
  if (dice_.percent(character_.publish_percent)) return publish(client);
  if (!client.held().empty() && dice_.percent(70)) return settle(client);
  consume(client);
}

void Story::write(SimClient& client, Command command) {
  client.write(std::move(command), model_);
}

// Mostly one that is there: an error costs the channel.
std::string Story::some_queue() {
  std::string queue = dice_.any_of(kQueues);
  for (int i = 0; i < 4 && !model_.has_queue(queue) && !dice_.one_in(40); ++i) {
    queue = dice_.any_of(kQueues);
  }
  return queue;
}

void Story::publish(SimClient& client) {
  const std::uint64_t count = dice_.one_in(3) ? dice_.between(2, 12) : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    Post post{.exchange = {}, .key = {}, .body = {}, .persistent = !dice_.one_in(6)};
    if (dice_.one_in(3)) {
      do {
        post.exchange = dice_.any_of(kExchanges);
      } while (!model_.has_exchange(post.exchange) && !dice_.one_in(40));
      post.key = dice_.any_of(kKeys);
    } else {
      post.key = some_queue();
    }
    post.body = fmt::format("{} ", model_.post_count() + 1);
    const auto bytes = static_cast<std::size_t>(
        dice_.one_in(30) ? dice_.between(4'000, 24'000) : dice_.below(character_.body_bytes_max));
    if (bytes > post.body.size()) post.body.resize(bytes, static_cast<char>('a' + bytes % 26));
    log_.note("client {} writes {}: {} bytes to '{}' '{}'{}", client.number(),
              model_.post_count() + 1, post.body.size(), post.exchange, post.key,
              post.persistent ? "" : ", transient");
    const MessageId id = model_.add_post(std::move(post));
    write(client, {.verb = Verb::kPublish, .message = id});
    ++tally_.posts;
  }
}

void Story::consume(SimClient& client) {
  if (!client.consumers().empty() && dice_.one_in(6)) {
    const std::string tag = *client.consumers().begin();
    log_.note("client {} cancels {}", client.number(), tag);
    return write(client, {.verb = Verb::kCancel, .tag = tag});
  }
  std::string queue = some_queue();
  if (is_stream_name(queue)) {
    if (client.prefetch() > 0) return read_stream(client, queue);
    queue = kQueues.front();
  }
  const bool no_ack = dice_.one_in(4);
  if (client.consumers().size() < 3 && dice_.one_in(3)) {
    const std::string tag = client.new_consumer_tag();
    log_.note("client {} consumes {} as {}{}", client.number(), queue, tag,
              no_ack ? ", no_ack" : "");
    if (!model_.has_queue(queue) && !dice_.one_in(10)) {
      return write(client, {.verb = Verb::kDeclareQueue, .queue = queue});
    }
    return write(client, {.verb = Verb::kConsume, .queue = queue, .tag = tag, .no_ack = no_ack});
  }
  if (!model_.has_queue(queue) && !dice_.one_in(10)) {
    return write(client, {.verb = Verb::kDeclareQueue, .queue = queue});
  }
  const std::uint64_t count = dice_.one_in(3) ? dice_.between(2, 10) : 1;
  log_.note("client {} gets {} times from {}{}", client.number(), count, queue,
            no_ack ? ", no_ack" : "");
  for (std::uint64_t i = 0; i < count; ++i) {
    write(client, {.verb = Verb::kGet, .queue = queue, .no_ack = no_ack});
  }
}

void Story::read_stream(SimClient& client, const std::string& stream) {
  if (client.consumers().size() >= 3) return;
  if (!model_.has_queue(stream) && !dice_.one_in(10)) {
    return write(client, {.verb = Verb::kDeclareQueue, .queue = stream});
  }
  Command command{.verb = Verb::kConsume, .queue = stream, .tag = client.new_consumer_tag()};
  if (!dice_.one_in(3)) command.offset = dice_.below(model_.next_offset(stream) + 3);
  log_.note("client {} reads {} as {} from {}", client.number(), stream, command.tag,
            command.offset ? fmt::format("{}", *command.offset) : "the next");
  write(client, std::move(command));
}

void Story::settle(SimClient& client) {
  if (!client.reads_streams() && dice_.one_in(40)) {
    log_.note("client {} recovers", client.number());
    return write(client, {.verb = Verb::kRecover});
  }
  const bool multiple = dice_.one_in(3);
  const std::uint64_t tag = dice_.one_in(2) ? client.held().front() : dice_.any_of(client.held());
  const bool ack = client.reads_streams() || !dice_.one_in(4);
  const bool requeue = !ack && !dice_.one_in(3);
  log_.note("client {} {} {}{}", client.number(),
            ack       ? "acks"
            : requeue ? "requeues"
                      : "rejects",
            tag, multiple ? " multiple" : "");
  client.forget_held(tag, multiple);
  write(client, {.verb = ack ? Verb::kAck : Verb::kNack,
                 .delivery_tag = tag,
                 .multiple = multiple,
                 .requeue = requeue});
}

void Story::change_topology(SimClient& client) {
  static constexpr std::array kVerbs{Verb::kDeclareQueue,
                                     Verb::kDeclareQueue,
                                     Verb::kDeclareQueue,
                                     Verb::kDeclareQueue,
                                     Verb::kDeleteQueue,
                                     Verb::kPurge,
                                     Verb::kDeclareExchange,
                                     Verb::kDeclareExchange,
                                     Verb::kDeleteExchange,
                                     Verb::kBind,
                                     Verb::kBind,
                                     Verb::kBind,
                                     Verb::kUnbind};
  Command command{.verb = dice_.any_of(kVerbs)};
  command.queue = some_queue();
  const bool of_exchanges =
      command.verb == Verb::kDeclareExchange || command.verb == Verb::kDeleteExchange;
  command.exchange = of_exchanges ? dice_.any_of(kDeclared) : dice_.any_of(kExchanges);
  command.key = dice_.any_of(kPatterns);
  // Mostly what there is: an error costs the channel.
  const bool exists = model_.has_queue(command.queue) &&
                      (command.verb != Verb::kBind || model_.has_exchange(command.exchange));
  if (!of_exchanges && !exists && !dice_.one_in(10)) command.verb = Verb::kDeclareQueue;
  if (command.verb == Verb::kPurge && is_stream_name(command.queue)) {
    command.verb = Verb::kDeclareQueue;
  }
  log_.note("client {} asks for change {} of queue {}, exchange {}, key {}", client.number(),
            static_cast<int>(command.verb), command.queue, command.exchange, command.key);
  write(client, std::move(command));
}

void Story::connect(SimClient& client, std::uint16_t prefetch, bool confirms) {
  log_.note("client {} connects, prefetch {}{}", client.number(), prefetch,
            confirms ? ", confirms" : "");
  turn([&] {
    client.connect(machine_.broker(), now_, prefetch, confirms);
    model_.connected(client.number());
  });
  // Of what there may be to use, something is there from the beginning.
  if (!log_.failed() && client.connected()) {
    write(client, {.verb = Verb::kDeclareQueue, .queue = dice_.any_of(kQueues)});
  }
}

void Story::disconnect(SimClient& client) {
  log_.note("client {} is cut off", client.number());
  turn([&] {
    client.disconnect();
    model_.disconnected(client.number());
  });
}

void Story::bring(SimClient& client, std::size_t bytes) {
  turn([&] {
    const std::vector<Command> complete = client.bring(bytes, model_, now_);
    take_output();
    std::ranges::move(machine_.tap().take_appends(), std::back_inserter(appends_));
    for (const Command& command : complete) {
      model_.apply(client.number(), command, appends_,
                   [this](const std::string& name) { return machine_.queue_id(name); });
    }
  });
}

}  // namespace bb::sim
