// For tests only: docs/filter.md, so that what it shows is what happens.
#pragma once

#include <span>

#include "base/embedded_file.h"

namespace bb::filter {

// That one file.
std::span<const EmbeddedFile> guide();

}  // namespace bb::filter
