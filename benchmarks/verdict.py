"""What a visitor waits for: a verdict, a prompt edit, the first verdict of a process; and what it takes in memory."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

import mfclip
from benchmarks.report import Line, median_seconds
from mfclip.detector import Detector
from mfclip.prompts import Description, Hierarchy, published_hierarchy
from tests.fuzz import watch

ROOT = Path(__file__).resolve().parent.parent
WARM, START, EDIT, MEMORY = 0.3, 10.0, 0.15, 1536  # seconds, seconds, seconds, MiB (design §8)
PHOTOS = 20
TIMEOUT = 120  # seconds


def photos(count: int) -> Iterator[np.ndarray]:
    """Portraits (512, 512, 3), no two alike: a public photograph, shifted, so that no face is remembered."""
    portrait = np.ascontiguousarray(data.astronaut()[..., :3])
    for number in range(count):
        shifted = np.roll(portrait, (3 * number % 61, 5 * number % 83), axis=(0, 1))
        yield np.clip(shifted.astype(np.int16) + number % 3, 0, 255).astype(np.uint8)


def warm_verdict(detector: Detector) -> Line:
    """Median of verdicts on photos not met before, read from JPEG files, face finding included."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos(PHOTOS)):
            path = Path(folder) / f"{number}.jpg"
            Image.fromarray(photo).save(path, quality=92)
            start = time.perf_counter()
            detector(path)
            times.append(time.perf_counter() - start)
    warm = times[3:]
    note = f"slowest {max(warm):.3f}, the very first {times[0]:.2f}; file to verdict, face finding included"
    return Line("warm verdict", statistics.median(warm), "seconds", "≤", WARM, note)


def edits(count: int, rows: int) -> Iterator[Hierarchy]:
    """Hierarchies in which `rows` forgeries have a generator sentence never met before."""
    published = published_hierarchy().descriptions
    for number in range(count):
        changed = [
            Description(
                (*row.sentences[:3], f"the generator of this photo is {number} number {place}"), row.fake
            )
            if row.fake and place <= rows
            else row
            for place, row in enumerate(published)
        ]
        yield Hierarchy(tuple(changed))


def prompt_edit(detector: Detector) -> list[Line]:
    """Median of `revise`, one sentence changed and seven at once."""
    verdict = detector(next(photos(1)))
    lines = []
    for rows in (1, 7):
        changed = edits(12, rows)
        seconds = median_seconds(lambda c=changed: detector.revise(verdict, next(c)), repeats=10, warm_up=2)
        lines.append(
            Line(f"prompt edit, {rows} new sentences", seconds, "seconds", "≤", EDIT, "detector.revise")
        )
    return lines


def process_to_verdict() -> Line:
    """Median of whole `python -m mfclip predict` runs."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.jpg"
        Image.fromarray(next(photos(1))).save(path, quality=92)
        for _ in range(4):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "mfclip", "predict", str(path)],
                cwd=ROOT,
                env=os.environ,
                check=True,
                capture_output=True,
                timeout=TIMEOUT,
            )
            times.append(time.perf_counter() - start)
    note = f"python -m mfclip predict, start to exit; the first run {times[0]:.1f}"
    return Line("process start to verdict", statistics.median(times[1:]), "seconds", "≤", START, note)


def peak_mebibytes() -> float:
    """Peak resident memory of this process in MiB."""
    return watch.peak_memory() / watch.MIB


def peak_memory() -> Line:
    """Peak resident memory of a process of its own that has judged 20 photos."""
    program = (
        "import sys, mfclip\n"
        "from benchmarks.verdict import PHOTOS, peak_mebibytes, photos\n"
        "detector = mfclip.load(device='cpu')\n"
        "for photo in photos(PHOTOS): detector(photo)\n"
        "sys.stdout.write(str(peak_mebibytes()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=TIMEOUT
    )
    mebibytes = float(done.stdout)
    return Line(
        f"peak memory after {PHOTOS} photos", mebibytes, "MiB", "≤", MEMORY, "without the page's server"
    )


def run() -> list[Line]:
    """Everything above, on the CPU, with the bundled checkpoint or the one MFCLIP_CHECKPOINT names."""
    detector = mfclip.load(device="cpu")
    return [warm_verdict(detector), *prompt_edit(detector), process_to_verdict(), peak_memory()]
