// Every method byte for byte. The frames were written by pika 1.4.4 (PyPI), save for the
// reserved fields that it leaves at their defaults.

#include <gtest/gtest.h>

#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::encoded;
using test::from_hex;
using test::to_hex;

struct Golden {
  const char* name;
  std::uint16_t channel;
  Method method;
  const char* frame;
};

void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.name;
}

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> kGoldens{
      {"connection.start", 0,
       connection::Start{.version_major = 0,
                         .version_minor = 9,
                         .server_properties = {{"product", "RabbitMQ"}},
                         .mechanisms = "PLAIN AMQPLAIN",
                         .locales = "en_US"},
       "0100000000003a 000a000a 00 09 000000150770726f6475637453000000085261626269744d51"
       "0000000e504c41494e20414d51504c41494e 00000005656e5f5553 ce"},
      {"connection.start-ok", 0,
       connection::StartOk{
           .client_properties = {{"product", "x"},
                                 {"capabilities", FieldTable{{"basic.nack", true}}}},
           .mechanism = "PLAIN",
           .response = {"\0guest\0guest", 12},
           .locale = "en_US"},
       "01000000000051 000a000b 0000002d0770726f647563745300000001780c6361706162696c6974696573"
       "460000000d0a62617369632e6e61636b7401 05504c41494e 0000000c006775657374006775657374"
       "05656e5f5553 ce"},
      {"connection.secure", 0, connection::Secure{.challenge = "challenge"},
       "01000000000011 000a0014 000000096368616c6c656e6765 ce"},
      {"connection.secure-ok", 0, connection::SecureOk{.response = "response"},
       "01000000000010 000a0015 00000008726573706f6e7365 ce"},
      {"connection.tune", 0,
       connection::Tune{.channel_max = 2047, .frame_max = 131072, .heartbeat = 60},
       "0100000000000c 000a001e 07ff 00020000 003c ce"},
      {"connection.tune-ok", 0,
       connection::TuneOk{.channel_max = 2047, .frame_max = 131072, .heartbeat = 60},
       "0100000000000c 000a001f 07ff 00020000 003c ce"},
      {"connection.open", 0,
       connection::Open{.virtual_host = "/", .reserved_1 = "", .reserved_2 = true},
       "01000000000008 000a0028 012f 00 01 ce"},
      {"connection.open-ok", 0, connection::OpenOk{}, "01000000000005 000a0029 00 ce"},
      {"connection.close", 0,
       connection::Close{.reply_code = 320,
                         .reply_text = "CONNECTION_FORCED",
                         .failing_class_id = 10,
                         .failing_method_id = 40},
       "0100000000001c 000a0032 0140 11434f4e4e454354494f4e5f464f52434544 000a 0028 ce"},
      {"connection.close-ok", 0, connection::CloseOk{}, "01000000000004 000a0033 ce"},
      {"connection.blocked", 0, connection::Blocked{.reason = "low on memory"},
       "01000000000012 000a003c 0d6c6f77206f6e206d656d6f7279 ce"},
      {"connection.unblocked", 0, connection::Unblocked{}, "01000000000004 000a003d ce"},
      {"connection.update-secret", 0,
       connection::UpdateSecret{.new_secret = "new", .reason = "why"},
       "0100000000000f 000a0046 000000036e6577 03776879 ce"},
      {"connection.update-secret-ok", 0, connection::UpdateSecretOk{},
       "01000000000004 000a0047 ce"},
      {"channel.open", 7, channel::Open{}, "01000700000005 0014000a 00 ce"},
      {"channel.open-ok", 7, channel::OpenOk{}, "01000700000008 0014000b 00000000 ce"},
      {"channel.flow", 7, channel::Flow{.active = true}, "01000700000005 00140014 01 ce"},
      {"channel.flow-ok", 7, channel::FlowOk{.active = false}, "01000700000005 00140015 00 ce"},
      {"channel.close", 7,
       channel::Close{.reply_code = 404,
                      .reply_text = "NOT_FOUND - no queue 'x'",
                      .failing_class_id = 50,
                      .failing_method_id = 10},
       "01000700000023 00140028 0194 184e4f545f464f554e44202d206e6f207175657565202778270032"
       "000a ce"},
      {"channel.close-ok", 7, channel::CloseOk{}, "01000700000004 00140029 ce"},
      {"access.request", 1,
       access::Request{.realm = "/data",
                       .exclusive = false,
                       .passive = true,
                       .active = true,
                       .write = true,
                       .read = false},
       "0100010000000b 001e000a 052f64617461 0e ce"},
      {"access.request-ok", 1, access::RequestOk{.ticket = 1}, "01000100000006 001e000b 0001 ce"},
      {"exchange.declare", 1,
       exchange::Declare{.exchange = "events",
                         .type = "topic",
                         .durable = true,
                         .internal = true,
                         .arguments = {{"alternate-exchange", "lost"}}},
       "01000100000034 0028000a 0000 066576656e7473 05746f706963 0a 0000001c12616c7465726e617465"
       "2d65786368616e676553000000046c6f7374 ce"},
      {"exchange.declare-ok", 1, exchange::DeclareOk{}, "01000100000004 0028000b ce"},
      {"exchange.delete", 1,
       exchange::Delete{.exchange = "events", .if_unused = true, .no_wait = true},
       "0100010000000e 00280014 0000 066576656e7473 03 ce"},
      {"exchange.delete-ok", 1, exchange::DeleteOk{}, "01000100000004 00280015 ce"},
      {"exchange.bind", 1,
       exchange::Bind{.destination = "dst", .source = "src", .routing_key = "a.#"},
       "01000100000017 0028001e 0000 03647374 03737263 03612e23 00 00000000 ce"},
      {"exchange.bind-ok", 1, exchange::BindOk{}, "01000100000004 0028001f ce"},
      {"exchange.unbind", 1,
       exchange::Unbind{
           .destination = "dst",
           .source = "src",
           .routing_key = "a.#",
           .no_wait = true,
       },
       "01000100000017 00280028 0000 03647374 03737263 03612e23 01 00000000 ce"},
      {"exchange.unbind-ok", 1, exchange::UnbindOk{}, "01000100000004 00280033 ce"},
      {"queue.declare", 1,
       queue::Declare{.queue = "q",
                      .durable = true,
                      .no_wait = true,
                      .arguments = {{"x-max-length", std::int32_t{1000}}}},
       "0100010000001f 0032000a 0000 0171 12 000000120c782d6d61782d6c656e67746849000003e8 ce"},
      {"queue.declare-ok", 1,
       queue::DeclareOk{.queue = "q", .message_count = 258, .consumer_count = 3},
       "0100010000000e 0032000b 0171 00000102 00000003 ce"},
      {"queue.bind", 1,
       queue::Bind{
           .queue = "q",
           .exchange = "events",
           .routing_key = "voice.*",
           .no_wait = true,
       },
       "0100010000001c 00320014 0000 0171 066576656e7473 07766f6963652e2a 01 00000000 ce"},
      {"queue.bind-ok", 1, queue::BindOk{}, "01000100000004 00320015 ce"},
      {"queue.purge", 1, queue::Purge{.queue = "q", .no_wait = true},
       "01000100000009 0032001e 0000 0171 01 ce"},
      {"queue.purge-ok", 1, queue::PurgeOk{.message_count = 70000},
       "01000100000008 0032001f 00011170 ce"},
      {"queue.delete", 1, queue::Delete{.queue = "q", .if_empty = true},
       "01000100000009 00320028 0000 0171 02 ce"},
      {"queue.delete-ok", 1, queue::DeleteOk{.message_count = 12},
       "01000100000008 00320029 0000000c ce"},
      {"queue.unbind", 1,
       queue::Unbind{.queue = "q", .exchange = "events", .routing_key = "voice.*"},
       "0100010000001b 00320032 0000 0171 066576656e7473 07766f6963652e2a 00000000 ce"},
      {"queue.unbind-ok", 1, queue::UnbindOk{}, "01000100000004 00320033 ce"},
      {"basic.qos", 1, basic::Qos{.prefetch_count = 250, .global = true},
       "0100010000000b 003c000a 00000000 00fa 01 ce"},
      {"basic.qos-ok", 1, basic::QosOk{}, "01000100000004 003c000b ce"},
      {"basic.consume", 1,
       basic::Consume{.queue = "q",
                      .consumer_tag = "ctag",
                      .no_ack = true,
                      .no_wait = true,
                      .arguments = {{"x-priority", std::int32_t{-5}}}},
       "01000100000022 003c0014 0000 0171 0463746167 0a 000000100a782d7072696f7269747949fffffffb"
       "ce"},
      {"basic.consume-ok", 1, basic::ConsumeOk{.consumer_tag = "ctag"},
       "01000100000009 003c0015 0463746167 ce"},
      {"basic.cancel", 1, basic::Cancel{.consumer_tag = "ctag", .no_wait = true},
       "0100010000000a 003c001e 0463746167 01 ce"},
      {"basic.cancel-ok", 1, basic::CancelOk{.consumer_tag = "ctag"},
       "01000100000009 003c001f 0463746167 ce"},
      {"basic.publish", 1,
       basic::Publish{.exchange = "events", .routing_key = "voice.heard", .mandatory = true},
       "0100010000001a 003c0028 0000 066576656e7473 0b766f6963652e6865617264 01 ce"},
      {"basic.return", 1,
       basic::Return{
           .reply_code = 312, .reply_text = "NO_ROUTE", .exchange = "events", .routing_key = "k"},
       "01000100000018 003c0032 0138 084e4f5f524f555445 066576656e7473 016b ce"},
      {"basic.deliver", 1,
       basic::Deliver{.consumer_tag = "ctag",
                      .delivery_tag = 0x0102030405060708,
                      .redelivered = true,
                      .exchange = "events",
                      .routing_key = "k"},
       "0100010000001b 003c003c 0463746167 0102030405060708 01 066576656e7473 016b ce"},
      {"basic.get", 1, basic::Get{.queue = "q", .no_ack = true},
       "01000100000009 003c0046 0000 0171 01 ce"},
      {"basic.get-ok", 1,
       basic::GetOk{
           .delivery_tag = 9, .exchange = "events", .routing_key = "k", .message_count = 4},
       "0100010000001a 003c0047 0000000000000009 00 066576656e7473 016b 00000004 ce"},
      {"basic.get-empty", 1, basic::GetEmpty{}, "01000100000005 003c0048 00 ce"},
      {"basic.ack", 1, basic::Ack{.delivery_tag = 5, .multiple = true},
       "0100010000000d 003c0050 0000000000000005 01 ce"},
      {"basic.reject", 1, basic::Reject{.delivery_tag = 6, .requeue = false},
       "0100010000000d 003c005a 0000000000000006 00 ce"},
      {"basic.recover-async", 1, basic::RecoverAsync{.requeue = true},
       "01000100000005 003c0064 01 ce"},
      {"basic.recover", 1, basic::Recover{.requeue = true}, "01000100000005 003c006e 01 ce"},
      {"basic.recover-ok", 1, basic::RecoverOk{}, "01000100000004 003c006f ce"},
      {"basic.nack", 1, basic::Nack{.delivery_tag = 7, .multiple = true, .requeue = true},
       "0100010000000d 003c0078 0000000000000007 03 ce"},
      {"tx.select", 1, tx::Select{}, "01000100000004 005a000a ce"},
      {"tx.select-ok", 1, tx::SelectOk{}, "01000100000004 005a000b ce"},
      {"tx.commit", 1, tx::Commit{}, "01000100000004 005a0014 ce"},
      {"tx.commit-ok", 1, tx::CommitOk{}, "01000100000004 005a0015 ce"},
      {"tx.rollback", 1, tx::Rollback{}, "01000100000004 005a001e ce"},
      {"tx.rollback-ok", 1, tx::RollbackOk{}, "01000100000004 005a001f ce"},
      {"confirm.select", 1, confirm::Select{.no_wait = true}, "01000100000005 0055000a 01 ce"},
      {"confirm.select-ok", 1, confirm::SelectOk{}, "01000100000004 0055000b ce"},
  };
  return kGoldens;
}

class MethodGolden : public testing::TestWithParam<Golden> {};

TEST_P(MethodGolden, IsWrittenAsOthersWriteIt) {
  const auto& [name, channel, method, frame] = GetParam();
  EXPECT_EQ(to_hex(encoded(method, channel)), to_hex(from_hex(frame)));
}

TEST_P(MethodGolden, IsReadBackWhole) {
  const auto& [name, channel, method, frame] = GetParam();
  const std::string bytes = from_hex(frame);
  const auto decoded = decode_method(test::payload_of(bytes));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->index(), method.index());
  EXPECT_EQ(to_hex(encoded(*decoded, channel)), to_hex(bytes));
}

TEST_P(MethodGolden, HasItsName) {
  EXPECT_EQ(method_name(method_id(GetParam().method)), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(All, MethodGolden, testing::ValuesIn(goldens()), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name) {
    if (c == '.' || c == '-') c = '_';
  }
  return name;
});

// So that a method added later gets its golden bytes.
TEST(MethodGoldens, CoverEveryMethod) {
  ASSERT_EQ(goldens().size(), std::variant_size_v<Method>);
  for (std::size_t i = 0; i < goldens().size(); ++i) {
    EXPECT_EQ(goldens()[i].method.index(), i) << goldens()[i].name;
  }
}

}  // namespace
}  // namespace bb::amqp
