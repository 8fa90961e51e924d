"""Print the tables of the README."""

from __future__ import annotations

import sys

import torch

from benchmarks import batches, films, gpu, memory, reading, sizes, steps, whole
from dreamer.devices import choose_device


def main(wanted: list[str]) -> None:
    """Measure what is named on the command line, or everything."""
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; {choose_device('cpu').reason}\n")
    if not wanted or "steps" in wanted:
        print(steps.report("googlenet", "inception4c", rounds=7), "\n")
        print(steps.report("vgg16", "features.22", rounds=3), "\n")
    if not wanted or "dream" in wanted:
        print(whole.report(rounds=3), "\n")
    if not wanted or "sizes" in wanted:
        print(sizes.report("googlenet", "inception4c", rounds=5), "\n")
    if not wanted or "gpu" in wanted:
        for line in gpu.report():
            print(line, flush=True)
        print()
    if not wanted or "films" in wanted:
        print(films.report(), "\n")
    if not wanted or "reading" in wanted:
        print(reading.report(rounds=9), "\n")
    if not wanted or "batches" in wanted:
        print(batches.report(), "\n")
    if not wanted or "memory" in wanted:
        print(memory.report())


if __name__ == "__main__":
    main(sys.argv[1:])
