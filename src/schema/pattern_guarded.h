// Searches by PCRE2 that cannot run away. What a search costs is counted, not timed:
// the same text has the same answer on every machine.
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <string_view>
#include <utility>

#include "bloodbank/result.h"
#include "schema/ecma_regex.h"
#include "schema/pattern.h"

namespace bb::schema {

// What pcre2_match() works in; grows to 16 MiB at most. For one thread at a time.
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

// Immutable; any number of threads may search at once, each with its own scratch.
class GuardedRegex {
 public:
  // Errors: kFailure with what PCRE2 has against it: a look-behind of variable length,
  // or a size beyond its limits.
  static Result<GuardedRegex> compile(const Regex& regex);

  // Text that is not UTF-8 matches nothing.
  Pattern::Outcome search(std::string_view text, GuardedScratch& scratch) const;

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  };
  using Code = std::unique_ptr<pcre2_code, Free>;

  explicit GuardedRegex(Code code) : code_(std::move(code)) {}

  Code code_;
};

}  // namespace bb::schema
