// Locks between processes that end with the process that holds them, however it ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "base/error.h"

namespace wf {

// An open, locked file (flock). Each lock is its own, also within a process; a child made by fork() shares
// its parent's until both are gone.
class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Null: somebody else holds it, and `wait` passed. The file is made if it is not there; a lock is only ever
  // on the file that its path leads to, so whoever holds one exclusively may delete the file.
  static Result<std::shared_ptr<const FileLock>> acquire(const std::filesystem::path& path, Mode mode,
                                                         std::chrono::milliseconds wait = {});
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // Now as the file's time of change: when an entry was last used. Best effort.
  void touch() const;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace wf
