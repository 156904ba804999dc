// The cases of the suite that are not asked to pass, each with its reason: left_out.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"

namespace bb::conformance {

// An entry. An empty `group` or `test` stands for every one.
struct LeftOutCase {
  std::vector<std::string> drafts;  // "draft7"
  std::string file;                 // "optional/bignum.json"
  std::string group;
  std::string test;
  std::string reason;
  std::size_t used = 0;  // how many cases of this run it stood for
};

class LeftOut {
 public:
  // Errors: kIo; kInvalidJson, also for an entry without `drafts`, `file` or `reason`.
  static Result<LeftOut> read(const std::filesystem::path& path);

  // The entry that this case falls under; null if there is none.
  LeftOutCase* find(std::string_view draft, std::string_view file, std::string_view group,
                    std::string_view test);

  const std::vector<LeftOutCase>& cases() const { return cases_; }

 private:
  std::vector<LeftOutCase> cases_;
};

}  // namespace bb::conformance
