"""`python -m benchmarks [NAME...]`: measure, print the table, write benchmarks/results.json."""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.report import Line, machine, table

NAMES = {
    "parity": "configuration `authors` against the recorded outputs of the published code",
    "language": "the language encoder of `authors` against encoding 308 tokens",
    "patches": "the richest patch against scikit-image",
    "fuzz": "thousands of damaged pictures, hierarchies, configurations and weights (minutes)",
    "verdict": "warm verdict, prompt edit, process start to verdict, memory (needs a checkpoint)",
    "score": "many photos: score against one-by-one calls and the published computation; peak memory",
    "visitors": "1, 10 and 50 visitors at once, a full queue, memory over 500 requests (ten minutes)",
}
RESULTS = Path(__file__).resolve().parent / "results.json"
MET, MISSED, NOT_RUN = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 every bar is met, 1 one is missed, 3 a benchmark could not run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the bars of the design, each ratio in one run on this machine.",
        epilog="\n".join(f"  {name:<9} {what}" for name, what in NAMES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="one or more of the names below (default: all)"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, metavar="FILE", help="default: benchmarks/results.json"
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of torch; 1 where other work shares the cores"
    )
    chosen = parser.parse_args(arguments)
    if chosen.threads is not None and chosen.threads < 1:
        parser.error(f"--threads {chosen.threads}: at least 1")
    unknown = [name for name in chosen.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; choose among {', '.join(NAMES)}")
    if not chosen.out.parent.is_dir():
        parser.error(f"--out {chosen.out}: it must name a file in a folder that exists")

    import torch

    from mfclip import CheckpointError

    if chosen.threads is not None:
        torch.set_num_threads(chosen.threads)
    results = _previous(chosen.out)
    lines: list[Line] = []
    code = MET
    for name in chosen.names or NAMES:
        try:
            found = import_module(f"benchmarks.{name}").run()
        except CheckpointError as error:
            sys.stderr.write(f"{name} could not run: {error}\n")
            code = NOT_RUN
            continue
        lines += found
        results[name] = {"machine": machine(), "lines": [line.to_dict() for line in found]}
        sys.stdout.write(table(found))
        sys.stdout.flush()
    chosen.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return code or (MISSED if any(line.passed is False for line in lines) else MET)


def _previous(path: Path) -> dict:
    """What other benchmarks wrote earlier; each keeps the machine it was measured on."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: found[name] for name in NAMES if isinstance(found, dict) and name in found}


if __name__ == "__main__":
    sys.exit(main())
