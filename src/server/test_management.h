// For tests: the management API without sockets.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <functional>
#include <string>
#include <utility>

#include "base/base64.h"
#include "broker/broker.h"
#include "registry/service_table.h"
#include "server/management_api.h"

namespace bb::server {

class ManagementTest : public testing::Test {
 protected:
  // By guest, unless log_in() said somebody else. What comes piece by piece comes as a whole, but
  // for `between`.
  HttpResponse send(
      std::string method, std::string target, std::string body = {},
      const std::function<void()>& between = [] {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.peer = "127.0.0.1:1";
    request.peer_is_loopback = loopback_;
    if (!login_.empty()) request.authorization = "Basic " + encode_base64(login_);
    HttpResponse response = handle_management(broker_, services_, nullptr, request);
    while (response.more && response.more(response.body)) between();
    return response;
  }
  unsigned status(std::string method, std::string target, std::string body = {}) {
    return send(std::move(method), std::move(target), std::move(body)).status;
  }
  std::string get(std::string target) {
    const HttpResponse response = send("GET", std::move(target));
    EXPECT_EQ(response.status, 200u) << response.body;
    return response.body;
  }
  boost::json::value get_json(std::string target) {
    return boost::json::parse(get(std::move(target)));
  }
  void log_in(std::string user_colon_password) { login_ = std::move(user_colon_password); }
  void add_user(const std::string& name, const std::string& tags) {
    ASSERT_EQ(
        status("PUT", "/api/users/" + name, R"({"password": "pw", "tags": ")" + tags + R"("})"),
        201u);
  }

  broker::MemoryStorage storage_;
  broker::Broker broker_{broker::Options{}, storage_};
  registry::ServiceTable services_;
  std::string login_ = "guest:guest";
  bool loopback_ = true;
};

}  // namespace bb::server
