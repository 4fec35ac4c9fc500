#include "runtime/cache/tree_stamps.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <vector>

#include "base/file.h"
#include "base/folder.h"
#include "base/sha256.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kSettled = 2 * kSecond;
constexpr size_t kDigest = 64;  // characters

int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

const std::string& this_boot() {
  static const std::string id = [] {
    auto text = read_text_file("/proc/sys/kernel/random/boot_id", 100);  // empty where there is none
    return text ? *text : std::string();
  }();
  return id;
}

// Everything that tells one state of the file from another.
Status add_file(const fs::path& path, const std::string& name, std::string& text, int64_t& youngest) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kEnvironment,
                 fmt::format("cannot look at: {}", std::strerror(errno)))
        .in_file(path.string());
  }
  const int64_t modified = nanoseconds(info.st_mtim), changed = nanoseconds(info.st_ctim);
  text += fmt::format("{} {} {} {} {} {}\n", name, info.st_dev, info.st_ino, info.st_size, modified, changed);
  youngest = std::max({youngest, modified, changed});
  return {};
}

// What this process noted. Small: a line per model that it met.
struct Memory {
  std::mutex lock;
  std::map<std::string, std::string> notes;
};
Memory& memory() {
  static Memory notes;
  return notes;
}

std::string name_of_note(std::string_view kind, const fs::path& path) {
  std::error_code code;
  const fs::path place = fs::weakly_canonical(path, code);
  return sha256_of(as_bytes(fmt::format("{}\n{}", kind, (code ? path : place).string()))).substr(0, 32);
}

std::string content_of(const TreeStamp& stamp, std::string_view value) {
  return sha256_of(as_bytes(stamp.text)) + " " + std::string(value);
}

std::optional<std::string> value_in(const std::string& content, const TreeStamp& stamp) {
  if (content.size() <= kDigest || content.substr(0, kDigest) != sha256_of(as_bytes(stamp.text)))
    return std::nullopt;
  return content.substr(kDigest + 1);
}

}  // namespace

Result<TreeStamp> stamp_of(const fs::path& path) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  TreeStamp stamp;
  stamp.text = this_boot();
  int64_t youngest = 0;
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    WF_CHECK(add_file(path, "", stamp.text, youngest));
  } else {
    WF_TRY(const std::vector<FolderEntry> entries, list_tree(path));
    for (const FolderEntry& entry : entries) {
      if (!entry.is_folder) WF_CHECK(add_file(path / entry.name, entry.name, stamp.text, youngest));
    }
  }
  stamp.is_settled = youngest + kSettled < nanoseconds(now);
  return stamp;
}

std::optional<std::string> TreeStamps::find(std::string_view kind, const fs::path& path,
                                            const TreeStamp& stamp) const {
  const std::string name = name_of_note(kind, path);
  {
    Memory& notes = memory();
    const std::lock_guard guard(notes.lock);
    const auto found = notes.notes.find(name);
    if (found != notes.notes.end()) {
      if (auto value = value_in(found->second, stamp)) return value;
    }
  }
  if (folder_.empty()) return std::nullopt;
  const auto content = read_text_file(folder_ / name, 1 << 16);
  return content ? value_in(*content, stamp) : std::nullopt;
}

void TreeStamps::note(std::string_view kind, const fs::path& path, const TreeStamp& before,
                      std::string_view value) const {
  const auto after = stamp_of(path);
  if (!before.is_settled || !after || !(*after == before)) return;
  const std::string name = name_of_note(kind, path);
  const std::string content = content_of(before, value);
  {
    Memory& notes = memory();
    const std::lock_guard guard(notes.lock);
    notes.notes[name] = content;
  }
  // A note that cannot be kept only costs the next process a reading.
  if (folder_.empty()) return;
  std::error_code code;
  fs::create_directories(folder_, code);
  (void)write_file(folder_ / name, content);
}

}  // namespace wf
