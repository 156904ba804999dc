#include "schema/repository_source.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "schema/builtin_catalogue.h"
#include "schema/repository_test_folder.h"

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

class FolderSource : public testing::Test {
 protected:
  // Not there, and no word on why.
  void expect_absent(const std::string& path) {
    SCOPED_TRACE(path);
    EXPECT_FALSE(source_->stamp(path));
    const auto file = source_->read(path);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(file.error().message, source_->display_path(path) + " is not there");
  }

  TestFolder parent_;
  fs::path root_ = parent_.path() / "root";
  std::unique_ptr<SchemaSource> source_ = make_folder_source(root_.string(), "schemas");
};

TEST_F(FolderSource, ReadsFilesBelowTheRoot) {
  parent_.write("root/a/events/x.json", "{}");
  const auto file = source_->read("a/events/x.json");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "{}");
  EXPECT_EQ(source_->stamp("a/events/x.json"), file->stamp);
}

TEST_F(FolderSource, StampChangesWithTheFile) {
  parent_.write("root/x.json", "{}");
  const auto before = source_->stamp("x.json");
  parent_.write("root/x.json", "[]");
  EXPECT_NE(source_->stamp("x.json"), before);
}

TEST_F(FolderSource, ListsJsonFilesByName) {
  parent_.write("root/b/events/y.json", "{}");
  parent_.write("root/b/events/x.json", "{}");
  parent_.write("root/b/events/README.md", "");
  parent_.write("root/a.json", "{}");
  parent_.write("root/.git/c.json", "{}");
  parent_.write("root/node_modules/d.json", "{}");
  EXPECT_THAT(source_->list_all(), ElementsAre("a.json", "b/events/x.json", "b/events/y.json"));
  EXPECT_THAT(source_->list_folder("b/events"), ElementsAre("x.json", "y.json"));
  EXPECT_THAT(source_->list_folder("nowhere"), IsEmpty());
  EXPECT_THAT(source_->list_all(1), testing::SizeIs(1));
}

TEST_F(FolderSource, PathsOutOfTheRootAreAbsent) {
  parent_.write("root/a/x.json", "{}");
  parent_.write("secret.json", "{}");
  using namespace std::string_literals;
  for (const std::string& path :
       {"../secret.json"s, "a/../../secret.json"s, "a/../a/x.json"s, "./a/x.json"s,
        (parent_.path() / "secret.json").string(), ""s, "a/"s, "a\0/x.json"s, "a/x.json\0"s,
        std::string(5000, 'a'), std::string(300, 'a') + ".json"}) {
    expect_absent(path);
  }
  EXPECT_THAT(source_->list_folder(".."), IsEmpty());
  EXPECT_THAT(source_->list_folder(parent_.path().string()), IsEmpty());
}

TEST_F(FolderSource, LinksOutOfTheRootAreAbsent) {
  parent_.write("root/a/x.json", "{}");
  parent_.write("secret.json", "{\"title\":\"secret\"}");
  parent_.write("elsewhere/events/secret.json", "{}");
  parent_.link("root/a/absolute.json", parent_.path() / "secret.json");
  parent_.link("root/a/relative.json", "../../secret.json");
  parent_.link("root/b", "../elsewhere");
  parent_.link("root/loop.json", "loop.json");
  // A neighbour whose name begins as the root's does.
  parent_.write("root-secret/x.json", "{}");
  parent_.link("root/a/neighbour.json", "../../root-secret/x.json");
  expect_absent("a/absolute.json");
  expect_absent("a/relative.json");
  expect_absent("a/neighbour.json");
  expect_absent("b/events/secret.json");
  expect_absent("loop.json");
  EXPECT_THAT(source_->list_folder("b/events"), IsEmpty());
  EXPECT_THAT(source_->list_all(), ElementsAre("a/x.json"));
}

TEST_F(FolderSource, LinksWithinTheRootAreFollowed) {
  parent_.write("root/a/x.json", "{}");
  parent_.link("root/b/y.json", "../a/x.json");
  parent_.link("root/c", "a");
  EXPECT_TRUE(source_->read("b/y.json"));
  EXPECT_TRUE(source_->read("c/x.json"));
  EXPECT_THAT(source_->list_folder("c"), ElementsAre("x.json"));
  EXPECT_THAT(source_->list_all(), ElementsAre("a/x.json", "b/y.json"));
}

TEST_F(FolderSource, RootMayBeALinkThatIsSetAnew) {
  parent_.write("one/x.json", "1");
  parent_.write("two/x.json", "2");
  parent_.link("root", "one");
  EXPECT_EQ(source_->read("x.json")->text, "1");
  parent_.remove("root");
  parent_.link("root", "two");
  EXPECT_EQ(source_->read("x.json")->text, "2");
}

TEST_F(FolderSource, PipesAndFoldersAreAbsentAndNeverWaitedFor) {
  parent_.write("root/a/x.json", "{}");
  ASSERT_EQ(::mkfifo((root_ / "pipe.json").c_str(), 0600), 0);
  fs::create_directory(root_ / "folder.json");
  parent_.link("root/device.json", "/dev/zero");
  expect_absent("pipe.json");
  expect_absent("folder.json");
  expect_absent("device.json");
  EXPECT_THAT(source_->list_all(), ElementsAre("a/x.json"));
}

TEST_F(FolderSource, HugeFilesAreAbsent) {
  parent_.write("root/huge.json", "");
  fs::resize_file(root_ / "huge.json", kSchemaBytesMax + 1);
  expect_absent("huge.json");
  fs::resize_file(root_ / "huge.json", kSchemaBytesMax);
  EXPECT_TRUE(source_->stamp("huge.json"));
}

TEST_F(FolderSource, UrisAndPathsAreTwoNamesOfAFile) {
  const std::string uri = source_->uri_of("a b/é#%.json");
  EXPECT_THAT(uri, testing::StartsWith("file:///"));
  EXPECT_THAT(uri, testing::EndsWith("root/a%20b/%C3%A9%23%25.json"));
  EXPECT_EQ(source_->path_of(uri), "a b/é#%.json");
  EXPECT_EQ(source_->path_of("https://33god.dev/schemas/a/x.json"), "a/x.json");
  EXPECT_EQ(source_->path_of("https://33god.dev/schemas/a/%2e%2e/x.json"), std::nullopt);
  EXPECT_EQ(source_->path_of("https://33god.dev/schemas//etc/passwd"), std::nullopt);
  EXPECT_EQ(source_->path_of("file:///etc/passwd"), std::nullopt);
  EXPECT_EQ(source_->path_of("https://example.com/a/x.json"), std::nullopt);
}

TEST(CatalogueSource, HasTheCatalogue) {
  const auto source = make_catalogue_source(builtin_catalogue());
  const std::string path = "whisperlivekit/events/transcription.voice.completed.v1.schema.json";
  EXPECT_THAT(source->list_all(), testing::Contains(path));
  EXPECT_THAT(source->read(path)->text, HasSubstr("\"title\": \"Transcription completed\""));
  EXPECT_THAT(source->list_folder("llm/events"),
              testing::IsSupersetOf({"llm.error.v1.schema.json", "llm.prompt.v1.schema.json"}));
  EXPECT_EQ(source->path_of(source->uri_of(path)), path);
  EXPECT_EQ(source->read("../x.json").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace bb::schema
