"""The learning rate over a run."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR


def one_cycle(optimiser: Optimizer, peak: float | list[float], steps: int) -> OneCycleLR:
    """Up over a tenth of `steps`, down to nearly nothing over the rest; peak: one rate, or one for each group."""
    # torch divides by the length of the rise less a step, which is nothing where a tenth is one step.
    return OneCycleLR(optimiser, peak, total_steps=steps, pct_start=0.2 if steps == 10 else 0.1)
