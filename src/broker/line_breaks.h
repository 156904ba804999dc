// Line breaks in names: as in RabbitMQ, they are no part of the name of an exchange or queue where
// it is declared, bound or deleted.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "amqp/methods.h"

namespace bb::broker {

// The names in a method, for the methods that this is about; `M` may be const.
template <class M>
  requires std::same_as<std::remove_const_t<M>, amqp::exchange::Declare> ||
           std::same_as<std::remove_const_t<M>, amqp::exchange::Delete>
auto names_in(M& method) {
  return std::tie(method.exchange);
}
template <class M>
  requires std::same_as<std::remove_const_t<M>, amqp::exchange::Bind> ||
           std::same_as<std::remove_const_t<M>, amqp::exchange::Unbind>
auto names_in(M& method) {
  return std::tie(method.destination, method.source);
}
template <class M>
  requires std::same_as<std::remove_const_t<M>, amqp::queue::Declare> ||
           std::same_as<std::remove_const_t<M>, amqp::queue::Delete>
auto names_in(M& method) {
  return std::tie(method.queue);
}
template <class M>
  requires std::same_as<std::remove_const_t<M>, amqp::queue::Bind> ||
           std::same_as<std::remove_const_t<M>, amqp::queue::Unbind>
auto names_in(M& method) {
  return std::tie(method.queue, method.exchange);
}

template <class M>
concept HasNames = requires(M method) { names_in(method); };

template <HasNames M>
bool has_line_breaks(const M& method) {
  return std::apply(
      [](const auto&... names) {
        return ((names.find_first_of("\r\n") != std::string_view::npos) || ...);
      },
      names_in(method));
}

// The same method without them. Its names are in `kept`.
template <HasNames M>
M without_line_breaks(const M& method, std::array<std::string, 2>& kept) {
  M clean = method;
  std::apply(
      [&](auto&... names) {
        std::size_t next = 0;
        const auto strip = [&](std::string_view& name) {
          std::string& to = kept[next++];
          to = name;
          std::erase_if(to, [](char c) { return c == '\r' || c == '\n'; });
          name = to;
        };
        (strip(names), ...);
      },
      names_in(clean));
  return clean;
}

}  // namespace bb::broker
