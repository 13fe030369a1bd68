"""PyTorch's side of kernels.c: the same networks, shapes and batches, in lines of the same form.

usage: python peer.py [seconds per measurement]
"""

import copy
import pathlib
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "fixtures"))
from sequence_net import Tcn, fold  # noqa: E402

T, F, C = 52, 1, 3
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
THREADS = (1, 2)


class Net(torch.nn.Module):
    """The best of each: batches without padding, so neither packing nor masks."""

    def __init__(self, architecture, hidden):
        super().__init__()
        if architecture.startswith("tcn"):
            self.encoder = Tcn(F, hidden, 4, 3, "batch").network
        else:
            self.encoder = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[architecture](F, hidden)
        self.architecture = architecture
        self.head = torch.nn.Linear(hidden, C)

    def forward(self, x):
        y = self.encoder(x)
        if self.architecture == "tcn-max":
            return self.head(y.amax(2))
        return self.head(y[:, :, -1] if self.architecture == "tcn" else y[0][-1])


def rate(step, n):
    """Items a CPU second, at the better number of threads, and which; CPU time counts all of them."""
    best = 0, 0
    for threads in THREADS:
        torch.set_num_threads(threads)
        for _ in range(2):
            step()
        done, begin = 0, time.process_time()
        while time.process_time() - begin < SECONDS or done == 0:
            step()
            done += n
        best = max(best, (done / (time.process_time() - begin), threads))
    return best


def adamw(parameters):
    """Fused where PyTorch has that for the CPU; before, the plain one: in 1.13, foreach makes no difference."""
    try:
        return torch.optim.AdamW(parameters, fused=True)
    except (TypeError, RuntimeError):
        return torch.optim.AdamW(parameters)


def training_step(net, x, y):
    optimizer = adamw(list(net.parameters()))

    def step():
        optimizer.zero_grad()
        functional.cross_entropy(net(x), y).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    return step


def scoring_step(net, x):
    def step():
        with torch.inference_mode():
            torch.softmax(net(x), -1)

    return step


def main():
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    for architecture in ("lstm", "gru", "tcn", "tcn-max"):
        for hidden in (64,) if architecture == "tcn-max" else (32, 64, 128):
            net = Net(architecture, hidden)
            fast = fold(copy.deepcopy(net).eval())
            for what, batches in (("train", (64, 256, 1024)), ("score", (1, 64, 256, 1024))):
                for batch in batches:
                    x = torch.randn((batch, F, T) if architecture.startswith("tcn") else (T, batch, F))
                    y = torch.randint(C, (batch,))
                    step = training_step(net, x, y) if what == "train" else scoring_step(fast, x)
                    best, threads = rate(step, batch)
                    print(what, architecture, hidden, batch, f"{best:.1f}", threads, sep="\t", flush=True)


main()
