// The policy that chooses a convolution's engine; needs no GPU.

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <future>
#include <limits>
#include <map>
#include <thread>
#include <vector>

#include "tensor/cuda/library/conv_plan.h"
#include "tensor/cuda/library/tuner.h"
#include "tests/scratch.h"

namespace siam::cuda {

TEST_CASE("engines are allowed by what they say of their arithmetic") {
  const EngineNotes plain, tensor_cores{.tensor_cores = true}, atomic{.nondeterministic = true},
      narrow{.tensor_cores = true, .narrow_sums = true},
      rounding{.tensor_cores = true, .rounds_inputs = true};
  const LibraryPolicy strict, tf32{.tf32 = true}, any{.deterministic = false};
  CHECK(allowed(plain, DType::f32, strict));
  CHECK_FALSE(allowed(tensor_cores, DType::f32, strict));
  CHECK_FALSE(allowed(rounding, DType::f32, strict));
  CHECK(allowed(rounding, DType::f32, tf32));
  CHECK(allowed(tensor_cores, DType::bf16, strict));
  CHECK_FALSE(allowed(narrow, DType::f16, strict));
  CHECK_FALSE(allowed(atomic, DType::f16, strict));
  CHECK(allowed(atomic, DType::f16, any));
}

TEST_CASE("of the allowed engines the first are measured, each in a few settings") {
  const auto engine = [](int64_t index, EngineNotes notes = {}) {
    return Engine{nullptr, index, std::to_string(index), notes};
  };
  const auto chosen = [](const std::vector<Engine>& engines, bool compiles = false) {
    std::vector<int64_t> indices;
    for (const Engine& each : usable(engines, DType::f16, {}, compiles))
      indices.push_back(each.index);
    return indices;
  };
  std::vector<Engine> ranked(10, engine(7));
  ranked.push_back(engine(5));
  ranked.push_back(engine(6, {.nondeterministic = true}));
  CHECK(chosen(ranked) == std::vector<int64_t>{7, 7, 7, 7, 5});
  std::vector<Engine> many;
  for (int i = 0; i < 40; ++i) many.push_back(engine(i));
  CHECK(chosen(many).size() == 16);
  const Engine compiling = engine(1, {.compiles = true});
  CHECK(chosen({compiling, engine(2)}) == std::vector<int64_t>{2});
  CHECK(chosen({compiling, engine(2), compiling}, true) == std::vector<int64_t>{1, 1});
  CHECK(chosen(std::vector<Engine>(9, compiling), true).size() == 4);
}

TEST_CASE("a plan's key tells problems apart") {
  const Shape x = {2, 8, 8, 16}, filter = {32, 3, 3, 16};
  const auto key = [&](ConvKind kind, const Shape& x, DType type, ConvGeometry geometry,
                       LibraryPolicy policy, std::span<void* const> memory = {}) {
    return ConvKey::of(kind, x, filter, type, geometry, policy, memory);
  };
  const ConvKey one = key(ConvKind::forward, x, DType::f32, {1, 1}, {});
  CHECK(one == key(ConvKind::forward, x, DType::f32, {1, 1}, {}));
  CHECK(one != key(ConvKind::backward_data, x, DType::f32, {1, 1}, {}));
  CHECK(one != key(ConvKind::forward, x, DType::f32, {2, 1}, {}));
  CHECK(one != key(ConvKind::forward, x, DType::f32, {1, 1}, {.tf32 = true}));
  CHECK(one != key(ConvKind::forward, {4, 8, 8, 16}, DType::f32, {1, 1}, {}));
  CHECK(one != key(ConvKind::forward, x, DType::f32, {1, 1}, {.deterministic = false}));
  // TF32 concerns f32 only.
  CHECK(key(ConvKind::forward, x, DType::bf16, {1, 1}, {.tf32 = true}) ==
        key(ConvKind::forward, x, DType::bf16, {1, 1}, {}));
  // An engine for aligned memory must not be given a slice with an arbitrary start.
  alignas(16) char bytes[32];
  void* const aligned[] = {bytes, bytes + 16};
  void* const odd[] = {bytes, bytes + 4};
  CHECK(one == key(ConvKind::forward, x, DType::f32, {1, 1}, {}, aligned));
  CHECK(key(ConvKind::forward, x, DType::f32, {1, 1}, {}, odd).alignment == 4);
}

TEST_CASE("names of problems tell them apart") {
  ConvKey key =
      ConvKey::of(ConvKind::forward, {2, 8, 8, 16}, {32, 3, 3, 16}, DType::bf16, {1, 1}, {});
  CHECK(key.name() == "conv_forward_bf16_2x8x8x16_32x3x3_s1p1");
  key.kind = ConvKind::backward_data;
  key.alignment = 4;
  CHECK(key.name() == "conv_backward_data_bf16_2x8x8x16_32x3x3_s1p1_align4");
}

namespace {

// Takes measurements from a table, and counts them.
struct Clock {
  std::vector<double> seconds;
  int calls = 0;
  Tuner::Measure measure() {
    return [this](size_t index, double) { return ++calls, seconds[index]; };
  }
};
const std::vector<std::string> kThree = {"a", "b", "c"};

}  // namespace

TEST_CASE("the tuner measures once and remembers, in its file too") {
  const ScratchFolder folder;
  const auto file = folder.path() / "cache" / "plans.txt";
  Clock clock{{3, 1, 1}};
  {
    Tuner tuner(file, "a GPU");
    CHECK(tuner.choose("p", kThree, clock.measure()) == 1);  // the first of equals
    CHECK(clock.calls == 3);
    CHECK(tuner.choose("p", kThree, clock.measure()) == 1);
    CHECK(clock.calls == 3);
  }
  Clock reversed{{1, 2, 3}};
  Tuner later(file, "a GPU");
  CHECK(later.choose("p", kThree, reversed.measure()) == 1);
  CHECK(reversed.calls == 0);
  CHECK(later.choose("q", kThree, reversed.measure()) == 0);
  CHECK(later.choose("p", std::vector<std::string>{"c", "b"}, reversed.measure()) == 1);
  // The remembered algorithm is gone: measured again.
  CHECK(later.choose("p", std::vector<std::string>{"a", "c"}, reversed.measure()) == 0);
}

TEST_CASE("of several processes one measures, and all keep what each has chosen") {
  const ScratchFolder folder;
  const auto file = folder.path() / "plans.txt";
  Tuner first(file, "a GPU"), second(file, "a GPU");  // both have found the file missing
  std::promise<void> begun;
  Clock nested{{2, 1}}, other{{1, 2, 3}};
  std::thread measuring([&] {
    first.choose("p", kThree, [&](size_t index, double) {
      if (index == 0) {
        first.choose("inside_p", std::vector<std::string>{"a", "b"}, nested.measure());
        begun.set_value();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      }
      return index == 2 ? 1.0 : 2.0;
    });
  });
  begun.get_future().wait();
  CHECK(second.choose("p", kThree, other.measure()) == 2);
  CHECK(other.calls == 0);
  measuring.join();
  second.choose("q", kThree, other.measure());
  first.choose("r", kThree, other.measure());
  Tuner later(file, "a GPU");
  for (const auto& [problem, index] :
       std::map<std::string, size_t>{{"p", 2}, {"inside_p", 1}, {"q", 0}, {"r", 0}}) {
    other.calls = 0;
    const size_t candidates = problem == "inside_p" ? 2 : 3;
    CHECK(later.choose(problem, std::span(kThree).first(candidates), other.measure()) == index);
    CHECK(other.calls == 0);
  }
}

TEST_CASE("the tuner works where its file cannot be") {
  const ScratchFolder folder;
  std::ofstream(folder / "file") << "not a folder";
  Clock clock{{3, 2, 1}};
  Tuner tuner(folder / "file" / "plans.txt", "a GPU");
  CHECK(tuner.choose("p", kThree, clock.measure()) == 2);
  CHECK(tuner.choose("p", kThree, clock.measure()) == 2);
  CHECK(clock.calls == 3);
}

TEST_CASE("the tuner ignores a file that is damaged or another machine's") {
  const ScratchFolder folder;
  const auto file = folder.path() / "plans.txt";
  Clock clock{{3, 2, 1}};
  Tuner(file, "one").choose("p", kThree, clock.measure());
  Clock other{{1, 2, 3}};
  CHECK(Tuner(file, "two").choose("p", kThree, other.measure()) == 0);
  std::ofstream(file) << "simsiam-plans-1 two 2\np a\n";  // cut off: one of two
  CHECK(Tuner(file, "two").choose("p", kThree, clock.measure()) == 2);
  std::ofstream(file) << "rubbish";
  CHECK(Tuner(file, "two").choose("p", kThree, clock.measure()) == 2);
}

TEST_CASE("the tuner takes over what another process has chosen, and keeps its own file") {
  const ScratchFolder folder;
  const auto file = folder.path() / "plans.txt";
  Clock clock{{3, 2, 1}}, other{{1, 2, 3}};
  Tuner first({}, "one"), second(file, "one");
  first.choose("p", kThree, clock.measure());
  second.choose("q", kThree, other.measure());
  std::filesystem::remove(file);
  second.adopt(first.plans(), "rank1of2");
  CHECK(second.choose("p", kThree, other.measure()) == 2);
  CHECK(second.choose("q", kThree, clock.measure()) == 2);  // its own earlier choice is forgotten
  CHECK_FALSE(std::filesystem::exists(file));
  // The next run has the same choices, though the other process has made another one meanwhile.
  first.choose("q", kThree, other.measure());
  Tuner again(file, "one");
  again.adopt(first.plans(), "rank1of2");
  CHECK(again.choose("q", kThree, other.measure()) == 2);
  Tuner third(file, "one");
  third.adopt(first.plans(), "rank2of3");
  CHECK(third.choose("q", kThree, clock.measure()) == 0);
  Tuner elsewhere({}, "two");
  elsewhere.adopt(first.plans(), "rank1of2");
  CHECK(elsewhere.choose("p", kThree, other.measure()) == 0);
}

TEST_CASE("the tuner leaves out what does not work, and says when nothing does") {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  Clock some{{kNever, 5, kNever}}, none{{kNever, kNever, kNever}};
  Tuner tuner({}, "a GPU");
  CHECK(tuner.choose("p", kThree, some.measure()) == 1);
  CHECK_THROWS_AS(tuner.choose("q", kThree, none.measure()), Error);
  CHECK_THROWS_AS(tuner.choose("q", {}, none.measure()), Error);
  none.calls = 0;
  CHECK(tuner.choose("q", std::vector<std::string>{"only"}, none.measure()) == 0);
  CHECK(none.calls == 0);
}

}  // namespace siam::cuda
