"""PyTorch's time for what bench/graph/step.c does, in several formulations. Prints JSON.

index_add     a row for every edge, softmax by scatter
segments      edges sorted by target, sums by embedding_bag with weights; its backward sorts for itself
gatv2         PyTorch Geometric's GATv2Conv: a product less, and leaky ReLU instead of tanh in the score
gat           PyTorch Geometric's GATConv: the score of an edge is a sum of two numbers, which is far less work

usage: peers.py FORM N E F H K L residual|gated threads repeats forward|step
"""
import json
import math
import resource
import sys
import time

import torch
from torch.nn import functional


def heard_by(t, h, source, target, offset, N, H, K, form):
    s, d, value = h @ t("self"), h @ t("neighbour"), h @ t("value")
    e = torch.tanh(s[target] + d[source]).view(-1, K, H // K).mul(t("score")).sum(2)
    if form == "index_add":
        top = torch.full((N, K), -math.inf).scatter_reduce(0, target[:, None].expand(-1, K), e.detach(), "amax")
        w = (e - top[target]).exp()
        alpha = w / torch.zeros(N, K).index_add(0, target, w)[target]
        return torch.zeros(N, H).index_add(
            0, target, (alpha[:, :, None] * value[source].view(-1, K, H // K)).reshape(-1, H))
    top = torch.segment_reduce(e.detach(), "max", lengths=offset[1:] - offset[:-1], axis=0)
    w = (e - top[target]).exp()
    total = torch.segment_reduce(w, "sum", lengths=offset[1:] - offset[:-1], axis=0)
    parts = []
    for k in range(K):
        part = value.view(N, K, H // K)[:, k].contiguous()
        bag = functional.embedding_bag(source, part, offset[:-1], mode="sum", per_sample_weights=w[:, k].contiguous())
        parts.append(bag / total[:, k:k + 1])
    return torch.cat(parts, 1)


def layer(p, l, h, memory, source, target, offset, N, H, K, depth, form):
    t = lambda name: p[f"{l}.{name}"]
    if form.startswith("gat"):
        heard = p[f"{l}.conv"](h, torch.stack([source, target]))
    else:
        heard = heard_by(t, h, source, target, offset, N, H, K, form)
    m = torch.tanh(heard)
    if depth == "residual":
        return h + m, None
    i, f, o, c = (m @ t("gate") + t("gate_bias")).split(H, 1)
    memory = f.sigmoid() * memory + i.sigmoid() * c.tanh()
    return o.sigmoid() * memory.tanh(), memory


def main():
    form = sys.argv[1]
    N, E, F, H, K, L = map(int, sys.argv[2:8])
    depth = sys.argv[8]
    threads, repeats = map(int, sys.argv[9:11])
    step = sys.argv[11] == "step"
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x = torch.rand(N, F)
    source = torch.cat([torch.randint(N, (E,)), torch.arange(N)])
    target = torch.cat([torch.randint(N, (E,)), torch.arange(N)])
    order = torch.argsort(target * N + source)
    source, target = source[order], target[order]
    offset = torch.cat([torch.zeros(1, dtype=torch.long), torch.bincount(target, minlength=N).cumsum(0)])
    label = torch.randint(2, (N, 2)).float()
    p = {"input": torch.randn(2 * F + 1, H) * 0.1, "head": torch.randn(H, 2) * 0.1}
    modules = {}
    for l in range(L):
        if form.startswith("gat"):
            from torch_geometric.nn import GATConv, GATv2Conv
            modules[f"{l}.conv"] = (GATv2Conv if form == "gatv2" else GATConv)(H, H // K, K, add_self_loops=False)
        else:
            for name in ("self", "neighbour", "value"):
                p[f"{l}.{name}"] = torch.randn(H, H) * 0.1
            p[f"{l}.score"] = torch.randn(K, H // K)
        if depth == "gated":
            p[f"{l}.gate"], p[f"{l}.gate_bias"] = torch.randn(H, 4 * H) * 0.1, torch.zeros(4 * H)
    if step:
        for t in p.values():
            t.requires_grad_()
        adam = torch.optim.AdamW([*p.values(), *(q for m in modules.values() for q in m.parameters())])
    p.update(modules)

    def forward():
        h = torch.cat([x, torch.zeros(N, F + 1)], 1) @ p["input"]
        memory = torch.zeros(N, H)
        for l in range(L):
            h, memory = layer(p, l, h, memory, source, target, offset, N, H, K, depth, form)
        return h @ p["head"]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best, best_cpu = math.inf, math.inf
    for _ in range(repeats + 1):
        start, cpu = time.perf_counter(), time.process_time()
        if step:
            adam.zero_grad()
            functional.binary_cross_entropy_with_logits(forward(), label).backward()
            adam.step()
        else:
            with torch.inference_mode():
                forward()
        best, best_cpu = min(best, time.perf_counter() - start), min(best_cpu, time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": best, "cpu": best_cpu, "extra_bytes": (peak - before) * 1024}))


main()
