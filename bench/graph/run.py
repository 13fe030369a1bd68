"""Graph attention beside PyTorch and PyTorch Geometric, in one run. Prints a Markdown table.

usage: run.py [N E [heads [depth [cores]]]]      default 100000 1000000 1 residual 1,2; cores are the peers'

Seconds of wall clock, and of CPU in brackets; the best of a few. Needs what builds the extension, and PyTorch; PyTorch
Geometric is left out where it is not installed. For 1 M nodes and more it measures ours alone: PyTorch's memory.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
F, H, L = 32, 64, 2
PEERS = {
    "index_add": "PyTorch, index_add",
    "segments": "PyTorch, sorted segments",
    "gatv2": "PyTorch Geometric, GATv2Conv",
    "gat": "PyTorch Geometric, GATConv",
}


def build():
    program = TOP / "build/bench/graph/step"
    subprocess.run(["make", "-s", "-C", TOP, program.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    return program


def output(*command):
    return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def ours(N, E, K, depth):
    program = build()
    for workers in (1, 2):
        v = output(program, N, E, F, H, K, L, workers, 3, depth).split()
        print(f"| usercls | {workers} | {v[1]} ({v[3]}) | {v[2]} ({v[4]}) | {int(v[6]) / 1e6:.0f} |", flush=True)


def peer(form, N, E, K, depth, cores):
    program = pathlib.Path(__file__).with_name("peers.py")
    for threads in cores:
        v = {mode: json.loads(output(sys.executable, program, form, N, E, F, H, K, L, depth, threads, 2, mode))
             for mode in ("forward", "step")}
        print(f"| {PEERS[form]} | {threads} | {v['forward']['seconds']:.4f} ({v['forward']['cpu']:.4f}) "
              f"| {v['step']['seconds']:.4f} ({v['step']['cpu']:.4f}) | {v['step']['extra_bytes'] / 1e6:.0f} |", flush=True)


def main():
    N, E = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (100000, 1000000)
    K = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    depth = sys.argv[4] if len(sys.argv) > 4 else "residual"
    cores = [int(c) for c in sys.argv[5].split(",")] if len(sys.argv) > 5 else [1, 2]
    print(f"{N} nodes, {E} edges, {F} features, hidden {H}, {K} heads, {L} layers, {depth}.\n")
    print("| | workers | forward | training step | memory, MB |\n| --- | --- | --- | --- | --- |")
    ours(N, E, K, depth)
    for form in PEERS if N < 1000000 else ():
        if form.startswith("gat") and not importlib.util.find_spec("torch_geometric"):
            continue
        peer(form, N, E, K, depth, cores)


main()
