// Searches by PCRE2 that cannot run away: the steps of every search are counted.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "schema/pattern.h"

namespace bb::schema {

// What pcre2_match() works in.
class GuardedScratch {
 public:
  GuardedScratch();

 private:
  friend class GuardedRegex;
  struct Free {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  };

  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> context_;
};

class GuardedRegex {
 public:
  // Errors: kFailure with what PCRE2 says about `pcre2_source`.
  static Result<GuardedRegex> compile(const std::string& pcre2_source);

  Pattern::Outcome search(std::string_view utf8, GuardedScratch& scratch) const;

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  };
  using Code = std::unique_ptr<pcre2_code, Free>;

  explicit GuardedRegex(Code code) : code_(std::move(code)) {}

  Code code_;
};

}  // namespace bb::schema
