// Damage to a file of tensors: found by its checksum, or by what the format says.

#include "tensor/io/hash.h"

#include <random>

#include "tests/tensor/io/safetensors_cases.h"

namespace siam {

TEST_CASE("XXH3's published value for no bytes, and the same in parts") {
  CHECK(Checksum().digits() == "2d06800538d394c2");
  Checksum whole, parts;
  whole.add(std::string(1000, 'x'));
  for (int i = 0; i < 10; ++i) parts.add(std::string(100, 'x'));
  CHECK(whole.digits() == parts.digits());
}

TEST_CASE("every flipped bit of a file is found") {
  const ScratchFolder folder;
  const TensorFile saved = example();
  save_safetensors(folder / "good", saved);
  const std::string good = read_file(folder / "good");
  CHECK(load_safetensors(folder / "good").checksummed);
  const size_t name = good.find("siam.xxh3");
  for (size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      write_fast(folder / "bad", bytes);
      // Under another name the checksum is not recognised, and everything else is unchanged.
      if (name <= at && at < name + 9) {
        if (error_of_load(folder / "bad").empty())
          CHECK_FALSE(load_safetensors(folder / "bad").checksummed);
        continue;
      }
      CAPTURE(at);
      CAPTURE(bit);
      CHECK(error_of_load(folder / "bad") != "");
    }
  std::string bytes = good;
  bytes.back() ^= 1;
  write_fast(folder / "bad", bytes);
  CHECK(error_of_load(folder / "bad").find("it was damaged or changed after it was written; ") !=
        std::string::npos);
}

TEST_CASE("a file without a checksum is loaded, and known as one") {
  const ScratchFolder folder;
  save_safetensors(folder / "a", example());
  write_fast(folder / "a", without_checksum(read_file(folder / "a")));
  const TensorFile loaded = load_safetensors(folder / "a");
  CHECK_FALSE(loaded.checksummed);
  CHECK(loaded.tensors.size() == example().tensors.size());
  CHECK_FALSE(load_safetensors(SIAM_SOURCE_DIR "/tests/golden/small.safetensors").checksummed);
}

TEST_CASE("the metadata of a file whose tensors are not of ours") {
  const ScratchFolder folder;
  write_fast(folder / "a", with_length(R"({"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
                                       R"("__metadata__":{"format":"pt"}})",
                                       "12345678"));
  CHECK(load_metadata(folder / "a") == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK_THROWS_WITH_AS(load_metadata(folder / "none"), doctest::Contains("none: cannot open"),
                       Error);
}

TEST_CASE("tensors of other types are left out where that is asked for, and named") {
  const ScratchFolder folder;
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("n":{"dtype":"I64","shape":[],"data_offsets":[4,12]},)"
                             R"("z":{"dtype":"U8","shape":[2],"data_offsets":[12,14]}})";
  write_file_atomically(folder / "a", with_length(header, std::string(14, 'x')));
  CHECK(error_of_load(folder / "a").find("tensor 'n' has type \"I64\"") != std::string::npos);
  const TensorFile file = load_supported(folder / "a");
  CHECK(file.left_out == std::vector<std::string>{"n"});
  CHECK(file.tensors.size() == 2);
  CHECK(file.at("z").span<uint8_t>()[1] == 'x');
  const auto refused = [&](const std::string& what, const std::string& other,
                           const char* expected) {
    std::string changed = header;
    changed.replace(changed.find(what), what.size(), other);
    write_file_atomically(folder / "a", with_length(changed, std::string(14, 'x')));
    CHECK_THROWS_WITH_AS(load_supported(folder / "a"), doctest::Contains(expected), Error);
  };
  refused("[4,12]", "[12,4]", "data_offsets");
  refused("[4,12]", "[4]", "data_offsets");
  refused("[4,12]", "[4,11]", "begins at byte");
  refused("\"I64\"", "64", "has type 64");
}

TEST_CASE("another kind of file is called by its name") {
  const ScratchFolder folder;
  const auto kind = [&](std::string start, const char* expected) {
    start.resize(1000, 'x');
    write_fast(folder / "a", start);
    const std::string message = error_of_load(folder / "a");
    CHECK_MESSAGE(message.find(expected) != std::string::npos, message);
    CHECK(message.find("; a safetensors file is needed; ") != std::string::npos);
  };
  using namespace std::string_literals;
  kind("PK\3\4\0\0\x08\x08\0\0"s, "is a zip archive, as PyTorch's .pth files are");
  kind("\x80\2\x8a\nl\xfc\x9c"s, "is a Python pickle, as PyTorch's old .pth files are");
  kind("\x1f\x8b\x08\0\0\0\0\0\0"s, "is a gzip file");
  kind("{\"name\": \"with\"}"s, "is JSON text");
  kind("version https://git-lfs.github.com/spec/v1\n"s, "is a Git LFS pointer");
  kind("<!DOCTYPE html>"s, "is a page of HTML");
}

TEST_CASE("a mutated file loads or gives an Error, nothing else") {
  const ScratchFolder folder;
  save_safetensors(folder / "good", example());
  const std::string good = read_file(folder / "good"), unchecked = without_checksum(good);
  std::mt19937 random(1);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  int refused = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < 2 * kTrials; ++trial) {
    const std::string& from = trial < kTrials ? good : unchecked;
    std::string bytes = from;
    switch (below(4)) {
      case 0: bytes.resize(below(bytes.size())); break;
      case 1: bytes.erase(below(bytes.size() - 16), 1 + below(16)); break;
      case 2: bytes.insert(below(bytes.size()), 1, "0123456789[]{},:\" -eE.\\"[below(23)]); break;
      default:
        for (size_t flips = 1 + below(3); flips > 0; --flips) {
          bytes[below(bytes.size())] = static_cast<char>(below(256));
        }
    }
    write_fast(folder / "bad", bytes);
    try {
      const TensorFile file = load_safetensors(folder / "bad");
      CHECK((!file.checksummed || bytes == good));
    } catch (const Error&) {
      refused += trial >= kTrials;
    }
  }
  // Without a checksum a change inside the data or a name is still a valid file; most are not.
  CHECK(refused > kTrials / 2);
  CHECK(refused < kTrials);
}

}  // namespace siam
