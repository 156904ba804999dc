#include "webhook/deliverer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "webhook/test_endpoint.h"
#include "webhook/test_sender.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Ended = Deliverer::Ended;
using Key = DeliveryQueue::Key;
using namespace std::chrono_literals;

// A deliverer to an endpoint, and all that becomes of its events.
class Delivery : public DeliveryObserver {
 public:
  Delivery(asio::io_context& context, std::function<Answer(const ReceivedRequest&)> respond,
           DeliveryOptions options = impatient(), std::chrono::milliseconds timeout = 20s)
      : context_(context),
        endpoint(context, std::move(respond)),
        deliverer(context.get_executor(), make_sender(endpoint.port(), timeout), options, *this) {}

  // Waits so short that a test sees many of them.
  static DeliveryOptions impatient() {
    DeliveryOptions options;
    options.pacer.backoff = {.delay = 1ms, .factor = 2, .delay_max = 4ms};
    options.event_backoff = {.delay = 1ms, .factor = 2, .delay_max = 8ms};
    options.failures_max = 1000;
    options.attempts_max = 1000;
    return options;
  }

  void submit(Key count) {
    for (Key key = 1; key <= count; ++key) {
      ASSERT_TRUE(deliverer.submit(key, "evt_" + std::to_string(key), "{}"));
    }
  }

  // Runs until it is stopped, which it is when so many are done with, or gone.
  void begin(std::size_t stop_at) {
    stop_at_ = stop_at;
    asio::co_spawn(context_, run(), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  void on_delivered(Key key) override {
    EXPECT_TRUE(delivered.insert(key).second) << "twice: " << key;
    if (on_each) on_each();
    stop_when_done();
  }
  void on_refused(Key key, const Verdict& verdict) override {
    refused.insert(key);
    reasons.insert(verdict.reason);
    stop_when_done();
  }
  void on_handed_back(Key key, const std::string& reason) override {
    handed_back.insert(key);
    reasons.insert(reason);
    stop_when_done();
  }
  void on_unsendable(Key key, const Verdict& verdict) override {
    unsendable.insert(key);
    reasons.insert(verdict.reason);
    stop_when_done();
  }
  void on_failed(Key, const Verdict& verdict, std::chrono::milliseconds pause,
                 EndpointPacer::State) override {
    ++failures;
    reasons.insert(verdict.reason);
    longest_pause = std::max(longest_pause, pause);
  }
  void on_recovered() override { ++recoveries; }

  std::set<Key> delivered;
  std::set<Key> refused;
  std::set<Key> handed_back;
  std::set<Key> unsendable;
  std::set<std::string> reasons;
  unsigned failures = 0;
  unsigned recoveries = 0;
  std::chrono::milliseconds longest_pause{0};
  std::optional<Ended> ended;
  std::function<void()> on_each;  // after each delivery

 private:
  static WebhookSender make_sender(std::uint16_t port, std::chrono::milliseconds timeout) {
    SenderOptions options = sender_options("http://127.0.0.1:" + std::to_string(port) + "/hook");
    options.timeout = timeout;
    return WebhookSender::make(std::move(options)).value();
  }

  asio::awaitable<void> run() {
    ended = co_await deliverer.run();
    context_.stop();
  }

  void stop_when_done() {
    const std::size_t done =
        delivered.size() + refused.size() + handed_back.size() + unsendable.size();
    if (done == stop_at_) deliverer.stop();
  }

  asio::io_context& context_;
  std::size_t stop_at_ = 0;

 public:
  TestEndpoint endpoint;
  Deliverer deliverer;
};

Answer always_ok(const ReceivedRequest&) {
  return answer("200 OK");
}

TEST(Deliverer, PostsEachEventOnce) {
  asio::io_context context{1};
  Delivery delivery(context, always_ok);
  delivery.submit(100);
  delivery.begin(100);
  context.run();
  EXPECT_EQ(delivery.ended, Ended::kStopped);
  EXPECT_EQ(delivery.delivered.size(), 100u);
  EXPECT_EQ(delivery.endpoint.requests.size(), 100u);
  EXPECT_LE(delivery.endpoint.connections, PacerOptions().window_max);
  EXPECT_EQ(delivery.deliverer.size(), 0u);
}

// Down for the second fifty of every hundred requests.
TEST(Deliverer, DeliversAllToAnEndpointThatIsDownHalfOfTheTime) {
  asio::io_context context{1};
  unsigned asked = 0;
  Delivery delivery(context, [&asked](const ReceivedRequest&) {
    return asked++ / 50 % 2 == 1 ? answer("503 Down") : answer("204 No Content");
  });
  delivery.submit(400);
  delivery.begin(400);
  context.run();
  EXPECT_EQ(delivery.delivered.size(), 400u);
  EXPECT_THAT(delivery.refused, IsEmpty());
  EXPECT_GE(delivery.failures, 350u);
  EXPECT_GE(delivery.recoveries, 7u);
  EXPECT_GT(delivery.longest_pause, 0ms);
  EXPECT_THAT(delivery.reasons, ElementsAre("answered 503"));
}

TEST(Deliverer, AnEndpointThatIsDownCostsTheOthersNothing) {
  asio::io_context context{1};
  Delivery silent(context,
                  [](const ReceivedRequest&) { return Answer{.then = Answer::Then::kHang}; });
  Delivery failing(context, [](const ReceivedRequest&) { return answer("500 Oops"); });
  Delivery good(context, always_ok);
  for (Delivery* delivery : {&silent, &failing, &good}) {
    delivery->submit(1000);
    delivery->begin(1000);
  }
  context.run();  // until the good one has all of its events
  EXPECT_EQ(good.ended, Ended::kStopped);
  EXPECT_EQ(good.delivered.size(), 1000u);
  EXPECT_EQ(good.failures, 0u);
  EXPECT_EQ(silent.endpoint.requests.size(), 1u);
  EXPECT_GE(failing.failures, 1u);
  EXPECT_FALSE(silent.ended || failing.ended);
}

TEST(Deliverer, EndsWhenTheEndpointIsGone) {
  asio::io_context context{1};
  Delivery delivery(context, [](const ReceivedRequest& request) {
    return request.head.find("evt_3\r\n") == std::string::npos ? answer("200 OK")
                                                               : answer("410 Gone");
  });
  delivery.submit(100);
  delivery.begin(100);
  context.run();
  EXPECT_EQ(delivery.ended, Ended::kGone);
  EXPECT_FALSE(delivery.delivered.contains(3));
  EXPECT_LT(delivery.endpoint.requests.size(), 10u);
}

TEST(Deliverer, SaysWhatCannotBeSentAndGoesOn) {
  asio::io_context context{1};
  Delivery delivery(context, always_ok);
  ASSERT_TRUE(delivery.deliverer.submit(1, "not.an.id", "{}"));
  ASSERT_TRUE(delivery.deliverer.submit(2, "evt_2", "{}"));
  delivery.begin(2);
  context.run();
  EXPECT_THAT(delivery.unsendable, ElementsAre(1u));
  EXPECT_THAT(delivery.delivered, ElementsAre(2u));
  EXPECT_THAT(delivery.reasons, ElementsAre(HasSubstr("webhook-id")));
}

TEST(Deliverer, SaysWhatWasRefusedAndGoesOn) {
  asio::io_context context{1};
  Delivery delivery(context, [](const ReceivedRequest& request) {
    return request.head.find("evt_2\r\n") == std::string::npos ? answer("200 OK")
                                                               : answer("400 Bad");
  });
  delivery.submit(3);
  delivery.begin(3);
  context.run();
  EXPECT_THAT(delivery.refused, ElementsAre(2u));
  EXPECT_THAT(delivery.delivered, ElementsAre(1u, 3u));
  EXPECT_EQ(delivery.endpoint.requests.size(), 3u);
}

TEST(Deliverer, HandsBackWhatFailsAgainAndAgainWhereOthersDoNot) {
  asio::io_context context{1};
  DeliveryOptions options = Delivery::impatient();
  options.failures_max = 2;
  Delivery delivery(
      context,
      [](const ReceivedRequest& request) {
        return request.head.find("evt_2\r\n") == std::string::npos ? answer("200 OK")
                                                                   : answer("500 Oops");
      },
      options);
  delivery.submit(2);
  // Another one after each, so that the endpoint is seen to work.
  Key next = 3;
  delivery.on_each = [&] {
    if (delivery.handed_back.empty()) {
      ASSERT_TRUE(delivery.deliverer.submit(next, "evt_" + std::to_string(next), "{}"));
      ++next;
    } else {
      delivery.deliverer.stop();
    }
  };
  delivery.begin(0);
  context.run();
  EXPECT_THAT(delivery.handed_back, ElementsAre(2u));
  EXPECT_GE(delivery.delivered.size(), 1u);
  EXPECT_THAT(delivery.reasons, ElementsAre("answered 500"));
}

TEST(Deliverer, HandsBackWhatWaitsForTooLong) {
  asio::io_context context{1};
  DeliveryOptions options = Delivery::impatient();
  options.pacer.backoff = {.delay = 1h, .factor = 2, .delay_max = 1h};  // one attempt at all
  options.hold_max = 1s;
  Delivery delivery(context, [](const ReceivedRequest&) { return answer("503 Down"); }, options);
  delivery.submit(3);
  delivery.begin(3);
  context.run();
  EXPECT_THAT(delivery.handed_back, ElementsAre(1u, 2u, 3u));
  EXPECT_EQ(delivery.endpoint.requests.size(), 1u);
  EXPECT_THAT(delivery.reasons, ElementsAre("answered 503"));
  EXPECT_EQ(delivery.deliverer.size(), 0u);
}

TEST(Deliverer, TakesEventsWhileItRunsUpToItsBound) {
  asio::io_context context{1};
  DeliveryOptions options = Delivery::impatient();
  options.events_max = 2;
  Delivery delivery(context, always_ok, options);
  delivery.submit(2);
  EXPECT_FALSE(delivery.deliverer.submit(3, "evt_3", "{}"));
  Key next = 3;
  delivery.on_each = [&] {
    if (next <= 50) {
      EXPECT_TRUE(delivery.deliverer.submit(next, "evt_" + std::to_string(next), "{}"));
    }
    ++next;
  };
  delivery.begin(50);
  context.run();
  EXPECT_EQ(delivery.delivered.size(), 50u);
}

TEST(Deliverer, PostsAnEventAgainUnderTheSameId) {
  asio::io_context context{1};
  unsigned asked = 0;
  Delivery delivery(context, [&asked](const ReceivedRequest&) {
    return ++asked < 3 ? Answer{.then = Answer::Then::kClose} : answer("200 OK");
  });
  delivery.submit(1);
  delivery.begin(1);
  context.run();
  ASSERT_EQ(delivery.endpoint.requests.size(), 3u);
  for (const ReceivedRequest& request : delivery.endpoint.requests) {
    EXPECT_THAT(request.head, HasSubstr("\r\nwebhook-id: evt_1\r\n"));
  }
}

TEST(Deliverer, StopsWhileNothingIsUnderWay) {
  asio::io_context context{1};
  Delivery delivery(context, always_ok);
  delivery.begin(0);
  asio::post(context, [&delivery] { delivery.deliverer.stop(); });
  context.run();
  EXPECT_EQ(delivery.ended, Ended::kStopped);
}

}  // namespace
}  // namespace bb::webhook
