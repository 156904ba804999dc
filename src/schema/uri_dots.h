// The segments "." and ".." of paths.
#pragma once

#include <string>
#include <string_view>

namespace bb::schema {

// RFC 3986 §5.2.4, word for word: ".." above the root is dropped. A path without a
// slash at its start may get one ("a/../b" becomes "/b").
std::string remove_dot_segments(std::string_view path);

// For a path that is relative, and stays so: "a/../b" becomes "b", "a/.." becomes
// "./", and ".." above the start stays. The empty path stays empty.
std::string simplify_relative_path(std::string_view path);

}  // namespace bb::schema
