// An exception in parallel work reaches the caller, from any thread.

#include "tensor/parallel.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "tensor/check.h"
#include "tensor/tensor.h"

namespace siam {

namespace {

constexpr int64_t kPieces = 64;

// Both kinds of loop, on 1 to 5 threads: visit(loop), with loop(body) calling body(piece) for each
// piece.
template <class Visit>
void for_each_loop(const Visit& visit) {
  for (const int count : {1, 2, 5}) {
    CAPTURE(count);
    set_threads(count);
    visit([](const auto& body) {
      parallel_for(kPieces, 1, [&](int64_t piece, int64_t) { body(piece); });
    });
    visit([](const auto& body) { for_tasks(kPieces, [&](int64_t task, int) { body(task); }); });
  }
  set_threads(0);
}

}  // namespace

TEST_CASE("an exception of any piece reaches the caller as it was thrown") {
  for_each_loop([](const auto& loop) {
    for (int64_t bad = 0; bad < kPieces; bad += 7) {
      const std::string text = "piece " + std::to_string(bad);
      const auto run = [&] {
        loop([&](int64_t piece) {
          if (piece == bad) fail("{}", text);
        });
      };
      CHECK_THROWS_WITH_AS(run(), text.c_str(), Error);
    }
    const auto run = [&] { loop([](int64_t) { throw 7; }); };
    CHECK_THROWS_AS(run(), int);
  });
}

TEST_CASE("one exception of many arrives, pieces not begun are left out, the next loop is whole") {
  for_each_loop([](const auto& loop) {
    std::atomic<int> begun = 0;
    const auto run = [&] {
      loop([&](int64_t piece) {
        ++begun;
        fail("piece {}", piece);
      });
    };
    CHECK_THROWS_WITH_AS(run(), doctest::Contains("piece "), Error);
    CHECK(begun >= 1);
    CHECK(begun <= threads());
    std::vector<int> visits(kPieces);
    loop([&](int64_t piece) { ++visits[piece]; });
    CHECK(visits == std::vector<int>(kPieces, 1));
  });
}

TEST_CASE("an exception goes through loops within loops") {
  for_each_loop([](const auto& outer) {
    for_each_loop([&](const auto& inner) {
      const auto run = [&] {
        outer([&](int64_t i) {
          inner([&](int64_t j) {
            if (i == 3 && j == 5) fail("inner");
          });
        });
      };
      CHECK_THROWS_WITH_AS(run(), "inner", Error);
    });
  });
}

// Nothing waits for a thread that has not begun, and so not for one that cannot.
TEST_CASE("a forked child, which has none of its parent's threads, does the work alone") {
  set_threads(4);
  const auto sum = [] {
    std::atomic<int64_t> total = 0;
    parallel_for(1000, 1, [&](int64_t begin, int64_t) { total += begin; });
    return total.load();
  };
  CHECK(sum() == 499500);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(30);  // ends a child that waits forever
    _exit(sum() == 499500 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  set_threads(0);
}

#ifndef __SANITIZE_ADDRESS__  // it ends the program at such a size
TEST_CASE("memory that runs out inside a parallel loop is the caller's OutOfMemory") {
  const auto run = [] {
    parallel_for(kPieces, 1, [](int64_t, int64_t) { Tensor::empty({int64_t{1} << 50}); });
  };
  CHECK_THROWS_AS(run(), Error);
}
#endif

}  // namespace siam
