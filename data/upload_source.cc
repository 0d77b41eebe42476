// Two streams share `staged_`, crops and draws: the copy stream writes them, the step stream makes
// views of them.
//
//   steps   | staged -> views | step i                | staged -> views | step i+1
//   copies                    | batch i+1 -> staged |                   | batch i+2 -> staged |
//
// A step needs its views until it ends; `staged_` is free as soon as it begins, so that the next
// upload runs alongside it.

#include "data/upload_source.h"

#include "data/finish_views.h"
#include "data/loader.h"
#include "tensor/fence.h"
#include "tensor/memory.h"
#include "tensor/stream.h"

namespace siam {

namespace {

class UploadSource : public BatchSource {
 public:
  UploadSource(std::shared_ptr<const Dataset> dataset, const AugmentConfig& augment,
               const BatchConfig& config, DType type)
      : augment_(augment),
        loader_(std::move(dataset), augment, config, Loader::Make::crops, &pinned_allocator()),
        views_(Tensor::empty({config.views * config.samples(), augment.size, augment.size, 3}, type,
                             Device::cuda)),
        staged_(Tensor::empty(views_.shape(), DType::f32, Device::cuda)),
        scratch_(staged_.empty_like()),
        staged_draws_(Tensor::empty({views_.dim(0), int64_t{sizeof(AugmentParameters)}}, DType::u8,
                                    Device::cuda)) {
    taken_.mark();  // after what the memory's earlier owners have queued
  }

  ~UploadSource() override {
    try {
      uploaded_.wait();  // then the batch's memory and staged_ are free
    } catch (const Error&) {
      // The device failed, which its user has already been told.
    }
  }

  void start_epoch(int epoch, int64_t first) override { loader_.start_epoch(epoch, first); }

  void advance() override {
    loader_.advance();
    uploaded_.wait();  // then the previous batch, held until here, may go
    uploading_ = loader_.batch();
    {
      const ScopedStream scope(copies_);
      taken_.hold_stream();
      queue_copy(staged_.raw(), uploading_.images.raw(), staged_.bytes());
      queue_copy(staged_draws_.raw(), uploading_.draws.raw(), staged_draws_.bytes());
      uploaded_.mark();
    }
    uploaded_.hold_stream();
    finish_views(staged_, staged_draws_, augment_, scratch_, views_);
    taken_.mark();
  }

  Batch batch() override { return {views_, uploading_.samples}; }
  int64_t batches_per_epoch() const override { return loader_.batches_per_epoch(); }
  double wait_seconds() const override { return loader_.wait_seconds(); }

 private:
  AugmentConfig augment_;
  Loader loader_;
  Batch uploading_;  ///< in page-locked memory
  Tensor views_;     ///< the batch that steps see
  Tensor staged_;    ///< the crops of the next one
  Tensor scratch_;   ///< used by the steps' stream only
  Tensor staged_draws_;
  Stream copies_;
  Fence uploaded_;  ///< after the last upload
  Fence taken_;     ///< after the last use of staged_ by the steps' stream
};

}  // namespace

std::unique_ptr<BatchSource> make_upload_source(std::shared_ptr<const Dataset> dataset,
                                                const AugmentConfig& augment,
                                                const BatchConfig& config, DType type) {
  return std::make_unique<UploadSource>(std::move(dataset), augment, config, type);
}

}  // namespace siam
