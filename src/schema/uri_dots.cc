#include "schema/uri_dots.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bb::schema {

std::string remove_dot_segments(std::string_view path) {
  std::string kept;
  // Steps A to E of the RFC; each takes something from `path`.
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../") || path == "/..") {
      path = path == "/.." ? "/" : path.substr(3);
      const std::size_t slash = kept.rfind('/');
      kept.resize(slash == std::string::npos ? 0 : slash);
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const std::size_t end = std::min(path.find('/', 1), path.size());
      kept += path.substr(0, end);
      path.remove_prefix(end);
    }
  }
  return kept;
}

std::string simplify_relative_path(std::string_view path) {
  if (path.empty()) return {};
  std::vector<std::string_view> kept;
  for (bool more = true; more;) {
    const std::size_t slash = path.find('/');
    more = slash != std::string_view::npos;
    const std::string_view segment = path.substr(0, slash);
    if (more) path.remove_prefix(slash + 1);
    if (segment == "..") {
      if (kept.empty() || kept.back() == "..") {
        kept.push_back(segment);
      } else {
        kept.pop_back();
      }
    } else if (segment != ".") {
      kept.push_back(segment);
      continue;
    }
    // A dot segment at the end stands for a folder.
    if (!more) kept.emplace_back();
  }
  std::string simple;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) simple += '/';
    simple += kept[i];
  }
  // Without the dot the path would be empty, or absolute.
  if (simple.empty() || simple.front() == '/') simple.insert(0, "./");
  return simple;
}

}  // namespace bb::schema
