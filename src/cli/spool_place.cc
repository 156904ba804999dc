#include "cli/spool_place.h"

#include <fmt/format.h>

#include <filesystem>

#include "client/http_url.h"

namespace bb::cli {

Result<std::string> spool_folder(const std::string& data_dir, const amqp::Url& url) {
  const bool is_here = url.host == "127.0.0.1" || url.host == "::1";
  const std::string folder = data_dir + "/spool";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("cannot make the folder {} for events that no broker "
                                            "takes: {}; choose another with BB_DATA_DIR",
                                            folder, error.message()));
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return fmt::format("{}/{}", folder,
                     client::encode_path_segment(fmt::format(
                         "{}:{}/{}", is_here ? "localhost" : url.host, url.port, url.vhost)));
}

}  // namespace bb::cli
