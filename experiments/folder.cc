#include "experiments/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "tensor/check.h"
#include "tensor/io/atomic_file.h"

namespace siam {

namespace {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error))
    error = std::make_error_code(std::errc::not_a_directory);
  check(!error,
        "{}: cannot create this folder: {}; a writable place is needed; choose another --out",
        folder.string(), error.message());
}

// "process 17 on host: command", as its holder wrote it.
std::string holder(int descriptor) {
  std::string text(4096, '\0');
  const ssize_t bytes = pread(descriptor, text.data(), text.size(), 0);
  text.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
  text.resize(std::min(text.find('\n'), text.size()));
  return text.empty() ? "another process" : text;
}

}  // namespace

void prepare_folder(const std::filesystem::path& folder, const std::vector<std::string>& files) {
  make_folder(folder);
  for (const std::string& file : files) {
    AtomicFile probe(folder / file);
    probe.write("probe");  // dropped: never committed
  }
}

void check_outside(const std::filesystem::path& place, const std::filesystem::path& images,
                   const char* option) {
  std::error_code none;
  // Absolute first: what does not exist yet would stay relative.
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, none), none);
  };
  const std::filesystem::path from = whole(images), to = whole(place);
  const std::filesystem::path inner = to.lexically_relative(from);
  if (!none && !inner.empty() && *inner.begin() != "..")
    throw UsageError(
        fmt::format("{} {}: lies in {}, whose images its pictures would join; a place outside of "
                    "it is needed; choose another {}",
                    option, place.string(), images.string(), option));
}

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  // Otherwise an old name would be reported for a new holder that has not written its own yet.
  [[maybe_unused]] const int ignored = ftruncate(descriptor_, 0);
  close(descriptor_);
}

void FolderLock::take(const std::string& command) {
  if (descriptor_ >= 0) return;
  make_folder(folder_);
  const std::filesystem::path path = folder_ / ".lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  check(descriptor >= 0, "{}: cannot write: {}; a writable folder is needed; choose another --out",
        path.string(), std::strerror(errno));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    const std::string who = holder(descriptor);
    close(descriptor);
    fail(
        "{}: in use by {}; one training process at a time is needed; wait for it, or choose "
        "another --out",
        folder_.string(), who);
  }
  descriptor_ = descriptor;
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string text = fmt::format("process {} on {}: {}\n", getpid(), host.data(), command);
  // Without it the lock still holds; others just learn less.
  if (ftruncate(descriptor_, 0) == 0) {
    [[maybe_unused]] const ssize_t ignored = pwrite(descriptor_, text.data(), text.size(), 0);
  }
}

}  // namespace siam
