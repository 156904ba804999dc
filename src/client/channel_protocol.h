// One channel of the protocol machine: methods in, frames and events out. Sans-io; see
// protocol.h.
//
// Answers are matched to calls by order, as AMQP 0-9-1 §2.2.1 promises it for each
// channel. When the channel ends, whoever ended it, every call that waits fails with the
// reason, and so does every later one.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "amqp/content.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "base/try.h"
#include "client/confirm_tracker.h"
#include "client/link.h"

namespace bb::client {

// Text in the fields of a method and in properties: at most 255 bytes (AMQP 0-9-1
// §4.2.5.3). kUsage names `what` is too long.
Result<void> check_short_string(std::string_view what, std::string_view text);

class ChannelProtocol {
 public:
  // Writes channel.open, without waiting for the answer. `link` outlives the channel.
  ChannelProtocol(Link& link, std::uint16_t number, ChannelKey key);
  ChannelProtocol(const ChannelProtocol&) = delete;
  ChannelProtocol& operator=(const ChannelProtocol&) = delete;

  // Writes a method that has an answer, which comes as CallDone. Its text was checked with
  // check_short_string(). Errors: the channel's, kContentTooLarge when the method
  // does not fit in a frame, kResourceError when too much waits already.
  template <class M>
  Result<CallId> call(const M& method) {
    BB_TRY(check_can_call());
    BB_TRY(send(method));
    return expect_answer(M::kId);
  }

  // Writes a method that has none. Same errors.
  template <class M>
  Result<void> send(const M& method) {
    BB_TRY(check_open());
    const std::size_t start = link_.output.size();
    BB_TRY(link_.check_room(0));
    amqp::encode_method(link_.output, number_, method);
    return check_frame_fits(start, amqp::method_name(M::kId));
  }

  // Repeating it is nothing. kUsage after the first publish().
  Result<void> enable_confirms();
  bool confirms() const { return confirms_; }

  // Gives the sequence number.
  Result<std::uint64_t> publish(const OutgoingMessage& message);

  // Writes channel.close; its answer comes as CallDone, then ChannelEnded. Nothing else
  // may be called afterwards.
  Result<CallId> close();

  // The connection gives frames in; an error is one of the connection.
  Result<void> on_frame(const amqp::Frame& frame);
  // The connection has ended. Nothing is written.
  void end(const Error& error, bool by_close);

  ChannelKey key() const { return key_; }
  bool is_open() const { return state_ == State::kOpen && !link_.closing; }
  // False while the broker asks for a pause in publishing (channel.flow).
  bool flow_active() const { return flow_active_; }
  // The number may be given to another channel.
  bool is_gone() const { return state_ == State::kGone; }
  // What calls fail with once the channel is not open.
  const Error& error() const { return error_; }

 private:
  enum class State {
    kOpen,
    kClosing,    // we sent close: answers and confirms still count
    kAbandoned,  // we sent close after an error: only close-ok counts
    kGone,
  };
  struct PendingCall {
    amqp::MethodId request;
    std::optional<CallId> call;  // without: nobody waits
  };
  // What the content being assembled is for.
  struct ReturnContent {
    std::string text;
    std::string exchange;
    std::string routing_key;
  };
  struct DeliverContent {
    Delivery delivery;
  };
  struct GetContent {
    Delivery delivery;
    std::uint32_t message_count;
  };

  Result<void> check_open() const;
  Result<void> check_can_call() const;
  Result<void> check_publishable(const OutgoingMessage& message) const;
  Result<void> check_frame_fits(std::size_t start, std::string_view what);
  CallId expect_answer(amqp::MethodId request);

  Result<void> on_method(const amqp::Method& method);
  Result<void> on_content(const amqp::Frame& frame);
  Result<void> finish_content();
  void finish_return(const ReturnContent& returned, const amqp::BasicProperties& properties);
  Result<void> on_answer(amqp::MethodId answer, Reply reply);
  Result<void> on_close(const amqp::channel::Close& close);
  Result<void> on_close_ok();
  void on_cancel(const amqp::basic::Cancel& cancel);
  Result<void> on_confirm(std::uint64_t tag, bool multiple, bool nacked);
  void abandon(const Error& error);

  // Fails the calls that wait, all but the last `kept`.
  void fail_calls(const Error& error, std::size_t kept);
  void announce_end(const Error& error, bool by_close);

  Link& link_;
  const std::uint16_t number_;
  const ChannelKey key_;
  State state_ = State::kOpen;
  Error error_{ErrorCode::kClosed, {}};
  bool flow_active_ = true;

  std::deque<PendingCall> calls_;
  amqp::ContentAssembler assembler_;
  std::variant<ReturnContent, DeliverContent, GetContent> content_;

  bool confirms_ = false;
  std::uint64_t published_ = 0;  // while confirms are off
  ConfirmTracker tracker_;
  std::vector<Confirm> settled_;  // reused by on_confirm()
};

}  // namespace bb::client
