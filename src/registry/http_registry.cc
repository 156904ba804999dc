#include "registry/http_registry.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/try.h"
#include "base/utf8.h"
#include "client/http_client.h"

namespace bb::registry {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

// Between the addresses of a host; what ends the whole is the caller's.
constexpr std::chrono::seconds kConnectTime{5};
constexpr std::size_t kReasonBytesMax = 300;

std::string path_of(const client::HttpUrl& url) {
  return url.path + "/api/bloodbank/services";
}

std::string path_of(const client::HttpUrl& url, const ServiceKey& key) {
  return fmt::format("{}/{}/{}/{}", path_of(url), client::encode_path_segment(key.vhost),
                     client::encode_path_segment(key.exchange),
                     client::encode_path_segment(key.name));
}

json::value json_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

// {"error": "not_found", "reason": "..."}, as management APIs have it.
std::string member_of(const json::value& answer, std::string_view name) {
  const json::object* const object = answer.if_object();
  const json::value* const member =
      object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
  if (member == nullptr || !member->is_string()) return "";
  return printable({member->get_string().data(), member->get_string().size()}, kReasonBytesMax);
}

std::unexpected<Error> refused(const client::HttpUrl& url, const client::HttpResponse& response) {
  const json::value answer = json_of(response.body);
  const std::string reason = member_of(answer, "reason");
  const std::string said = fmt::format("{} answered {}{}{}", url.redacted(), response.status,
                                       reason.empty() ? "" : ": ", reason);
  switch (response.status) {
    case 401:
    case 403:
      return fail(ErrorCode::kAccessRefused, said);
    case 404:
      // Of the registry, and not of its path.
      if (member_of(answer, "error") == "not_found") return fail(ErrorCode::kNotFound, reason);
      [[fallthrough]];
    case 405:
    case 501:
      return fail(ErrorCode::kNotImplemented,
                  fmt::format("the broker at {} keeps no registry of services", url.redacted()));
    case 429:
      return fail(ErrorCode::kResourceError, reason.empty() ? said : reason);
    default:
      return fail(ErrorCode::kFailure, said);
  }
}

asio::awaitable<Result<std::string>> call(client::HttpUrl url, std::string method,
                                          std::string target, std::string body) {
  client::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.authorization =
      "Basic " + encode_base64(url.user.value_or("") + ":" + url.password.value_or(""));
  request.body = std::move(body);
  const auto deadline = std::chrono::steady_clock::now() + kConnectTime;
  auto sent = client::send_http(url, std::move(request), deadline);
  auto response = co_await std::move(sent);
  if (!response) co_return fail(std::move(response).error());
  if (response->status < 200 || response->status > 299) co_return refused(url, *response);
  co_return std::move(response->body);
}

asio::awaitable<Result<void>> change(client::HttpUrl url, std::string method, std::string target,
                                     std::string body) {
  auto called = call(std::move(url), std::move(method), std::move(target), std::move(body));
  auto answer = co_await std::move(called);
  if (!answer) co_return fail(std::move(answer).error());
  co_return Result<void>();
}

Result<std::vector<RegisteredInstance>> read_list(const client::HttpUrl& url,
                                                  const std::string& text) {
  const json::value answer = json_of(text);
  if (!answer.is_array()) {
    return fail(ErrorCode::kNotImplemented,
                fmt::format("{} gave no list of services", url.redacted()));
  }
  std::vector<RegisteredInstance> list;
  for (const json::value& each : answer.get_array()) {
    if (!each.is_object()) continue;
    BB_TRY_ASSIGN(RegisteredInstance instance, registered_from_json(each.get_object()));
    list.push_back(std::move(instance));
  }
  return list;
}

asio::awaitable<Result<std::vector<RegisteredInstance>>> fetch_list(client::HttpUrl url) {
  std::string target = path_of(url);
  auto called = call(url, "GET", std::move(target), "");
  auto answer = co_await std::move(called);
  if (!answer) co_return fail(std::move(answer).error());
  co_return read_list(url, *answer);
}

class HttpRegistry final : public Registry {
 public:
  explicit HttpRegistry(client::HttpUrl url) : url_(std::move(url)) {}

  asio::awaitable<Result<void>> put(ServiceInstance instance) override {
    std::string target =
        path_of(url_, instance.key) + "/" + client::encode_path_segment(instance.id());
    return change(url_, "PUT", std::move(target), json::serialize(to_json(instance)));
  }

  asio::awaitable<Result<std::vector<RegisteredInstance>>> list() override {
    return fetch_list(url_);
  }

  asio::awaitable<Result<void>> remove(ServiceKey key) override {
    return change(url_, "DELETE", path_of(url_, key), "");
  }

 private:
  const client::HttpUrl url_;
};

}  // namespace

std::unique_ptr<Registry> make_http_registry(client::HttpUrl url) {
  return std::make_unique<HttpRegistry>(std::move(url));
}

}  // namespace bb::registry
