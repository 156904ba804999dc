// The catalogue of event schemas that ships with Bloodbank: the files of schemas/, compiled into
// the program, for where there is no other repository.
#pragma once

#include <span>

#include "base/embedded_file.h"

namespace bb::schema {

// All of them; the paths are those below schemas/.
std::span<const EmbeddedFile> builtin_catalogue();

}  // namespace bb::schema
