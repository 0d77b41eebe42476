// Trains an MLP on a folder of IDX digits (MNIST, Fashion-MNIST; plain or gzipped), using only the
// library: digits FOLDER
#include <algorithm>

#include "data/dataset.h"
#include "nn/mlp.h"
#include "nn/optimizer.h"
#include "tensor/print.h"

using namespace siam;

// Images as rows [n,H W] in [0,1]. They are grey: their three channels are equal.
static Variable pixels(const Dataset& set, std::span<const int64_t> places) {
  const int64_t n = std::ssize(places), width = int64_t{set.image(0).height} * set.image(0).width;
  const Tensor rows = Tensor::empty({n, width});
  for (int64_t i = 0; i < n; ++i) {
    const Image image = set.image(places[i]);
    for (int64_t at = 0; at < width; ++at)
      rows.data<float>()[i * width + at] = static_cast<float>(image.pixels[3 * at]) / 255;
  }
  return Variable(rows);
}

int main(int argc, char** argv) try {
  check(argc == 2, "{} arguments; one is needed: a folder of IDX files", argc - 1);
  const auto [train, test] = open_dataset(argv[1]);
  const int64_t epochs = 3, batch = 100, classes = train->num_classes();
  Initializer init(/*seed=*/1);
  Mlp mlp(init, pixels(*train, {}).dim(1), {{.width = 256}, {classes, false, false, false}});
  FlatParameters parameters(registry_of(mlp), Device::cpu, DType::f32);
  Sgd sgd(parameters, {.momentum = 0.9, .weight_decay = 1e-4});

  for (int epoch = 0; epoch < epochs; ++epoch) {
    sgd.set_learning_rate(0, cosine_learning_rate(0.1, epoch, epochs));
    const auto order = permutation(train->size(), Random(1, Purpose::shuffle, epoch));
    double loss = 0;
    for (int64_t step = 0; step < train->size() / batch; ++step) {
      const std::span places(order.data() + step * batch, batch);
      const Tensor target = Tensor::zeros({batch, classes});
      for (int64_t i = 0; i < batch; ++i)
        target.data<float>()[i * classes + train->label(places[i])] = 1;
      const Variable logits = mlp(pixels(*train, places), {.training = true});
      const Variable error = mean(softmax_cross_entropy(logits, Variable(target)));
      parameters.zero_grad();
      backward(error);
      parameters.collect_grads();
      sgd.step();
      loss += error.value().item() / (train->size() / batch);
    }
    const auto places = permutation(test->size(), Random(1, Purpose::test));
    const Tensor logits = mlp(pixels(*test, places), {.training = false}).value();
    int right = 0;
    for (int64_t i = 0; i < test->size(); ++i) {
      const float* row = logits.data<float>() + i * classes;
      right += std::max_element(row, row + classes) - row == test->label(places[i]);
    }
    print(stdout, fmt::format("epoch {}: loss {:.3f}, accuracy {:.1f} %\n", epoch + 1, loss,
                              100.0 * right / test->size()));
  }
} catch (const std::exception& error) {
  print(stderr, fmt::format("error: {}\n", error.what()));
  return 1;
}
