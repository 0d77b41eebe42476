#include "tensor/cpu/instruction_set.h"

#include <fmt/ranges.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <utility>

#include "tensor/check.h"
#include "tensor/cpu/kernels/kernels.h"

namespace siam::cpu {

namespace {

constexpr int kNotChosen = -1;
thread_local int chosen = kNotChosen;

#ifdef __x86_64__
// The CPU multiplies tiles of bf16, and the operating system lets this process use their 8 KiB of
// registers (Linux, Documentation/arch/x86/xstate.rst).
bool tiles_are_granted() {
  constexpr unsigned kBf16 = 1u << 22, kTiles = 1u << 24;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & kBf16) != 0 &&
         (edx & kTiles) != 0 && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

InstructionSet from_environment() {
  const std::vector<InstructionSet> available = available_instruction_sets();
  const char* wanted = std::getenv("SIAM_INSTRUCTION_SET");
  if (wanted == nullptr || *wanted == '\0') return available.back();
  std::vector<std::string> names;
  for (const InstructionSet set : available) {
    if (name_of(set) == std::string(wanted)) return set;
    names.push_back(name_of(set));
  }
  fail("SIAM_INSTRUCTION_SET={}; this CPU has {}; unset it, or name one of these", wanted,
       fmt::join(names, ", "));
}

}  // namespace

const char* name_of(InstructionSet set) {
  static constexpr const char* kNames[] = {"baseline", "avx2", "avx512", "avx512_bf16", "amx"};
  return kNames[static_cast<int>(set)];
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets = {InstructionSet::baseline};
#ifdef __x86_64__
  // The kernels are compiled for the levels x86-64-v3 and -v4.
  if (__builtin_cpu_supports("x86-64-v3")) sets.push_back(InstructionSet::avx2);
  if (!__builtin_cpu_supports("x86-64-v4")) return sets;
  sets.push_back(InstructionSet::avx512);
  if (!__builtin_cpu_supports("avx512bf16")) return sets;
  sets.push_back(InstructionSet::avx512_bf16);
  static const bool tiles = tiles_are_granted();
  if (tiles) sets.push_back(InstructionSet::amx);
#endif
  return sets;
}

InstructionSet instruction_set() {
  static const InstructionSet widest = from_environment();
  return chosen == kNotChosen ? widest : static_cast<InstructionSet>(chosen);
}

ScopedInstructionSet::ScopedInstructionSet(InstructionSet set)
    : previous_(std::exchange(chosen, static_cast<int>(set))) {}
ScopedInstructionSet::~ScopedInstructionSet() { chosen = previous_; }

const Kernels& kernels(int64_t columns) {
#ifdef __x86_64__
  switch (instruction_set()) {
    case InstructionSet::amx:
    case InstructionSet::avx512_bf16:
    case InstructionSet::avx512:
      if (columns >= 16) return avx512_kernels;
      [[fallthrough]];
    case InstructionSet::avx2: return avx2_kernels;
    case InstructionSet::baseline: break;
  }
#endif
  static_cast<void>(columns);
  return baseline_kernels;
}

const Bf16Kernels* bf16_kernels() {
#ifdef __x86_64__
  if (instruction_set() == InstructionSet::amx) return &tile_kernels;
  if (instruction_set() == InstructionSet::avx512_bf16) return &pair_kernels;
#endif
  return nullptr;
}

}  // namespace siam::cpu
