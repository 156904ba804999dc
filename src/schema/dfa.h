#pragma once
namespace bb::schema {
class Dfa {};
}  // namespace bb::schema
