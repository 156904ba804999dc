// Every method of AMQP 0-9-1 (§1.3 to §1.9) and of RabbitMQ's extensions, as plain
// structs with the fields in the order of the wire.
//
// Text is borrowed: a decoded method is valid as long as the frame it came from.
// `ticket` fields are leftovers of AMQP 0-8, written as 0 and ignored.
// Every field has a default, so a method may be written with designated initialisers.
// Where no comment says otherwise a string_view is a short string (at most 255 bytes).
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "amqp/field_table.h"
#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::amqp {

struct MethodId {
  std::uint16_t class_id = 0;
  std::uint16_t method_id = 0;
  friend bool operator==(const MethodId&, const MethodId&) = default;
};

namespace connection {
struct Start {
  static constexpr MethodId kId{10, 10};
  std::uint8_t version_major = 0;
  std::uint8_t version_minor = 9;
  FieldTable server_properties = {};
  std::string_view mechanisms = {};  // a long string
  std::string_view locales = {};     // a long string
};
struct StartOk {
  static constexpr MethodId kId{10, 11};
  FieldTable client_properties = {};
  std::string_view mechanism = {};
  std::string_view response = {};  // a long string
  std::string_view locale = {};
};
struct Secure {
  static constexpr MethodId kId{10, 20};
  std::string_view challenge = {};  // a long string
};
struct SecureOk {
  static constexpr MethodId kId{10, 21};
  std::string_view response = {};  // a long string
};
struct Tune {
  static constexpr MethodId kId{10, 30};
  std::uint16_t channel_max = 0;
  std::uint32_t frame_max = 0;
  std::uint16_t heartbeat = 0;
};
struct TuneOk {
  static constexpr MethodId kId{10, 31};
  std::uint16_t channel_max = 0;
  std::uint32_t frame_max = 0;
  std::uint16_t heartbeat = 0;
};
struct Open {
  static constexpr MethodId kId{10, 40};
  std::string_view virtual_host = {};
  std::string_view reserved_1 = {};
  bool reserved_2 = false;
};
struct OpenOk {
  static constexpr MethodId kId{10, 41};
  std::string_view reserved_1 = {};
};
struct Close {
  static constexpr MethodId kId{10, 50};
  std::uint16_t reply_code = 0;
  std::string_view reply_text = {};
  std::uint16_t failing_class_id = 0;
  std::uint16_t failing_method_id = 0;
};
struct CloseOk {
  static constexpr MethodId kId{10, 51};
};
struct Blocked {
  static constexpr MethodId kId{10, 60};
  std::string_view reason = {};
};
struct Unblocked {
  static constexpr MethodId kId{10, 61};
};
struct UpdateSecret {
  static constexpr MethodId kId{10, 70};
  std::string_view new_secret = {};  // a long string
  std::string_view reason = {};
};
struct UpdateSecretOk {
  static constexpr MethodId kId{10, 71};
};
}  // namespace connection

namespace channel {
struct Open {
  static constexpr MethodId kId{20, 10};
  std::string_view reserved_1 = {};
};
struct OpenOk {
  static constexpr MethodId kId{20, 11};
  std::string_view reserved_1 = {};  // a long string
};
struct Flow {
  static constexpr MethodId kId{20, 20};
  bool active = false;
};
struct FlowOk {
  static constexpr MethodId kId{20, 21};
  bool active = false;
};
struct Close {
  static constexpr MethodId kId{20, 40};
  std::uint16_t reply_code = 0;
  std::string_view reply_text = {};
  std::uint16_t failing_class_id = 0;
  std::uint16_t failing_method_id = 0;
};
struct CloseOk {
  static constexpr MethodId kId{20, 41};
};
}  // namespace channel

namespace access {
struct Request {
  static constexpr MethodId kId{30, 10};
  std::string_view realm = {};
  bool exclusive = false;
  bool passive = false;
  bool active = false;
  bool write = false;
  bool read = false;
};
struct RequestOk {
  static constexpr MethodId kId{30, 11};
  std::uint16_t ticket = 1;
};
}  // namespace access

namespace exchange {
struct Declare {
  static constexpr MethodId kId{40, 10};
  std::uint16_t ticket = 0;
  std::string_view exchange = {};
  std::string_view type = "direct";
  bool passive = false;
  bool durable = false;
  bool auto_delete = false;
  bool internal = false;
  bool no_wait = false;
  FieldTable arguments = {};
};
struct DeclareOk {
  static constexpr MethodId kId{40, 11};
};
struct Delete {
  static constexpr MethodId kId{40, 20};
  std::uint16_t ticket = 0;
  std::string_view exchange = {};
  bool if_unused = false;
  bool no_wait = false;
};
struct DeleteOk {
  static constexpr MethodId kId{40, 21};
};
struct Bind {
  static constexpr MethodId kId{40, 30};
  std::uint16_t ticket = 0;
  std::string_view destination = {};
  std::string_view source = {};
  std::string_view routing_key = {};
  bool no_wait = false;
  FieldTable arguments = {};
};
struct BindOk {
  static constexpr MethodId kId{40, 31};
};
struct Unbind {
  static constexpr MethodId kId{40, 40};
  std::uint16_t ticket = 0;
  std::string_view destination = {};
  std::string_view source = {};
  std::string_view routing_key = {};
  bool no_wait = false;
  FieldTable arguments = {};
};
struct UnbindOk {
  static constexpr MethodId kId{40, 51};
};
}  // namespace exchange

namespace queue {
struct Declare {
  static constexpr MethodId kId{50, 10};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  bool passive = false;
  bool durable = false;
  bool exclusive = false;
  bool auto_delete = false;
  bool no_wait = false;
  FieldTable arguments = {};
};
struct DeclareOk {
  static constexpr MethodId kId{50, 11};
  std::string_view queue = {};
  std::uint32_t message_count = 0;
  std::uint32_t consumer_count = 0;
};
struct Bind {
  static constexpr MethodId kId{50, 20};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  std::string_view exchange = {};
  std::string_view routing_key = {};
  bool no_wait = false;
  FieldTable arguments = {};
};
struct BindOk {
  static constexpr MethodId kId{50, 21};
};
struct Purge {
  static constexpr MethodId kId{50, 30};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  bool no_wait = false;
};
struct PurgeOk {
  static constexpr MethodId kId{50, 31};
  std::uint32_t message_count = 0;
};
struct Delete {
  static constexpr MethodId kId{50, 40};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  bool if_unused = false;
  bool if_empty = false;
  bool no_wait = false;
};
struct DeleteOk {
  static constexpr MethodId kId{50, 41};
  std::uint32_t message_count = 0;
};
struct Unbind {
  static constexpr MethodId kId{50, 50};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  std::string_view exchange = {};
  std::string_view routing_key = {};
  FieldTable arguments = {};
};
struct UnbindOk {
  static constexpr MethodId kId{50, 51};
};
}  // namespace queue

namespace basic {
struct Qos {
  static constexpr MethodId kId{60, 10};
  std::uint32_t prefetch_size = 0;
  std::uint16_t prefetch_count = 0;
  bool global = false;
};
struct QosOk {
  static constexpr MethodId kId{60, 11};
};
struct Consume {
  static constexpr MethodId kId{60, 20};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  std::string_view consumer_tag = {};
  bool no_local = false;
  bool no_ack = false;
  bool exclusive = false;
  bool no_wait = false;
  FieldTable arguments = {};
};
struct ConsumeOk {
  static constexpr MethodId kId{60, 21};
  std::string_view consumer_tag = {};
};
struct Cancel {
  static constexpr MethodId kId{60, 30};
  std::string_view consumer_tag = {};
  bool no_wait = false;
};
struct CancelOk {
  static constexpr MethodId kId{60, 31};
  std::string_view consumer_tag = {};
};
struct Publish {
  static constexpr MethodId kId{60, 40};
  std::uint16_t ticket = 0;
  std::string_view exchange = {};
  std::string_view routing_key = {};
  bool mandatory = false;
  bool immediate = false;
};
struct Return {
  static constexpr MethodId kId{60, 50};
  std::uint16_t reply_code = 0;
  std::string_view reply_text = {};
  std::string_view exchange = {};
  std::string_view routing_key = {};
};
struct Deliver {
  static constexpr MethodId kId{60, 60};
  std::string_view consumer_tag = {};
  std::uint64_t delivery_tag = 0;
  bool redelivered = false;
  std::string_view exchange = {};
  std::string_view routing_key = {};
};
struct Get {
  static constexpr MethodId kId{60, 70};
  std::uint16_t ticket = 0;
  std::string_view queue = {};
  bool no_ack = false;
};
struct GetOk {
  static constexpr MethodId kId{60, 71};
  std::uint64_t delivery_tag = 0;
  bool redelivered = false;
  std::string_view exchange = {};
  std::string_view routing_key = {};
  std::uint32_t message_count = 0;
};
struct GetEmpty {
  static constexpr MethodId kId{60, 72};
  std::string_view reserved_1 = {};
};
struct Ack {
  static constexpr MethodId kId{60, 80};
  std::uint64_t delivery_tag = 0;
  bool multiple = false;
};
struct Reject {
  static constexpr MethodId kId{60, 90};
  std::uint64_t delivery_tag = 0;
  bool requeue = false;
};
struct RecoverAsync {
  static constexpr MethodId kId{60, 100};
  bool requeue = false;
};
struct Recover {
  static constexpr MethodId kId{60, 110};
  bool requeue = false;
};
struct RecoverOk {
  static constexpr MethodId kId{60, 111};
};
struct Nack {
  static constexpr MethodId kId{60, 120};
  std::uint64_t delivery_tag = 0;
  bool multiple = false;
  bool requeue = false;
};
}  // namespace basic

namespace tx {
struct Select {
  static constexpr MethodId kId{90, 10};
};
struct SelectOk {
  static constexpr MethodId kId{90, 11};
};
struct Commit {
  static constexpr MethodId kId{90, 20};
};
struct CommitOk {
  static constexpr MethodId kId{90, 21};
};
struct Rollback {
  static constexpr MethodId kId{90, 30};
};
struct RollbackOk {
  static constexpr MethodId kId{90, 31};
};
}  // namespace tx

namespace confirm {
struct Select {
  static constexpr MethodId kId{85, 10};
  bool no_wait = false;
};
struct SelectOk {
  static constexpr MethodId kId{85, 11};
};
}  // namespace confirm
using Method = std::variant<
    connection::Start, connection::StartOk, connection::Secure, connection::SecureOk,
    connection::Tune, connection::TuneOk, connection::Open, connection::OpenOk, connection::Close,
    connection::CloseOk, connection::Blocked, connection::Unblocked, connection::UpdateSecret,
    connection::UpdateSecretOk, channel::Open, channel::OpenOk, channel::Flow, channel::FlowOk,
    channel::Close, channel::CloseOk, access::Request, access::RequestOk, exchange::Declare,
    exchange::DeclareOk, exchange::Delete, exchange::DeleteOk, exchange::Bind, exchange::BindOk,
    exchange::Unbind, exchange::UnbindOk, queue::Declare, queue::DeclareOk, queue::Bind,
    queue::BindOk, queue::Purge, queue::PurgeOk, queue::Delete, queue::DeleteOk, queue::Unbind,
    queue::UnbindOk, basic::Qos, basic::QosOk, basic::Consume, basic::ConsumeOk, basic::Cancel,
    basic::CancelOk, basic::Publish, basic::Return, basic::Deliver, basic::Get, basic::GetOk,
    basic::GetEmpty, basic::Ack, basic::Reject, basic::RecoverAsync, basic::Recover,
    basic::RecoverOk, basic::Nack, tx::Select, tx::SelectOk, tx::Commit, tx::CommitOk, tx::Rollback,
    tx::RollbackOk, confirm::Select, confirm::SelectOk>;

// Decodes the payload of a method frame. Errors: kCommandInvalid for a class or method
// that does not exist, kSyntaxError for fields that are malformed, too short, or
// followed by more bytes; the message names the method. The ids of a method
// that could not be decoded are in peek_method_id().
Result<Method> decode_method(ByteView payload);

// The ids at the front of a method frame's payload; zeros when it is too short.
MethodId peek_method_id(ByteView payload);

MethodId method_id(const Method& method);
// "basic.publish"; "unknown" for ids that do not exist.
std::string_view method_name(MethodId id);
// True for publish, return, deliver and get-ok: a content header follows.
bool has_content(MethodId id);

// Appends a whole method frame. M is any alternative of Method (instantiated in
// methods.cc). Short strings above 255 bytes are a broken precondition.
template <class M>
void encode_method(Buffer& out, std::uint16_t channel, const M& method);

void encode_method(Buffer& out, std::uint16_t channel, const Method& method);

}  // namespace bb::amqp
