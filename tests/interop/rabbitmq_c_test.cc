// rabbitmq-c, the C client: Debian's librabbitmq, as programs link it.
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bb::test {
namespace {

using testing::ElementsAre;

constexpr timeval kPatience{30, 0};
constexpr amqp_channel_t kChannel = 1;

amqp_bytes_t bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
std::string text(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::string broker_url() {
  const char* file = std::getenv("BB_TEST_BROKER_URL_FILE");
  std::string url;
  if (file != nullptr) std::getline(std::ifstream(file), url);
  return url;
}

std::string unique(std::string_view label) {
  static std::random_device device;
  return "test." + std::to_string(device()) + std::to_string(device()) + "." + std::string(label);
}

// A message as the tests look at it.
struct Message {
  std::uint64_t delivery_tag = 0;
  bool redelivered = false;
  std::string routing_key;
  std::string body;
  std::string content_type;
  std::vector<std::string> headers;  // "name=value" of the texts among them
};

amqp_table_entry_t entry(const char* key, amqp_field_value_kind_t kind) {
  amqp_table_entry_t made{};
  made.key = amqp_cstring_bytes(key);
  made.value.kind = static_cast<std::uint8_t>(kind);
  return made;
}

std::string content_type_of(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) == 0) return {};
  return text(properties.content_type);
}

std::vector<std::string> headers_of(const amqp_basic_properties_t& properties) {
  std::vector<std::string> headers;
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return headers;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = properties.headers.entries[i];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    headers.push_back(text(entry.key) + "=" + text(entry.value.value.bytes));
  }
  return headers;
}

// One connection with its channel 1 open. What fails, fails the test that runs.
class RabbitmqC : public testing::Test {
 protected:
  void SetUp() override {
    std::string url = broker_url();
    amqp_connection_info info;
    ASSERT_EQ(amqp_parse_url(url.data(), &info), AMQP_STATUS_OK) << "the URL: '" << url << "'";
    connection_ = amqp_new_connection();
    amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
    ASSERT_EQ(amqp_socket_open(socket, info.host, info.port), AMQP_STATUS_OK);
    // What the library does not announce by itself.
    amqp_table_entry_t capability = entry("consumer_cancel_notify", AMQP_FIELD_KIND_BOOLEAN);
    capability.value.value.boolean = 1;
    amqp_table_entry_t capabilities = entry("capabilities", AMQP_FIELD_KIND_TABLE);
    capabilities.value.value.table = {1, &capability};
    const amqp_table_t properties{1, &capabilities};
    const amqp_rpc_reply_t reply = amqp_login_with_properties(
        connection_, info.vhost, AMQP_DEFAULT_MAX_CHANNELS, AMQP_DEFAULT_FRAME_SIZE,
        /*heartbeat=*/0, &properties, AMQP_SASL_METHOD_PLAIN, info.user, info.password);
    ASSERT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL);
    ASSERT_NE(amqp_channel_open(connection_, kChannel), nullptr);
  }

  void TearDown() override {
    const amqp_rpc_reply_t closed = amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
    EXPECT_EQ(closed.reply_type, AMQP_RESPONSE_NORMAL);
    amqp_destroy_connection(connection_);
  }

  // A server-named exclusive queue; it goes with the connection.
  std::string declare_queue(amqp_table_t arguments = amqp_empty_table) {
    const amqp_queue_declare_ok_t* ok =
        amqp_queue_declare(connection_, kChannel, amqp_empty_bytes, /*passive=*/0, /*durable=*/0,
                           /*exclusive=*/1, /*auto_delete=*/0, arguments);
    EXPECT_NE(ok, nullptr);
    return ok == nullptr ? std::string() : text(ok->queue);
  }

  std::string declare_exchange(const char* type, bool auto_delete = true) {
    std::string name = unique(type);
    EXPECT_NE(amqp_exchange_declare(connection_, kChannel, bytes(name), amqp_cstring_bytes(type),
                                    /*passive=*/0, /*durable=*/0, auto_delete, /*internal=*/0,
                                    amqp_empty_table),
              nullptr);
    return name;
  }

  void bind(const std::string& queue, const std::string& exchange, std::string_view key) {
    EXPECT_NE(amqp_queue_bind(connection_, kChannel, bytes(queue), bytes(exchange), bytes(key),
                              amqp_empty_table),
              nullptr);
  }

  void publish(std::string_view exchange, std::string_view key, std::string_view body,
               const amqp_basic_properties_t* properties = nullptr, bool mandatory = false) {
    EXPECT_EQ(amqp_basic_publish(connection_, kChannel, bytes(exchange), bytes(key), mandatory,
                                 /*immediate=*/0, properties, bytes(body)),
              AMQP_STATUS_OK);
  }

  void consume(const std::string& queue, bool no_ack = false) {
    EXPECT_NE(amqp_basic_consume(connection_, kChannel, bytes(queue), amqp_cstring_bytes("tag"),
                                 /*no_local=*/0, no_ack, /*exclusive=*/0, amqp_empty_table),
              nullptr);
  }

  Message next_delivery() {
    amqp_envelope_t envelope;
    timeval patience = kPatience;
    const amqp_rpc_reply_t reply = amqp_consume_message(connection_, &envelope, &patience, 0);
    EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return {};
    Message message{.delivery_tag = envelope.delivery_tag,
                    .redelivered = envelope.redelivered != 0,
                    .routing_key = text(envelope.routing_key),
                    .body = text(envelope.message.body),
                    .content_type = content_type_of(envelope.message.properties),
                    .headers = headers_of(envelope.message.properties)};
    amqp_destroy_envelope(&envelope);
    return message;
  }

  // basic.get without acknowledgement; nothing when the queue is empty.
  std::optional<std::string> get(const std::string& queue) {
    const amqp_rpc_reply_t reply = amqp_basic_get(connection_, kChannel, bytes(queue), 1);
    EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_NORMAL);
    if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
    amqp_message_t message;
    EXPECT_EQ(amqp_read_message(connection_, kChannel, &message, 0).reply_type,
              AMQP_RESPONSE_NORMAL);
    std::string body = text(message.body);
    amqp_destroy_message(&message);
    return body;
  }

  // The next method that the broker sends of itself.
  amqp_method_t next_method() {
    amqp_frame_t frame{};
    timeval patience = kPatience;
    EXPECT_EQ(amqp_simple_wait_frame_noblock(connection_, &frame, &patience), AMQP_STATUS_OK);
    EXPECT_EQ(frame.frame_type, AMQP_FRAME_METHOD);
    return frame.payload.method;
  }

  // Reads acks until all those up to `tag` are there.
  void expect_confirms(std::uint64_t tag) {
    for (std::uint64_t confirmed = 0; confirmed < tag;) {
      const amqp_method_t method = next_method();
      ASSERT_EQ(method.id, AMQP_BASIC_ACK_METHOD);
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      EXPECT_TRUE(ack->multiple || ack->delivery_tag == confirmed + 1);
      confirmed = ack->delivery_tag;
    }
    amqp_maybe_release_buffers(connection_);
  }

  // What the last call, which failed, was answered with; the channel is opened again.
  std::string channel_error() {
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_);
    EXPECT_EQ(reply.reply_type, AMQP_RESPONSE_SERVER_EXCEPTION);
    if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return {};
    EXPECT_EQ(reply.reply.id, AMQP_CHANNEL_CLOSE_METHOD);
    const auto* close = static_cast<const amqp_channel_close_t*>(reply.reply.decoded);
    std::string error = std::to_string(close->reply_code) + " " + text(close->reply_text);
    amqp_channel_close_ok_t ok{};
    EXPECT_EQ(amqp_send_method(connection_, kChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok),
              AMQP_STATUS_OK);
    EXPECT_NE(amqp_channel_open(connection_, kChannel), nullptr);
    return error;
  }

  amqp_connection_state_t connection_ = nullptr;
};

TEST_F(RabbitmqC, PublishesWithConfirmsAndConsumes) {
  const std::string queue = declare_queue();
  ASSERT_NE(amqp_confirm_select(connection_, kChannel), nullptr);
  for (int i = 0; i < 100; ++i) publish("", queue, std::to_string(i));
  expect_confirms(100);
  consume(queue);
  for (int i = 0; i < 100; ++i) {
    const Message message = next_delivery();
    EXPECT_EQ(message.body, std::to_string(i));
    EXPECT_EQ(message.delivery_tag, static_cast<std::uint64_t>(i + 1));
    EXPECT_FALSE(message.redelivered);
  }
  EXPECT_EQ(amqp_basic_ack(connection_, kChannel, 100, /*multiple=*/1), AMQP_STATUS_OK);
  EXPECT_EQ(get(queue), std::nullopt);
}

TEST_F(RabbitmqC, PropertiesAndHeadersArrive) {
  const std::string queue = declare_queue();
  amqp_table_entry_t header = entry("trace", AMQP_FIELD_KIND_UTF8);
  header.value.value.bytes = amqp_cstring_bytes("abc");
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.headers = {1, &header};
  publish("", queue, "{}", &properties);
  consume(queue, /*no_ack=*/true);
  const Message message = next_delivery();
  EXPECT_EQ(message.content_type, "application/json");
  EXPECT_THAT(message.headers, ElementsAre("trace=abc"));
}

TEST_F(RabbitmqC, BodiesOfAllSizes) {
  const std::string queue = declare_queue();
  consume(queue, /*no_ack=*/true);
  for (const std::size_t size : {0uz, 1uz, 131'064uz, 131'065uz, 1'048'576uz}) {
    std::string body(size, '\0');
    std::iota(body.begin(), body.end(), '\0');
    publish("", queue, body);
    EXPECT_EQ(next_delivery().body, body) << size;
  }
}

TEST_F(RabbitmqC, TopicsRoute) {
  const std::string exchange = declare_exchange("topic");
  const std::string queue = declare_queue();
  bind(queue, exchange, "voice.*.done");
  publish(exchange, "voice.a.b.done", "no");
  publish(exchange, "voice.a.done", "yes");
  consume(queue, /*no_ack=*/true);
  EXPECT_EQ(next_delivery().routing_key, "voice.a.done");
}

TEST_F(RabbitmqC, ExchangesAreBoundToExchanges) {
  const std::string from = declare_exchange("fanout");
  const std::string to = declare_exchange("direct", /*auto_delete=*/false);
  const std::string queue = declare_queue();
  bind(queue, to, "key");
  ASSERT_NE(amqp_exchange_bind(connection_, kChannel, bytes(to), bytes(from), bytes("x"),
                               amqp_empty_table),
            nullptr);
  publish(from, "key", "through both");
  consume(queue, /*no_ack=*/true);
  EXPECT_EQ(next_delivery().body, "through both");
  ASSERT_NE(amqp_exchange_unbind(connection_, kChannel, bytes(to), bytes(from), bytes("x"),
                                 amqp_empty_table),
            nullptr);
  EXPECT_NE(amqp_exchange_delete(connection_, kChannel, bytes(to), /*if_unused=*/0), nullptr);
}

TEST_F(RabbitmqC, AnUnroutableMessageComesBackBeforeItsConfirm) {
  ASSERT_NE(amqp_confirm_select(connection_, kChannel), nullptr);
  publish("", unique("nobody"), "lost", nullptr, /*mandatory=*/true);
  const amqp_method_t method = next_method();
  ASSERT_EQ(method.id, AMQP_BASIC_RETURN_METHOD);
  const auto* returned = static_cast<const amqp_basic_return_t*>(method.decoded);
  EXPECT_EQ(returned->reply_code, 312);
  EXPECT_EQ(text(returned->reply_text), "NO_ROUTE");
  amqp_message_t message;
  ASSERT_EQ(amqp_read_message(connection_, kChannel, &message, 0).reply_type, AMQP_RESPONSE_NORMAL);
  EXPECT_EQ(text(message.body), "lost");
  amqp_destroy_message(&message);
  expect_confirms(1);
}

TEST_F(RabbitmqC, WhatIsRejectedComesAgain) {
  const std::string queue = declare_queue();
  publish("", queue, "once more");
  consume(queue);
  const Message first = next_delivery();
  EXPECT_FALSE(first.redelivered);
  EXPECT_EQ(amqp_basic_nack(connection_, kChannel, first.delivery_tag, 0, /*requeue=*/1),
            AMQP_STATUS_OK);
  const Message second = next_delivery();
  EXPECT_TRUE(second.redelivered);
  EXPECT_EQ(second.body, "once more");
  EXPECT_EQ(amqp_basic_reject(connection_, kChannel, second.delivery_tag, /*requeue=*/0),
            AMQP_STATUS_OK);
  ASSERT_NE(amqp_basic_cancel(connection_, kChannel, amqp_cstring_bytes("tag")), nullptr);
  EXPECT_EQ(get(queue), std::nullopt);
}

TEST_F(RabbitmqC, ThePrefetchCountIsKept) {
  const std::string queue = declare_queue();
  publish("", queue, "first");
  publish("", queue, "second");
  ASSERT_NE(amqp_basic_qos(connection_, kChannel, 0, /*prefetch_count=*/1, 0), nullptr);
  consume(queue);
  const Message first = next_delivery();
  EXPECT_EQ(first.body, "first");
  // The second is still in the queue: another reader gets it.
  EXPECT_EQ(get(queue), "second");
  EXPECT_EQ(amqp_basic_ack(connection_, kChannel, first.delivery_tag, 0), AMQP_STATUS_OK);
}

TEST_F(RabbitmqC, TransactionsCommitAndRollBack) {
  const std::string queue = declare_queue();
  ASSERT_NE(amqp_tx_select(connection_, kChannel), nullptr);
  publish("", queue, "rolled back");
  ASSERT_NE(amqp_tx_rollback(connection_, kChannel), nullptr);
  publish("", queue, "committed");
  EXPECT_EQ(get(queue), std::nullopt);
  ASSERT_NE(amqp_tx_commit(connection_, kChannel), nullptr);
  EXPECT_EQ(get(queue), "committed");
}

TEST_F(RabbitmqC, ADeletedQueueCancelsItsConsumer) {
  const std::string queue = declare_queue();
  consume(queue);
  ASSERT_NE(amqp_queue_delete(connection_, kChannel, bytes(queue), 0, 0), nullptr);
  EXPECT_EQ(next_method().id, AMQP_BASIC_CANCEL_METHOD);
}

TEST_F(RabbitmqC, ErrorsCloseTheChannelAndSayWhy) {
  const std::string missing = unique("missing");
  EXPECT_EQ(amqp_queue_declare(connection_, kChannel, bytes(missing), /*passive=*/1, 0, 0, 0,
                               amqp_empty_table),
            nullptr);
  EXPECT_EQ(channel_error(), "404 NOT_FOUND - no queue '" + missing + "' in vhost '/'");

  EXPECT_EQ(
      amqp_exchange_declare(connection_, kChannel, amqp_cstring_bytes("amq.topic"),
                            amqp_cstring_bytes("direct"), 0, /*durable=*/1, 0, 0, amqp_empty_table),
      nullptr);
  EXPECT_EQ(channel_error(),
            "406 PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'amq.topic' in vhost "
            "'/': received 'direct' but current is 'topic'");
}

TEST_F(RabbitmqC, PurgeTellsHowMany) {
  const std::string queue = declare_queue();
  publish("", queue, "one");
  publish("", queue, "two");
  const amqp_queue_purge_ok_t* purged = amqp_queue_purge(connection_, kChannel, bytes(queue));
  ASSERT_NE(purged, nullptr);
  EXPECT_EQ(purged->message_count, 2u);
}

}  // namespace
}  // namespace bb::test
