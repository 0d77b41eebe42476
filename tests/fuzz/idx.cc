// IDX files, plain or gzipped. The input's first byte, times 16, is the length of the label file;
// the image file follows. Training and test files are the same, except for the test labels, which
// end one byte earlier if the second byte is odd.

#include <algorithm>

#include "tests/fuzz/dataset_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace siam;
  static const ScratchFolder folder;
  if (size < 2) return 0;
  const Input rest(data + 2, size - 2);
  const size_t labels = std::min<size_t>(rest.size(), size_t{16} * data[0]);
  for (const std::string split : {"train", "t10k"}) {
    const bool cut = split == "t10k" && data[1] % 2 == 1 && labels > 0;
    write_input(folder / (split + "-labels-idx1-ubyte"), rest.first(labels - (cut ? 1 : 0)));
    write_input(folder / (split + "-images-idx3-ubyte"), rest.subspan(labels));
  }
  open_and_look(folder.path());
  return 0;
}
