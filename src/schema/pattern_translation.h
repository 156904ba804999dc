// ECMA-262 regular expressions in the syntax of PCRE2.
#pragma once

#include <string>

#include "schema/ecma_regex.h"

namespace bb::schema {

// The translation has callouts, by which a search is measured: a letter of these and a
// number. What comes next runs through this many characters before it can fail:
inline constexpr char kCalloutBeforeLoop = '<';
inline constexpr char kCalloutAfterLoop = '>';  // and has come this far; always 0
// What comes next compares the text with what the group of this number captured.
inline constexpr char kCalloutBeforeReference = '=';

// An expression that, anchored at the start of a text (PCRE2_ANCHORED), matches if
// `regex` matches anywhere. It wants PCRE2_UTF and PCRE2_MATCH_UNSET_BACKREF. The
// search is part of the expression because PCRE2 limits the steps per place where it
// begins to match, so that only with a single such place is the limit a limit.
std::string translate_for_search(const Regex& regex);

}  // namespace bb::schema
