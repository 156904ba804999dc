#include "correlation/link_database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "correlation/sqlite.h"
#include "correlation/test_names.h"
#include "correlation/test_sqlite_engine.h"

namespace bb::correlation {
namespace {

class LinkDatabaseTest : public testing::Test {
 protected:
  SqliteEngine engine;
  std::unique_ptr<LinkDatabase> database = engine.open_database();
  Names names;

  std::int64_t count(const char* query) {
    const auto connection = SqliteConnection::open(engine.path(), 1000);
    EXPECT_TRUE(connection);
    SqliteStatement statement(*connection, query);
    EXPECT_EQ(statement.run(), SQLITE_ROW);
    return statement.integer(0);
  }
  std::optional<std::uint64_t> offset_of(std::string_view event) {
    const auto offsets = database->find_offsets(std::vector{names[event]});
    EXPECT_TRUE(offsets);
    const auto found = offsets->find(names[event]);
    if (found == offsets->end()) return std::nullopt;
    return found->second;
  }
};

TEST_F(LinkDatabaseTest, IsThereAfterItWasClosed) {
  ASSERT_TRUE(database->record(std::vector{names.link("b", "a")}));
  database.reset();
  database = engine.open_database();
  EXPECT_TRUE(database->neighbours(names["b"])->link);
}

TEST_F(LinkDatabaseTest, AHistoryGoesOnWhereItWas) {
  EXPECT_FALSE(*database->progress());
  ASSERT_TRUE(database->record_history(
      std::vector{names.link("b", "a", engine.now_s)},
      std::vector<LinkDatabase::Place>{{names["a"], 10}, {names["b"], 11}}, {7, 12}));
  database.reset();
  database = engine.open_database();
  const auto progress = *database->progress();
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->stream, 7U);
  EXPECT_EQ(progress->next_offset, 12U);
  EXPECT_EQ(offset_of("a"), 10U);
  EXPECT_EQ(offset_of("b"), 11U);
  EXPECT_EQ(offset_of("c"), std::nullopt);
  EXPECT_TRUE(database->neighbours(names["b"])->link);
}

TEST_F(LinkDatabaseTest, AnEventThatCameTwiceIsWhereItCameLast) {
  ASSERT_TRUE(database->record_history(
      {}, std::vector<LinkDatabase::Place>{{names["a"], 10}, {names["a"], 12}}, {7, 13}));
  EXPECT_EQ(offset_of("a"), 12U);
}

TEST_F(LinkDatabaseTest, PlacesInAnotherStreamAreForgotten) {
  ASSERT_TRUE(
      database->record_history({}, std::vector<LinkDatabase::Place>{{names["a"], 10}}, {7, 11}));
  ASSERT_TRUE(
      database->record_history({}, std::vector<LinkDatabase::Place>{{names["b"], 0}}, {8, 1}));
  EXPECT_EQ(offset_of("a"), std::nullopt);
  EXPECT_EQ(offset_of("b"), 0U);
}

TEST_F(LinkDatabaseTest, LinksOfTheHistoryRunOutByTheirOwnTime) {
  const std::int64_t long_ago = engine.now_s - std::chrono::seconds(kDefaultTtl).count() + 10;
  ASSERT_TRUE(database->record_history(std::vector{names.link("b", "a", long_ago)}, {}, {7, 1}));
  EXPECT_TRUE(database->neighbours(names["b"])->link);
  engine.now_s += 10;
  EXPECT_FALSE(database->neighbours(names["b"])->link);
}

TEST_F(LinkDatabaseTest, PruningLeavesNothingOfWhatRanOut) {
  ASSERT_TRUE(database->record(std::vector{names.link("b", "a"), names.link("c", "a b")}));
  engine.let_everything_run_out();
  ASSERT_TRUE(database->record(std::vector{names.link("d", "a")}));
  ASSERT_TRUE(database->record_history(
      {}, std::vector<LinkDatabase::Place>{{names["a"], 10}, {names["d"], 11}}, {7, 12}));
  EXPECT_FALSE(*database->prune(11));
  EXPECT_EQ(count("SELECT count(*) FROM link"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM event"), 1);
  EXPECT_EQ(offset_of("d"), 11U);
}

TEST_F(LinkDatabaseTest, RecordingPrunesByItself) {
  ASSERT_TRUE(database->record(std::vector{names.link("b", "a")}));
  engine.let_everything_run_out();
  std::vector<Link> links;
  for (int i = 0; i < 5000; ++i) links.push_back({Uuid::v4(), {names["a"]}});
  ASSERT_TRUE(database->record(links));
  EXPECT_EQ(count("SELECT count(*) FROM link"), 5000);
}

TEST_F(LinkDatabaseTest, AFileOfANewerFormatIsLeftAlone) {
  {
    auto connection = SqliteConnection::open(engine.path(), 1000);
    ASSERT_TRUE(connection->run("PRAGMA user_version = 99"));
  }
  LinkDatabaseOptions options;
  options.path = engine.path();
  const auto opened = LinkDatabase::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
}

TEST_F(LinkDatabaseTest, AFileThatIsNoDatabaseIsNamed) {
  LinkDatabaseOptions options;
  options.path = engine.path() + ".other";
  std::ofstream(options.path) << std::string(4096, 'x');
  const auto opened = LinkDatabase::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(opened.error().message.find(options.path), std::string::npos);
}

}  // namespace
}  // namespace bb::correlation
