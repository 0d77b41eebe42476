#pragma once
// The program ablate_stopgrad, run as by a user, on a toy-sized data set and network.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "experiments/process.h"
#include "tests/scratch.h"

namespace siam {

/// The path of a program, from the environment variable that meson sets.
inline std::string program_path(const char* variable = "ABLATE_STOPGRAD") {
  const char* path = std::getenv(variable);
  REQUIRE_MESSAGE(path != nullptr, variable << " is not set; run through meson test");
  return path;
}

/// CIFAR-10 files with 20 records each: 100 images to train on, 20 to test.
class ToyCifar {
 public:
  static constexpr int kRecord = 3073, kRecords = 20;

  /// Another `shift` gives other pixels.
  explicit ToyCifar(int shift = 0) {
    std::string records;
    for (int i = 0; i < kRecords; ++i) {
      records += static_cast<char>(i % 10);
      for (int j = 0; j < kRecord - 1; ++j)
        records += static_cast<char>(i * 37 + j * 7 + j / 1024 + shift);
    }
    for (const char* name : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                             "data_batch_5", "test_batch"})
      std::ofstream(file(name), std::ios::binary) << records;
  }

  std::filesystem::path file(const std::string& name) const { return folder_ / (name + ".bin"); }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  ScratchFolder folder_;
};

/// The command line of two runs of a few milliseconds per epoch; `more` changes or adds options.
inline std::vector<std::string> toy_command(const std::filesystem::path& data,
                                            const std::filesystem::path& out,
                                            const std::vector<std::string>& more = {}) {
  std::vector<std::string> command = {program_path(), "--data", data.string(), "--out",
                                      out.string()};
  const std::vector<std::pair<std::string, std::string>> defaults = {
      {"--device", "cpu"},    {"--preset", "quick"},     {"--image-size", "8"},
      {"--width", "4"},       {"--dim", "16"},           {"--epochs", "2"},
      {"--batch-size", "25"}, {"--threads", "1"},        {"--seed", "1"},
      {"--workers", "1"},     {"--train-samples", "50"}, {"--test-samples", "20"}};
  for (const auto& [name, value] : defaults)
    if (std::find(more.begin(), more.end(), name) == more.end()) {
      command.push_back(name);
      command.push_back(value);
    }
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

/// A program that runs alongside the test, with its messages in a file.
class Background {
 public:
  Background(const std::vector<std::string>& command, std::filesystem::path log)
      : log_(std::move(log)), child_(fork()) {
    REQUIRE(child_ >= 0);
    if (child_ > 0) return;
    std::vector<char*> arguments;
    for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    std::signal(SIGHUP, SIG_DFL);  // the tests may run under nohup
    const int file = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  ~Background() {
    if (child_ <= 0) return;
    signal(SIGKILL);
    wait();
  }
  Background(const Background&) = delete;

  pid_t process() const { return child_; }
  std::string output() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Waits until `done()`; false if the program ends first, or three minutes have passed.
  template <class Done>
  bool until(const Done& done) {
    for (int i = 0; i < 18000 && !done(); ++i) {
      siginfo_t info{};
      waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT);
      if (info.si_pid == child_) return done();
      usleep(10'000);
    }
    return done();
  }
  bool says(const std::string& text) {
    return until([&] { return output().find(text) != std::string::npos; });
  }
  void signal(int number) const { kill(child_, number); }
  /// The status as a shell reports it.
  int wait() {
    int status = 0;
    waitpid(std::exchange(child_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  std::filesystem::path log_;
  pid_t child_;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// The newest checkpoint of each run in --out.
inline std::vector<std::filesystem::path> checkpoints(const std::filesystem::path& out) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(out / "runs"))
    if (entry.path().extension() == ".safetensors" && entry.path().stem().extension() != ".next")
      paths.push_back(entry.path());  // not one still being written
  return paths;
}

}  // namespace siam
