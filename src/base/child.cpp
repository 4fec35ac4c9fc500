#include "base/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#ifdef __APPLE__
#include <crt_externs.h>  // a library has no `environ` there
#else
extern "C" char** environ;  // NOLINT: of the system
#endif

namespace wf {
namespace {

char** environment() {
#ifdef __APPLE__
  return *_NSGetEnviron();
#else
  return environ;
#endif
}

using Clock = std::chrono::steady_clock;
constexpr size_t kKept = size_t{64} << 10;
constexpr std::chrono::milliseconds kLook{5};

Error cannot_start(const std::filesystem::path& program, int why) {
  return Error(ErrorCode::kEnvironment, fmt::format("cannot be started: {}", std::strerror(why)))
      .in_file(program.string());
}

// Both ends closed when it goes; the child gets a copy of the second.
struct Pipe {
  int ends[2] = {-1, -1};
  bool open() {
    if (::pipe(ends) != 0) return false;
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return true;
  }
  void close(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

struct SpawnSettings {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  explicit SpawnSettings(int output) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    ::posix_spawnattr_setflags(&attributes, flags);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
};

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

// Until nobody holds the other end any more. False: the deadline came first.
bool read_all(int from, Clock::time_point deadline, std::string& output) {
  for (;;) {
    pollfd waited = {from, POLLIN, 0};
    const int ready = ::poll(&waited, 1, milliseconds_until(deadline));
    if (ready > 0) {
      char buffer[4096];
      const ssize_t count = ::read(from, buffer, sizeof(buffer));
      if (count == 0) return true;
      if (count < 0 && errno != EINTR) return true;
      if (count > 0) output.append(buffer, static_cast<size_t>(count));
      if (output.size() > 2 * kKept) output.erase(0, output.size() - kKept);
    }
    if (Clock::now() >= deadline) return false;
  }
}

// True: it ended, and `end` says how.
bool has_ended(pid_t child, int flags, ChildEnd& end) {
  int status = 0;
  const pid_t got = ::waitpid(child, &status, flags);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  if (got < 0) return true;  // kUnknown
  const bool exited = WIFEXITED(status);
  end.how = exited ? ChildEnd::How::kExited : ChildEnd::How::kSignalled;
  end.number = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  return true;
}

}  // namespace

Result<ChildEnd> run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           std::chrono::milliseconds deadline) {
  const Clock::time_point until = Clock::now() + deadline;
  Pipe pipe;
  if (!pipe.open()) return cannot_start(program, errno);
  std::string name = program.string();
  std::vector<std::string> words = arguments;
  std::vector<char*> argv = {name.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  {
    const SpawnSettings settings(pipe.ends[1]);
    if (const int why = ::posix_spawn(&child, name.c_str(), &settings.files, &settings.attributes,
                                      argv.data(), environment());
        why != 0)
      return cannot_start(program, why);
  }
  pipe.close(1);
  ChildEnd end;
  // A child that closes its output and goes on is waited for as well.
  bool in_time = read_all(pipe.ends[0], until, end.output);
  while (in_time && !has_ended(child, WNOHANG, end)) {
    in_time = Clock::now() < until;
    std::this_thread::sleep_for(kLook);
  }
  if (!in_time) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    while (!has_ended(child, 0, end)) continue;
    end.how = ChildEnd::How::kKilled;
  }
  if (end.output.size() > kKept) end.output.erase(0, end.output.size() - kKept);
  return end;
}

}  // namespace wf
