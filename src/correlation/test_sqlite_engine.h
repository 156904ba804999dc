#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "correlation/sqlite_link_store.h"
#include "correlation/test_engine.h"

namespace bb::correlation {

class SqliteEngine final : public Engine {
 public:
  SqliteEngine() {
    std::string name = testing::TempDir() + "links-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SqliteEngine() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/links.sqlite"; }
  std::unique_ptr<LinkDatabase> open_database() {
    LinkDatabaseOptions options;
    options.path = path();
    options.now = [this] { return Timestamp(std::chrono::seconds(now_s.load())); };
    auto opened = LinkDatabase::open(options);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  std::unique_ptr<StoreUser> open() override { return std::make_unique<User>(open_database()); }
  void let_everything_run_out() override { now_s += std::chrono::seconds(kDefaultTtl).count(); }

  std::atomic<std::int64_t> now_s = 1'000'000;

 private:
  class User final : public StoreUser {
   public:
    explicit User(std::unique_ptr<LinkDatabase> database) : store_(std::move(database)) {}
    LinkStore& store() override { return store_; }

   private:
    SqliteLinkStore store_;
  };

  std::string folder_;
};

}  // namespace bb::correlation
