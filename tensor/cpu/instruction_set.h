#pragma once
// Which of the kernels' instruction sets is used (tensor/cpu/kernels/). AVX2 and AVX-512 give the
// same bits; the baseline, which has no fused multiply-add on x86, does not. The two sets for bf16
// round its products differently; for f32 and f16 they use AVX-512.

#include <cstdint>
#include <string>
#include <vector>

namespace siam::cpu {

struct Kernels;
struct Bf16Kernels;

enum class InstructionSet { baseline, avx2, avx512, avx512_bf16, amx };

const char* name_of(InstructionSet set);
/// Those that this CPU has, narrowest first.
std::vector<InstructionSet> available_instruction_sets();

/// The widest available one, or the one that SIAM_INSTRUCTION_SET names in the environment or a
/// ScopedInstructionSet of this thread has chosen. Error if the environment names one that is not
/// available.
InstructionSet instruction_set();

/// While it lives, this thread uses the kernels of this set, which must be available.
class ScopedInstructionSet {
 public:
  explicit ScopedInstructionSet(InstructionSet set);
  ~ScopedInstructionSet();
  ScopedInstructionSet(const ScopedInstructionSet&) = delete;

 private:
  int previous_;
};

/// The kernels for images or matrices with this many columns: those with fewer than a vector of
/// AVX-512 has lanes use AVX2.
const Kernels& kernels(int64_t columns);
/// Those with instructions for bf16, if the set has any.
const Bf16Kernels* bf16_kernels();

}  // namespace siam::cpu
