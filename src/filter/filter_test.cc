#include "filter/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "filter/filter_fixture.h"
#include "schema/allocation_count.h"

namespace bb::filter {
namespace {

constexpr std::string_view kEvent = R"({
  "event_id": "5b1f0c7e-2f64-4c1e-9a53-8d1f6a0b7c21",
  "event_type": "transcription.voice.completed",
  "timestamp": "2026-01-27T10:30:15.234Z",
  "version": "1.0.0",
  "source": {"host": "desk", "type": "agent", "app": null},
  "correlation_ids": [],
  "trace": {"id": 17},
  "payload": {
    "text": "Hey Tonny, what's \"on\"?", "empty": "", "tabbed": "a\tb", "umlaut": "Z\u00fcrich",
    "emoji": "\ud83d\ude00", "bmp": "\uffee", "digits": "10",
    "zero": 0, "one": 1, "one_point": 1.0, "half": 0.5, "minus": -2.50,
    "huge": 12345678901234567890123, "huger": 12345678901234567890124,
    "yes": true, "no": false, "nothing": null,
    "tags": ["a", "b", 3, null, true, [1, 2], {"x": 1.0, "y": [true]}],
    "words": [{"word": "Hey"}, {"word": "Tonny", "start": 1.5}],
    "none": [], "vacant": {}, "point": {"y": [true], "x": 1},
    "error": {"code": "no_speech", "message": null},
    "odd key": 1, "a/b": 2, "m~n": 3, "quote\"d": 4, "it's": 5, "": 6, "gr\u00f6\u00dfe": 7,
    "kebab-case": 8, "in": 9, "$id": 10, "0": 11, "twice": 1, "twice": 2
  }
})";

struct Case {
  const char* filter;
  bool expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(chooses(c.filter, kEvent), c.expected) << c.filter;
}

TEST(Filter, FindsValuesByDottedPaths) {
  check({{"event_type == 'transcription.voice.completed'", true},
         {"payload.one == 1", true},
         {"payload.one == 2", false},
         {"payload.error.code == 'no_speech'", true},
         {"payload.words[1].word == 'Tonny'", true},
         {"payload.words.1.word == 'Tonny'", true},
         {"payload.words[0].word == 'Tonny'", false},
         {"payload[\"odd key\"] == 1", true},
         {"payload['a/b'] == 2", true},
         {"payload['m~n'] == 3", true},
         {"payload[\"quote\\\"d\"] == 4", true},
         {"payload['quote\"d'] == 4", true},
         {"payload['it\\'s'] == 5", true},
         {"payload[''] == 6", true},
         {"payload.größe == 7", true},
         {"payload['gr\\u00f6\\u00dfe'] == 7", true},
         {"payload.kebab-case == 8", true},
         {"payload.in == 9", true},
         {"payload.$id == 10", true},
         {"payload[0] == 11", true},
         {"payload.twice == 2", true},
         {"payload.twice == 1", false},
         {"payload['words'][1]['word'] == 'Tonny'", true}});
}

TEST(Filter, FindsValuesByJsonPointers) {
  check({{"/payload/one == 1", true},
         {"/payload/words/1/word == 'Tonny'", true},
         {"/payload/a~1b == 2", true},
         {"/payload/m~0n == 3", true},
         {"/payload/ == 6", true},
         {"/payload/größe==7", true},
         {"/trace/id == 17", true},
         {"(/payload/yes)", true},
         {"/payload/tags/00 == 'a'", false},
         {"/payload/tags/-", false},
         {"exists /payload/tags/6", true},
         {"exists /payload/tags/7", false},
         {"exists /payload/tags/4294967296", false},
         {"exists /payload/text/0", false},
         {"exists /", false}});
}

TEST(Filter, ComparesForEquality) {
  check({{"payload.one == 1.0", true},
         {"payload.one == 10e-1", true},
         {"payload.one_point == 1", true},
         {"payload.one == payload.one_point", true},
         {"payload.minus == -2.5", true},
         {"payload.zero == -0.0", true},
         {"payload.huge == 12345678901234567890123", true},
         {"payload.huge == payload.huger", false},
         {"payload.huge != payload.huger", true},
         {"payload.digits == 10", false},
         {"payload.digits == '10'", true},
         {"payload.yes == true", true},
         {"payload.yes == 'true'", false},
         {"payload.no == false", true},
         {"payload.zero == false", false},
         {"payload.nothing == null", true},
         {"payload.nothing == 0", false},
         {"payload.empty == ''", true},
         {"payload.umlaut == 'Zürich'", true},
         {"payload.umlaut == \"Z\\u00fcrich\"", true},
         {"payload.tabbed == 'a\\tb'", true},
         {"payload.emoji == '😀'", true},
         {"payload.text == 'Hey Tonny, what\\'s \"on\"?'", true},
         {"payload.text == \"Hey Tonny, what's \\\"on\\\"?\"", true},
         {"payload.none == []", true},
         {"payload.vacant == []", false},
         {"payload.tags[5] == [1, 2.0]", true},
         {"payload.tags[5] == [2, 1]", false},
         {"payload.tags[6] == payload.point", true},
         {"payload.error == payload.point", false},
         {"'en' == payload.text", false},
         {"1 == 1", true}});
}

TEST(Filter, OrdersNumbersAndStrings) {
  check({{"payload.half < 1", true},
         {"payload.half < 0.5", false},
         {"payload.half <= 0.5", true},
         {"payload.half > 0.4999999999999999999999", true},
         {"payload.half >= 5e-1", true},
         {"payload.minus < -2.4", true},
         {"payload.huge < payload.huger", true},
         {"payload.huger > payload.huge", true},
         {"payload.huge >= payload.huger", false},
         {"0 < payload.half", true},
         {"payload.digits < '9'", true},
         {"payload.empty < 'a'", true},
         {"payload.text < 'Hez'", true},
         {"payload.umlaut > 'Zz'", true},
         // By code points, where UTF-16 has U+1F600 before U+FFEE.
         {"payload.emoji > payload.bmp", true},
         {"timestamp >= '2026-01-27T10:00'", true},
         {"timestamp < '2026-01-27T10:00'", false}});
}

// Only numbers and strings have an order, each among their own kind.
TEST(Filter, OrdersNothingElse) {
  for (const std::string left : {"payload.digits", "payload.one", "payload.yes", "payload.nothing",
                                 "payload.none", "payload.vacant", "payload.missing"}) {
    for (const std::string right :
         {"payload.yes", "payload.nothing", "payload.none", "payload.vacant", "payload.missing"}) {
      for (const std::string op : {"<", "<=", ">", ">="}) {
        EXPECT_FALSE(chooses(left + op + right, kEvent)) << left << op << right;
        EXPECT_FALSE(chooses(right + op + left, kEvent)) << right << op << left;
        EXPECT_TRUE(chooses("not " + left + op + right, kEvent)) << left << op << right;
      }
    }
    EXPECT_FALSE(chooses("payload.digits < payload.one or payload.digits >= payload.one", kEvent));
  }
}

TEST(Filter, LooksIntoStringsArraysAndObjects) {
  check({{"payload.text contains 'Tonny'", true},
         {"payload.text contains 'tonny'", false},
         {"payload.text contains ''", true},
         {"payload.empty contains ''", true},
         {"payload.empty contains 'a'", false},
         {"payload.tabbed contains '\\t'", true},
         {"payload.digits contains 1", false},
         {"'on' in payload.text", true},
         {"payload.digits in '1, 10'", true},
         {"payload.tags contains 'a'", true},
         {"payload.tags contains 'c'", false},
         {"payload.tags contains 3.0", true},
         {"payload.tags contains '3'", false},
         {"payload.tags contains null", true},
         {"payload.tags contains true", true},
         {"payload.tags contains false", false},
         {"payload.tags contains [1, 2]", true},
         {"payload.tags contains [1]", false},
         {"payload.tags contains payload.point", true},
         {"payload.tags contains payload.error", false},
         {"payload.none contains null", false},
         {"payload.one in [1, 2]", true},
         {"payload.one in [2, '1']", false},
         {"payload.one in []", false},
         {"payload.nothing in [null]", true},
         {"payload.error.code in ['no_speech', \"noise\"]", true},
         {"['no_speech'] contains payload.error.code", true},
         {"payload.error contains 'code'", true},
         {"payload.error contains 'message'", true},
         {"payload.error contains 'cod'", false},
         {"payload.error contains 1", false},
         {"'odd key' in payload", true},
         {"'größe' in payload", true},
         {"payload.one contains 1", false},
         {"payload.nothing contains null", false},
         {"not payload.one in [2]", true}});
}

TEST(Filter, LooksAtTheEndsOfStrings) {
  check({{"payload.text starts_with 'Hey'", true},
         {"payload.text starts_with 'ey'", false},
         {"payload.text starts_with ''", true},
         {"payload.empty starts_with 'a'", false},
         {"payload.tabbed starts_with 'a\\t'", true},
         {"payload.text ends_with '?'", true},
         {"payload.text ends_with '\"on\"'", false},
         {"payload.text ends_with '\"on\"?'", true},
         {"event_type ends_with '.completed'", true},
         {"'Hey' starts_with payload.words[0].word", true},
         {"payload.one starts_with '1'", false},
         {"payload.tags starts_with 'a'", false},
         {"payload.text starts_with payload.tags", false}});
}

TEST(Filter, MatchesRegularExpressions) {
  check({{"payload.text matches '^Hey'", true},
         {"payload.text matches 'tonny'", false},
         {"payload.text matches 'Tonny'", true},
         {"payload.text matches '^(Hey|Hi) \\w+,'", true},
         {"payload.text matches '\\bTonny\\b'", true},
         {"payload.text matches '\\bonny\\b'", false},
         {"payload.text matches 'what\\'s'", true},
         {"payload.text matches \"\\\"on\\\"\"", true},
         {"payload.text matches '\"on\"\\?$'", true},
         {"payload.text matches 't[\\']s'", true},
         {"payload.text matches '(?=.*t[\\'])Hey'", true},
         {"payload.digits matches '^\\d{2}$'", true},
         {"payload.tabbed matches '^a\\tb$'", true},
         {"payload.umlaut matches '^Z.rich$'", true},
         {"payload.umlaut matches '\\u00fc'", true},
         {"payload.text matches '(?=.*Tonny)Hey'", true},
         {"payload.one matches '1'", false},
         {"payload.missing matches ''", false},
         {"'abc' matches 'b'", true},
         {"'a\\\\b' matches '\\\\'", true}});
}

TEST(Filter, AsksWhetherAValueIsThere) {
  check({{"exists payload", true},
         {"exists payload.one", true},
         {"exists payload.nothing", true},
         {"exists payload.missing", false},
         {"exists payload.missing.deeper", false},
         {"exists payload.words[1].start", true},
         {"exists payload.words[0].start", false},
         {"exists payload.one.deeper", false},
         {"exists (payload.one)", true},
         {"exists(/trace/id)", true},
         {"not exists agent_context", true}});
}

TEST(Filter, TakesTheValueTrueAloneForTrue) {
  check({{"payload.yes", true},
         {"payload.no", false},
         {"payload.one", false},
         {"payload.text", false},
         {"payload.nothing", false},
         {"payload.tags", false},
         {"payload.missing", false},
         {"not payload.missing", true},
         {"true", true},
         {"false", false},
         {"not false", true}});
}

TEST(Filter, JoinsConditions) {
  check({{"true and true", true},
         {"true and false", false},
         {"false and true", false},
         {"false or true", true},
         {"true or false", true},
         {"false or false", false},
         {"true && false || true", true},
         {"true || true && false", true},
         {"(true || true) && false", false},
         {"false && true || true", true},
         {"false && (true || true)", false},
         {"not true or true", true},
         {"not (true or true)", false},
         {"not (false and true) and true", true},
         {"not not true", true},
         {"!!payload.yes", true},
         {"!!!payload.yes", false},
         {"not payload.one == 2", true},
         {"!payload.one == 1", false},
         {"(payload.one == 1)", true},
         {"((payload.one == 1) and (payload.half == 1)) or payload.yes", true},
         {"false or false or true or false", true},
         {"true and true and false and true", false},
         {"false or (true and (false or (true and payload.yes)))", true},
         {"not (payload.no or not (payload.yes and not payload.no))", true}});
}

TEST(Filter, NeedsNoWhiteSpaceAndTakesAny) {
  check({{"payload.one==1", true},
         {" \t\n\rpayload.one  ==\n1 ", true},
         {"(payload.one==1)and(payload.half<1)", true},
         {"payload.one==1&&!payload.no", true},
         {"payload.minus<-2", true},
         {"payload.one in[1]", true},
         {"payload.one in [ 1,2 , 3 ]", true},
         {"'a'in payload.tags", true}});
}

// The table of docs/filter.md, row by row.
TEST(Filter, SaysWhatMissingValuesAndOtherTypesAre) {
  check({{"payload.missing == 1", false},
         {"payload.missing == null", false},
         {"payload.missing == payload.gone", false},
         {"payload.missing == payload.missing", false},
         {"payload.nothing == null", true},
         {"payload.nothing == payload.source", false},
         {"payload.one == '1'", false},
         {"payload.missing != 1", true},
         {"payload.missing != null", true},
         {"payload.missing != payload.gone", true},
         {"payload.nothing != null", false},
         {"payload.nothing != 1", true},
         {"payload.one != '1'", true},
         {"payload.one != 1", false},
         {"payload.missing contains 'a'", false},
         {"payload.tags contains payload.missing", false},
         {"payload.missing in [null, 1]", false},
         {"payload.missing in payload.tags", false},
         {"payload.missing starts_with ''", false},
         {"payload.text starts_with payload.missing", false},
         {"payload.missing ends_with ''", false},
         {"payload.nothing starts_with ''", false},
         {"payload.nothing matches ''", false},
         {"not payload.missing == 1", true},
         {"not payload.missing in [1]", true}});
}

// Every pair of values, so that no operator says one thing and its opposite too.
TEST(Filter, OperatorsAgreeWithEachOther) {
  const std::vector<std::string> values = {
      "payload.zero",   "payload.one",     "payload.one_point", "payload.huge",
      "payload.text",   "payload.digits",  "payload.empty",     "payload.yes",
      "payload.no",     "payload.nothing", "payload.tags",      "payload.none",
      "payload.vacant", "payload.missing", "payload.point",     "payload.tags[6]"};
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      SCOPED_TRACE(testing::Message() << a << " and " << b);
      const auto holds = [&](const std::string& op) { return chooses(a + op + b, kEvent); };
      const auto holds_reversed = [&](const std::string& op) {
        return chooses(b + op + a, kEvent);
      };
      EXPECT_NE(holds("=="), holds("!="));
      EXPECT_EQ(holds("=="), holds_reversed("=="));
      EXPECT_EQ(holds("<"), holds_reversed(">"));
      EXPECT_EQ(holds("<="), holds_reversed(">="));
      // At most one of them, and exactly one where there is an order.
      const int relations = holds("<") + holds("==") + holds(">");
      EXPECT_LE(relations, 1);
      const bool is_ordered = holds("<=") || holds(">=");
      if (is_ordered) {
        EXPECT_EQ(relations, 1);
      }
      EXPECT_EQ(holds("<="), is_ordered && (holds("<") || holds("==")));
      EXPECT_EQ(holds(" in "), holds_reversed(" contains "));
      EXPECT_LE(holds(" starts_with ") || holds(" ends_with "), holds(" contains "));
    }
  }
}

// A condition that nothing depends on any more is not tested: here it would be an error.
TEST(Filter, StopsAtTheFirstConditionThatDecides) {
  const std::string event = R"({"payload":{"text":")" + repeated(50, "a") + R"(b"}})";
  const std::string costly = "payload.text matches '^(?=(a+)+$)'";
  FilterScratch scratch;
  const auto verdict = [&](const std::string& text) { return parse(text).matches(event, scratch); };
  EXPECT_FALSE(verdict(costly).has_value());
  EXPECT_EQ(verdict("false and " + costly), Result<bool>(false));
  EXPECT_EQ(verdict("true or " + costly), Result<bool>(true));
  EXPECT_EQ(verdict("false and true and " + costly + " or true"), Result<bool>(true));
  EXPECT_EQ(verdict("not (false and " + costly + ")"), Result<bool>(true));
  EXPECT_FALSE(verdict("true and " + costly).has_value());
}

TEST(Filter, APatternThatTakesTooLongIsAnError) {
  const std::string event = R"({"payload":{"text":")" + repeated(50, "a") + R"(b"}})";
  FilterScratch scratch;
  const Filter filter = parse("payload.text matches '^(?=(a+)+$)'");
  const auto verdict = filter.matches(event, scratch);
  ASSERT_FALSE(verdict.has_value());
  EXPECT_EQ(verdict.error().code, ErrorCode::kFailure);
  EXPECT_EQ(verdict.error().message,
            "the filter's regular expression '^(?=(a+)+$)' takes too long on this event; one "
            "without look-around and back-references cannot");
  // And the scratch is as good as before.
  EXPECT_EQ(filter.matches(R"({"payload":{"text":"aaa"}})", scratch), Result<bool>(true));
}

TEST(Filter, AnEventThatIsNoJsonIsAnError) {
  FilterScratch scratch;
  for (const char* const text : {"", "{", "{\"payload\":}", "nonsense", "{} {}"}) {
    const auto verdict = parse("not payload.yes").matches(text, scratch);
    ASSERT_FALSE(verdict.has_value()) << text;
    EXPECT_EQ(verdict.error().code, ErrorCode::kInvalidJson) << text;
    EXPECT_TRUE(verdict.error().message.starts_with("not JSON: line 1, column "))
        << verdict.error().message;
  }
}

TEST(Filter, AnyJsonIsAnEvent) {
  for (const char* const text : {"1", "null", "[]", "\"payload\"", "{}", R"({"payload":[]})"}) {
    EXPECT_FALSE(chooses("payload.yes or exists payload.yes", text)) << text;
    EXPECT_TRUE(chooses("payload.yes != true", text)) << text;
  }
}

TEST(Filter, ReadsWhatWasReadAlready) {
  const Filter filter = parse("payload.tags contains 'b' and payload.umlaut == 'Zürich'");
  FilterScratch scratch;
  ASSERT_TRUE(scratch.reader.read(kEvent));
  EXPECT_EQ(filter.matches(scratch.reader.view(), scratch), Result<bool>(true));
  const auto document = schema::JsonDocument::read(std::string(kEvent));
  EXPECT_EQ(filter.matches(document->view(), scratch), Result<bool>(true));
}

TEST(Filter, AScratchServesAnyFilterAndEvent) {
  FilterScratch scratch;
  const Filter one = parse("payload.a == 1");
  const Filter other = parse("payload.b == 2 or payload.c == 3");
  EXPECT_EQ(one.matches(R"({"payload":{"a":1,"c":0}})", scratch), Result<bool>(true));
  EXPECT_EQ(one.matches(R"({"payload":{"c":1,"a":2}})", scratch), Result<bool>(false));
  EXPECT_EQ(other.matches(R"({"payload":{"a":1,"c":3}})", scratch), Result<bool>(true));
  EXPECT_EQ(one.matches(R"({})", scratch), Result<bool>(false));
  EXPECT_EQ(one.matches(R"({"payload":{"b":0,"c":0,"a":1}})", scratch), Result<bool>(true));
}

TEST(Filter, KeepsItsText) {
  for (const std::string text : {"payload.one == 1", "  true\n", "'it\\'s' == \"é\""}) {
    EXPECT_EQ(parse(text).text(), text);
  }
}

TEST(Filter, CopiesShareWhatOutlivesTheOriginal) {
  auto original = Filter::parse("payload.text matches 'Tonny' and payload.one in [1, 2]");
  ASSERT_TRUE(original.has_value());
  const Filter copy = *original;
  *original = parse("false");
  EXPECT_TRUE(chooses(copy, kEvent));
  EXPECT_FALSE(chooses(*original, kEvent));
}

TEST(Filter, AllocatesNothingForAnEventLikeOneBefore) {
  const Filter filter = parse(
      "payload.umlaut == 'Zürich' and payload.text contains 'Tonny' and payload.one in [3, 1] and "
      "payload.tags contains payload.point and payload['odd key'] < 2 and payload.text matches "
      "'^Hey' and exists payload.words[1].start and payload.tabbed starts_with 'a\\t'");
  FilterScratch scratch;
  ASSERT_EQ(filter.matches(kEvent, scratch), Result<bool>(true));
  EXPECT_EQ(schema::allocations_of([&] { (void)filter.matches(kEvent, scratch); }), 0U);
}

TEST(Filter, AnyNumberOfThreadsUseIt) {
  const Filter filter = parse(
      "payload.text matches '(?=.*Tonny)Hey' and payload.umlaut ends_with 'ürich' and "
      "payload.tags contains payload.point");
  std::vector<std::thread> threads;
  std::vector<int> chosen(4, 0);
  for (int& count : chosen) {
    threads.emplace_back([&filter, &count] {
      FilterScratch scratch;
      for (int i = 0; i < 200; ++i) {
        if (filter.matches(kEvent, scratch).value_or(false)) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(chosen, std::vector<int>(4, 200));
}

}  // namespace
}  // namespace bb::filter
