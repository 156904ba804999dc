#include <limits>
#include <type_traits>

#include "amqp/constants.h"
#include "amqp/method_fields.h"
#include "amqp/methods.h"

namespace bb::amqp {
namespace {

// Writes fields to the end of a buffer. Consecutive bits share octets, lowest bit first
// (AMQP 0-9-1 §4.2.5.2).
class MethodWriter {
 public:
  static constexpr bool kWriting = true;

  explicit MethodWriter(Buffer& out) : out_(out) {}

  MethodWriter& octet(std::uint8_t value) { return integer(value); }
  MethodWriter& short_integer(std::uint16_t value) { return integer(value); }
  MethodWriter& long_integer(std::uint32_t value) { return integer(value); }
  MethodWriter& long_long_integer(std::uint64_t value) { return integer(value); }

  MethodWriter& short_string(std::string_view text) {
    BB_ASSERT(text.size() <= kShortStringMaxBytes);
    integer(static_cast<std::uint8_t>(text.size()));
    out_.append(text);
    return *this;
  }

  MethodWriter& long_string(std::string_view text) {
    BB_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max());
    integer(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
    return *this;
  }

  MethodWriter& table(const FieldTable& table) {
    bits_ = 0;
    encode_table(out_, table);
    return *this;
  }

  MethodWriter& bit(bool value) {
    if (bits_ == 0) out_.append_integer(std::uint8_t{0});
    std::byte& octet = *out_.at(out_.size() - 1);
    octet |= static_cast<std::byte>(static_cast<unsigned>(value) << bits_);
    bits_ = (bits_ + 1) % 8;
    return *this;
  }

 private:
  template <class T>
  MethodWriter& integer(T value) {
    bits_ = 0;
    out_.append_integer(value);
    return *this;
  }

  Buffer& out_;
  unsigned bits_ = 0;  // used in the last octet; 0: the next bit opens a new one
};

}  // namespace

template <class M>
void encode_method(Buffer& out, std::uint16_t channel, const M& method) {
  const std::size_t start = out.size();
  out.append_integer(static_cast<std::uint8_t>(FrameType::kMethod));
  out.append_integer(channel);
  out.append_integer(std::uint32_t{0});
  out.append_integer(M::kId.class_id);
  out.append_integer(M::kId.method_id);
  if constexpr (!std::is_empty_v<M>) {
    MethodWriter writer(out);
    describe(writer, method);
  }
  const std::size_t payload_bytes = out.size() - start - kFrameHeaderBytes;
  BB_ASSERT(payload_bytes <= std::numeric_limits<std::uint32_t>::max());
  store_big_endian(out.at(start + 3), static_cast<std::uint32_t>(payload_bytes));
  out.append_integer(kFrameEnd);
}

void encode_method(Buffer& out, std::uint16_t channel, const Method& method) {
  std::visit([&](const auto& alternative) { encode_method(out, channel, alternative); }, method);
}

template void encode_method(Buffer&, std::uint16_t, const connection::Start&);
template void encode_method(Buffer&, std::uint16_t, const connection::StartOk&);
template void encode_method(Buffer&, std::uint16_t, const connection::Secure&);
template void encode_method(Buffer&, std::uint16_t, const connection::SecureOk&);
template void encode_method(Buffer&, std::uint16_t, const connection::Tune&);
template void encode_method(Buffer&, std::uint16_t, const connection::TuneOk&);
template void encode_method(Buffer&, std::uint16_t, const connection::Open&);
template void encode_method(Buffer&, std::uint16_t, const connection::OpenOk&);
template void encode_method(Buffer&, std::uint16_t, const connection::Close&);
template void encode_method(Buffer&, std::uint16_t, const connection::CloseOk&);
template void encode_method(Buffer&, std::uint16_t, const connection::Blocked&);
template void encode_method(Buffer&, std::uint16_t, const connection::Unblocked&);
template void encode_method(Buffer&, std::uint16_t, const connection::UpdateSecret&);
template void encode_method(Buffer&, std::uint16_t, const connection::UpdateSecretOk&);
template void encode_method(Buffer&, std::uint16_t, const channel::Open&);
template void encode_method(Buffer&, std::uint16_t, const channel::OpenOk&);
template void encode_method(Buffer&, std::uint16_t, const channel::Flow&);
template void encode_method(Buffer&, std::uint16_t, const channel::FlowOk&);
template void encode_method(Buffer&, std::uint16_t, const channel::Close&);
template void encode_method(Buffer&, std::uint16_t, const channel::CloseOk&);
template void encode_method(Buffer&, std::uint16_t, const access::Request&);
template void encode_method(Buffer&, std::uint16_t, const access::RequestOk&);
template void encode_method(Buffer&, std::uint16_t, const exchange::Declare&);
template void encode_method(Buffer&, std::uint16_t, const exchange::DeclareOk&);
template void encode_method(Buffer&, std::uint16_t, const exchange::Delete&);
template void encode_method(Buffer&, std::uint16_t, const exchange::DeleteOk&);
template void encode_method(Buffer&, std::uint16_t, const exchange::Bind&);
template void encode_method(Buffer&, std::uint16_t, const exchange::BindOk&);
template void encode_method(Buffer&, std::uint16_t, const exchange::Unbind&);
template void encode_method(Buffer&, std::uint16_t, const exchange::UnbindOk&);
template void encode_method(Buffer&, std::uint16_t, const queue::Declare&);
template void encode_method(Buffer&, std::uint16_t, const queue::DeclareOk&);
template void encode_method(Buffer&, std::uint16_t, const queue::Bind&);
template void encode_method(Buffer&, std::uint16_t, const queue::BindOk&);
template void encode_method(Buffer&, std::uint16_t, const queue::Purge&);
template void encode_method(Buffer&, std::uint16_t, const queue::PurgeOk&);
template void encode_method(Buffer&, std::uint16_t, const queue::Delete&);
template void encode_method(Buffer&, std::uint16_t, const queue::DeleteOk&);
template void encode_method(Buffer&, std::uint16_t, const queue::Unbind&);
template void encode_method(Buffer&, std::uint16_t, const queue::UnbindOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::Qos&);
template void encode_method(Buffer&, std::uint16_t, const basic::QosOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::Consume&);
template void encode_method(Buffer&, std::uint16_t, const basic::ConsumeOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::Cancel&);
template void encode_method(Buffer&, std::uint16_t, const basic::CancelOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::Publish&);
template void encode_method(Buffer&, std::uint16_t, const basic::Return&);
template void encode_method(Buffer&, std::uint16_t, const basic::Deliver&);
template void encode_method(Buffer&, std::uint16_t, const basic::Get&);
template void encode_method(Buffer&, std::uint16_t, const basic::GetOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::GetEmpty&);
template void encode_method(Buffer&, std::uint16_t, const basic::Ack&);
template void encode_method(Buffer&, std::uint16_t, const basic::Reject&);
template void encode_method(Buffer&, std::uint16_t, const basic::RecoverAsync&);
template void encode_method(Buffer&, std::uint16_t, const basic::Recover&);
template void encode_method(Buffer&, std::uint16_t, const basic::RecoverOk&);
template void encode_method(Buffer&, std::uint16_t, const basic::Nack&);
template void encode_method(Buffer&, std::uint16_t, const tx::Select&);
template void encode_method(Buffer&, std::uint16_t, const tx::SelectOk&);
template void encode_method(Buffer&, std::uint16_t, const tx::Commit&);
template void encode_method(Buffer&, std::uint16_t, const tx::CommitOk&);
template void encode_method(Buffer&, std::uint16_t, const tx::Rollback&);
template void encode_method(Buffer&, std::uint16_t, const tx::RollbackOk&);
template void encode_method(Buffer&, std::uint16_t, const confirm::Select&);
template void encode_method(Buffer&, std::uint16_t, const confirm::SelectOk&);

}  // namespace bb::amqp
