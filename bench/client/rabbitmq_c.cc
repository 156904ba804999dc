// The peer: rabbitmq-c, with the same messages and the same window of unconfirmed ones.
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "measure.h"
#include "modes.h"

namespace bb::bench {
namespace {

class Peer {
 public:
  explicit Peer(const std::string& url) : url_(url), connection_(amqp_new_connection()) {}
  ~Peer() { amqp_destroy_connection(connection_); }

  bool open() {
    amqp_connection_info info;
    if (amqp_parse_url(url_.data(), &info) != AMQP_STATUS_OK) return false;
    amqp_socket_t* const socket = amqp_tcp_socket_new(connection_);
    if (socket == nullptr || amqp_socket_open(socket, info.host, info.port) != AMQP_STATUS_OK) {
      return false;
    }
    const auto login = amqp_login(connection_, info.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                  AMQP_SASL_METHOD_PLAIN, info.user, info.password);
    if (login.reply_type != AMQP_RESPONSE_NORMAL) return false;
    amqp_channel_open(connection_, 1);
    amqp_confirm_select(connection_, 1);
    return amqp_get_rpc_reply(connection_).reply_type == AMQP_RESPONSE_NORMAL;
  }

  bool publish(const std::string& exchange, const std::string& body) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.content_type = amqp_cstring_bytes("application/json");
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    ++sent_;
    return amqp_basic_publish(connection_, 1, amqp_cstring_bytes(exchange.c_str()),
                              amqp_cstring_bytes("bench.client.sent"), 1, 0, &properties,
                              {body.size(), const_cast<char*>(body.data())}) == AMQP_STATUS_OK;
  }

  // Reads confirms until at most so many are missing.
  bool wait_unconfirmed_at_most(std::uint64_t count) {
    while (sent_ - confirmed_ > count) {
      amqp_maybe_release_buffers(connection_);
      amqp_frame_t frame;
      if (amqp_simple_wait_frame(connection_, &frame) != AMQP_STATUS_OK) return false;
      if (frame.frame_type != AMQP_FRAME_METHOD ||
          frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
        return false;
      }
      const auto* const ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
      confirmed_ = ack->multiple != 0 ? ack->delivery_tag : confirmed_ + 1;
    }
    return true;
  }

 private:
  std::string url_;  // amqp_parse_url() writes into it
  amqp_connection_state_t connection_;
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;
};

}  // namespace

int publish_by_rabbitmq_c(const Job& job) {
  Peer peer(job.urls.front());
  if (!peer.open()) {
    std::fputs("client_bench: rabbitmq-c does not connect\n", stderr);
    return 1;
  }
  const std::string body(job.body_bytes, 'x');
  const Stopwatch watch;
  bool good = true;
  for (std::uint64_t i = 0; good && i < job.count; ++i) {
    good = peer.publish(job.exchange, body) && peer.wait_unconfirmed_at_most(job.window - 1);
  }
  good = good && peer.wait_unconfirmed_at_most(0);
  if (!good) {
    std::fputs("client_bench: rabbitmq-c failed\n", stderr);
    return 1;
  }
  std::printf("{\"count\":%llu,\"wall_s\":%.6f,\"cpu_s\":%.6f}\n",
              static_cast<unsigned long long>(job.count), watch.wall_s(), watch.cpu_s());
  return 0;
}

}  // namespace bb::bench
