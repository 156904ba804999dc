// A folder of the operating system's: readable by its owner alone (0700, files 0600).
#pragma once

#include <memory>
#include <string>

#include "io/file_system.h"

namespace bb::io {

// Opens the folder at `path`, and makes it if its parent is there; a folder that was made is
// durable on return. Errors: kIo, kDiskFull.
Result<std::unique_ptr<Folder>> open_posix_folder(const std::string& path);

}  // namespace bb::io
