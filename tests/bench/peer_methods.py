"""What peer_training.py can train: SimSiam, and what the paper compares it with, by their papers' definitions.

A method is a module whose `loss` takes two views of the same images and their numbers, and whose `updated` follows each
update of the parameters. `model` is peer_torch.SimSiam.
"""
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F


def agreement(prediction, target):
    return -F.cosine_similarity(prediction.float(), target.detach().float()).mean()


class Method(nn.Module):
    def __init__(self, model, images):
        super().__init__()
        self.model = model

    def updated(self):
        pass


class SimSiam(Method):
    """Algorithm 1."""

    def loss(self, views, samples):
        return self.model(*views)


class SimClr(Method):
    """NT-Xent (Chen et al. 2020, Eq. 1) at temperature 0.5 on the projections."""

    def loss(self, views, samples):
        z = F.normalize(torch.cat([self.model.encoder(view) for view in views]).float())
        n = len(samples)
        itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
        logits = (z @ z.T / 0.5).masked_fill(itself, float("-inf"))
        return F.cross_entropy(logits, torch.arange(2 * n, device=z.device).roll(n))


class Byol(Method):
    """Grill et al. 2020, Eq. 1 to 3, with SimSiam's heads: the target is a moving average of the encoder, 0.99."""

    def __init__(self, model, images):
        super().__init__(model, images)
        self.target = copy.deepcopy(model.encoder)

    def loss(self, views, samples):
        p1, p2 = (self.model.predictor(self.model.encoder(view)) for view in views)
        with torch.no_grad():
            z1, z2 = (self.target(view) for view in views)
        return (agreement(p1, z2) + agreement(p2, z1)) / 2

    @torch.no_grad()
    def updated(self):
        torch._foreach_lerp_(list(self.target.parameters()), list(self.model.encoder.parameters()), 0.01)


class WithoutPredictor(Method):
    """Sec. 4.2: h is the identity."""

    def loss(self, views, samples):
        z1, z2 = (self.model.encoder(view) for view in views)
        return (agreement(z1, z2) + agreement(z2, z1)) / 2


class MovingAverage(Method):
    """Sec. 5.2: no predictor; the target of a view is its image's average over the views of all epochs, m = 0.8, moved
    by the other view. An image's first average is its view."""

    def __init__(self, model, images):
        super().__init__(model, images)
        self.register_buffer("average", torch.zeros(images, model.predictor[-1].out_features))
        self.register_buffer("seen", torch.zeros(images, 1, dtype=torch.bool))

    def loss(self, views, samples):
        z1, z2 = (self.model.encoder(view).float() for view in views)
        with torch.no_grad():
            keep = torch.where(self.seen[samples], 0.8, 0.0)
            t1, t2 = (keep * self.average[samples] + (1 - keep) * F.normalize(z) for z in (z1, z2))
            self.average[samples] = (t1 + t2) / 2
            self.seen[samples] = True
        return (agreement(z1, t2) + agreement(z2, t1)) / 2


METHODS = {"simsiam": SimSiam, "simclr": SimClr, "byol": Byol, "none": WithoutPredictor, "average": MovingAverage}
