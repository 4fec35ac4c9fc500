#include "base/folder.h"

#include <fmt/format.h>
#include <unistd.h>

namespace wf {

Status replace_folder(const std::filesystem::path& fresh, const std::filesystem::path& target) {
  namespace fs = std::filesystem;
  const auto cannot = [&](std::string_view what, const std::error_code& code) {
    return Error(ErrorCode::kEnvironment, fmt::format("cannot {}: {}", what, code.message()))
        .in_file(target.string());
  };
  std::error_code code;
  // The old folder steps aside first, since one that is not empty cannot be renamed over.
  fs::path old = target;
  old += fmt::format(".{}.old", ::getpid());
  const bool replacing = fs::exists(target, code);
  if (replacing) fs::rename(target, old, code);
  if (code) return cannot("replace the folder", code);
  fs::rename(fresh, target, code);
  if (code) {
    const Error error = cannot("rename into place", code);
    if (replacing) fs::rename(old, target, code);
    return error;
  }
  fs::remove_all(old, code);
  return {};
}

}  // namespace wf
