#pragma once
// How much of its space a representation uses, which reveals a collapse, to a point or to few
// dimensions, that a low loss hides. All take f32 matrices [rows,d], a row per image, on any
// device.

#include "tensor/tensor.h"

namespace siam {

/// RankMe (Garrido et al., ICML 2023): exp of the entropy of s / sum(s), s the singular values of z
/// as it is, neither centred nor normalised. d if all directions are used equally, 1 if only one
/// is, 0 for zeros. Singular values that double precision cannot distinguish from 0 count as 0, so
/// the authors' 1e-7 within the logarithm is not needed.
double effective_rank(const Tensor& z);

/// Mean |a_i - b_i|^2 of the unit rows of two views of the same images (Wang & Isola, ICML 2020,
/// alpha = 2): 0 if views agree, 2 if they are unrelated, 4 at most.
double alignment(const Tensor& a, const Tensor& b);

/// log of the mean of exp(-2 |x_i - x_j|^2) over the pairs i < j of unit rows (Wang & Isola, t =
/// 2): 0 if all are one point, about -4 for directions spread evenly in many dimensions. Lower is
/// better. Needs two rows.
double uniformity(const Tensor& z);

/// Share, 0 to 1, of channels that carry nothing: their deviation over the rows is below 1 % of the
/// channels' mean deviation (their variance, then, below 1e-4 of an average channel's), or below
/// 1e-6 of the root mean square of all elements, which is what f32 rounding turns a constant into.
/// Needs two rows.
double dead_channels(const Tensor& z);

struct RepresentationPanel {
  double std, effective_rank, alignment, uniformity, dead_channels;
};
/// All of them, and collapse_std. `z` holds the rows under the test transform, `a` and `b` two
/// augmented views of images.
RepresentationPanel representation_panel(const Tensor& z, const Tensor& a, const Tensor& b);

}  // namespace siam
