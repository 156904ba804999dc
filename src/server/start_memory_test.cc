#include "server/start_memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace bb::server {
namespace {

// Of the files that are mapped: the program and its libraries.
long resident_file_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(line.find(':') + 1));
  }
  return 0;
}

const char* written = "before";  // needs an address that was made when the program was loaded

TEST(StartMemory, GoesAndWhatWasWrittenStays) {
  const long before_kib = resident_file_kib();
  written = "after";
  std::string on_the_heap(1000, 'x');

  release_start_memory();

  EXPECT_LT(resident_file_kib(), before_kib);
  EXPECT_STREQ(written, "after");
  EXPECT_EQ(on_the_heap, std::string(1000, 'x'));
}

}  // namespace
}  // namespace bb::server
