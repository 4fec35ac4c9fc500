#include "base/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

namespace wf {
namespace {

constexpr int kMaxDepth = 64;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

// Null, and errno, if it cannot be opened.
OpenFolder open_folder(int parent, const char* name, int flags) {
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (fd < 0) return nullptr;
  OpenFolder folder(::fdopendir(fd));
  if (!folder) ::close(fd);
  return folder;
}

std::vector<std::string> names_in(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Error cannot_list(const std::filesystem::path& folder, const std::string& below, const std::string& why) {
  return Error(ErrorCode::kEnvironment, "cannot list the folder: " + why).in_file((folder / below).string());
}

// `prefix`: what the names of the entries begin with, "" or "some/folder/".
Status add_entries(const std::filesystem::path& root, const std::string& prefix, int depth,
                   std::vector<FolderEntry>& entries) {
  if (depth == 0) return cannot_list(root, prefix, fmt::format("more than {} levels", kMaxDepth));
  const OpenFolder folder = open_folder(AT_FDCWD, (root / prefix).c_str(), 0);
  if (!folder) return cannot_list(root, prefix, std::strerror(errno));
  for (const std::string& name : names_in(folder.get())) {
    struct stat info{};
    if (::fstatat(::dirfd(folder.get()), name.c_str(), &info, 0) != 0) continue;  // a link to nothing
    const bool is_folder = S_ISDIR(info.st_mode);
    if (!is_folder && !S_ISREG(info.st_mode)) continue;
    entries.push_back({prefix + name, is_folder, is_folder ? 0 : static_cast<int64_t>(info.st_size)});
    if (is_folder && depth > 0) WF_CHECK(add_entries(root, prefix + name + "/", depth - 1, entries));
  }
  return {};
}

bool remove_at(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
  {
    const OpenFolder folder = open_folder(parent, name, O_NOFOLLOW);
    if (!folder) return errno == ENOENT;
    for (const std::string& each : names_in(folder.get())) remove_at(::dirfd(folder.get()), each.c_str());
  }
  return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

}  // namespace

Result<std::vector<FolderEntry>> list_folder(const std::filesystem::path& folder) {
  constexpr int kThisAlone = -1;
  std::vector<FolderEntry> entries;
  WF_CHECK(add_entries(folder, "", kThisAlone, entries));
  return entries;
}

Result<std::vector<FolderEntry>> list_tree(const std::filesystem::path& folder) {
  std::vector<FolderEntry> entries;
  WF_CHECK(add_entries(folder, "", kMaxDepth, entries));
  return entries;
}

bool remove_tree(const std::filesystem::path& path) { return remove_at(AT_FDCWD, path.c_str()); }

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
  remove_tree(old);
  return {};
}

}  // namespace wf
