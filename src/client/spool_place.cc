#include "client/spool_place.h"

#include <fmt/format.h>

#include <filesystem>

#include "client/http_url.h"

namespace bb::client {

std::string spools_folder(const std::string& data_dir) {
  return data_dir + "/spool";
}

std::string spool_path(const std::string& data_dir, const std::string& host, std::uint16_t port,
                       const std::string& vhost) {
  const bool is_here = host == "127.0.0.1" || host == "::1";
  return fmt::format(
      "{}/{}", spools_folder(data_dir),
      encode_path_segment(fmt::format("{}:{}/{}", is_here ? "localhost" : host, port, vhost)));
}

Result<std::string> spool_folder(const std::string& data_dir, const amqp::Url& url) {
  const std::string folder = spools_folder(data_dir);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, fmt::format("cannot make the folder {} for events that no broker "
                                            "takes: {}; choose another with BB_DATA_DIR",
                                            folder, error.message()));
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return spool_path(data_dir, url.host, url.port, url.vhost);
}

}  // namespace bb::client
