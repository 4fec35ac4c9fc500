#include "bridge/move_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

namespace wf::bridge {
namespace {

namespace fs = std::filesystem;

Error cannot_move(const fs::path& from, const fs::path& to, const std::error_code& reason) {
  Error error(ErrorCode::kEnvironment,
              fmt::format("cannot move '{}' there: {}", from.string(), reason.message()));
  error.file = to.string();
  return error;
}

// rename() refuses a target that is a folder with something in it: another writer was here.
bool is_taken(const fs::path& to) {
  std::error_code ignored;
  return fs::is_directory(to, ignored) && !fs::is_empty(to, ignored);
}

fs::path name_beside(const fs::path& to) {
  static std::atomic<uint64_t> next{0};
  return to.parent_path() /
         fmt::format(".{}.{}.{}.partial", to.filename().string(), ::getpid(), next.fetch_add(1));
}

}  // namespace

Status move_folder_by_copy(const fs::path& from, const fs::path& to) {
  const fs::path partial = name_beside(to);
  std::error_code reason, ignored;
  fs::copy(from, partial, fs::copy_options::recursive | fs::copy_options::copy_symlinks, reason);
  if (!reason) fs::rename(partial, to, reason);
  if (reason) {
    fs::remove_all(partial, ignored);
    if (!is_taken(to)) return cannot_move(from, to, reason);
  }
  fs::remove_all(from, ignored);
  return {};
}

Status move_folder(const fs::path& from, const fs::path& to) {
  std::error_code reason, ignored;
  fs::create_directories(to.parent_path(), reason);
  fs::rename(from, to, reason);
  if (!reason) return {};
  if (is_taken(to)) {
    fs::remove_all(from, ignored);
    return {};
  }
  if (reason == std::errc::cross_device_link) return move_folder_by_copy(from, to);
  return cannot_move(from, to, reason);
}

}  // namespace wf::bridge
