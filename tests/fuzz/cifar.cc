// CIFAR's files. The first byte of the input says which: CIFAR-10 or CIFAR-100, and whether the
// rest is the test file or one of the training files; the others hold the same bytes, as often as
// needed.

#include "tests/fuzz/dataset_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace siam;
  static const ScratchFolder ten, hundred;
  if (size == 0) return 0;
  const Input rest(data + 1, size - 1), half = rest.first(rest.size() / 2);
  if (data[0] % 2 == 0) {
    for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                             "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"})
      write_input(ten / name, rest);
    if (data[0] % 4 == 2) write_input(ten / "data_batch_3.bin", half);
    open_and_look(ten.path());
  } else {
    write_input(hundred / "train.bin", rest);
    write_input(hundred / "test.bin", rest.first(data[0] % 4 == 1 ? rest.size() / 5 : rest.size()));
    open_and_look(hundred.path());
  }
  return 0;
}
