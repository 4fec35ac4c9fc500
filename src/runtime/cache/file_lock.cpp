#include "runtime/cache/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace wf {
namespace {

Error cannot(std::string_view what, const std::filesystem::path& path) {
  return Error(ErrorCode::kEnvironment, fmt::format("cannot {}: {}", what, std::strerror(errno)))
      .in_file(path.string());
}

// Is the file still where it was opened? A sweep may have deleted it in between.
bool is_at(int fd, const std::filesystem::path& path) {
  struct stat held{}, there{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev &&
         held.st_ino == there.st_ino;
}

}  // namespace

Result<std::shared_ptr<const FileLock>> FileLock::acquire(const std::filesystem::path& path, Mode mode,
                                                          std::chrono::milliseconds wait) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + wait;
  const int operation = (mode == Mode::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  auto pause = std::chrono::milliseconds(1);
  while (true) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return cannot("open the lock", path);
    std::shared_ptr<const FileLock> lock(new FileLock(fd));
    while (::flock(fd, operation) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return cannot("lock", path);
      if (Clock::now() >= end) return std::shared_ptr<const FileLock>();
      std::this_thread::sleep_for(std::min(pause, std::chrono::milliseconds(20)));
      pause *= 2;
    }
    if (is_at(fd, path)) return lock;
  }
}

FileLock::~FileLock() { ::close(fd_); }

void FileLock::touch() const { ::futimens(fd_, nullptr); }

}  // namespace wf
