// ECMA-262 regular expressions in the syntax of PCRE2.
#pragma once

#include <string>

#include "schema/ecma_regex.h"

namespace bb::schema {

// The callouts around each loop of the translation, by which a search is measured.
inline constexpr unsigned kCalloutBeforeLoop = 1;
inline constexpr unsigned kCalloutAfterLoop = 2;

// An expression that, anchored at the start of a text (PCRE2_ANCHORED), matches if
// `regex` matches anywhere. It wants PCRE2_UTF and PCRE2_MATCH_UNSET_BACKREF. The
// search is part of the expression because PCRE2 limits the steps per place where it
// begins to match, so that only with a single such place is the limit a limit.
std::string translate_for_search(const Regex& regex);

}  // namespace bb::schema
