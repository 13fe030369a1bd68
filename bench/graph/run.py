"""Graph attention beside PyTorch, in one run. Prints a Markdown table; seconds of wall clock, and of CPU in brackets.

usage: run.py [N E [heads]]      default 100000 1000000 1

needs a C compiler, OpenBLAS and PyTorch.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
F, H, L = 32, 64, 2


def build(folder):
    program = pathlib.Path(folder) / "step"
    sources = [TOP / "bench/graph/step.c", TOP / "test/unit/rng_posix.c", *TOP.glob("src/nn/*.c"), *TOP.glob("src/model/*.c")]
    subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O3", "-fno-trapping-math", "-fno-math-errno", f"-I{TOP}/src",
                    *[f"-I{d}" for d in pathlib.Path("/usr/include").glob("*/openblas-serial")],
                    "-o", program, *sources, "-lopenblas", "-lpthread", "-lm"], check=True)
    return program


def output(*command):
    return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    N, E = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (100000, 1000000)
    K = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"{N} nodes, {E} edges, {F} features, hidden {H}, {K} heads, {L} layers, gated.\n")
    print("| | workers | forward | training step | memory, MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        for workers in (1, 2):
            v = output(program, N, E, F, H, K, L, workers, 3).split()
            print(f"| usercls | {workers} | {v[1]} ({v[3]}) | {v[2]} ({v[4]}) | {int(v[6]) / 1e6:.0f} |", flush=True)
    for form in ("index_add", "segments"):
        for threads in (1, 2):
            peer = pathlib.Path(__file__).with_name("peers.py")
            v = {mode: json.loads(output(sys.executable, peer, form, N, E, F, H, K, L, threads, 2, mode))
                 for mode in ("forward", "step")}
            print(f"| PyTorch, {form} | {threads} | {v['forward']['seconds']:.4f} ({v['forward']['cpu']:.4f}) "
                  f"| {v['step']['seconds']:.4f} ({v['step']['cpu']:.4f}) | {v['step']['extra_bytes'] / 1e6:.0f} |", flush=True)


main()
