#!/usr/bin/env python3
"""Whether `archprior adapt` and `archprior evaluate` agree on folders of pictures: a table, exit code 1 where they do not.

Standard library only. Accuracies of `adapt` are means over tasks drawn from the same pictures that `evaluate` draws from. Their difference is
held against the two 95 % intervals taken together (root of the sum of squares). One difference in twenty lies outside of that by chance, so a
row is only called different where it also lies outside of the interval that all rows together keep with 95 % (Šidák).
"""
import argparse, json, math, os, random, shutil, statistics, struct, subprocess, sys, tempfile, zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from png import write_png  # noqa: E402

METHODS = ["t-nas", "maml", "proto-net"]
BASE = """
name: agrees
seed: 1
data: {sources: %s, channels: %d, image_size: %d}
task: {way: 5, shot: 1, query: 5}
space: {stem: pooled-twice, channels: 4, nodes: 2}
conv4: {filters: 16}
inner: {steps: 2, test_steps: 3, architecture_rate: 10}
outer: {weight_rate: 0.003}
budget: {tasks: %d}
decoded: {tasks: 4}
evaluation: {tasks: 10, validation_every: null, validation_tasks: 4}
"""
# Title, side, channels, numbers of classes.
CASES = [("colour pictures", 32, 3, (3, 5, 10)), ("colour pictures", 64, 3, (3, 5, 10)), ("grey pictures", 48, 1, (5,))]


def npy(archive, name):
    data = archive.read(name + ".npy")
    length = struct.unpack("<H", data[8:10])[0]
    return eval(data[10:10 + length].decode()), data[10 + length:]  # the header is a literal of Python


def photographs(shared):
    """Classes of 32×32×3 photographs; None where there are none."""
    path = os.path.join(shared, "flowers17_32.npz")
    if not os.path.exists(path):
        return None
    with zipfile.ZipFile(path) as archive:
        header, images = npy(archive, "images")
        _, labels = npy(archive, "label")
    size = header["shape"][1] * header["shape"][2] * 3
    classes = {}
    for index in range(header["shape"][0]):
        label = struct.unpack_from("<i", labels, 4 * index)[0]
        classes.setdefault(label, []).append(images[index * size:(index + 1) * size])
    return [classes[label] for label in sorted(classes)]


def drawn(count, images):
    """Pictures in their place: a coloured disc and a bar a class, moved about; made here."""
    result = []
    for label in range(count):
        look = random.Random(label)
        colours = [[look.randrange(256) for _ in range(3)] for _ in range(3)]
        radius, slope = look.uniform(4, 11), look.uniform(-1, 1)
        rows = []
        for image in range(images):
            move = random.Random(1000 * label + image)
            x, y = move.uniform(11, 21), move.uniform(11, 21)
            pixels = bytearray()
            for r in range(32):
                for c in range(32):
                    inside = (r - y) ** 2 + (c - x) ** 2 < radius ** 2
                    bar = abs((r - 16) - slope * (c - 16)) < 2
                    pixels += bytes(colours[0] if inside else colours[1] if bar else colours[2])
            rows.append(bytes(pixels))
        result.append(rows)
    return result


def resized(pixels, side, channels):
    """Nearest pixels of 32×32×3; grey by luminance."""
    result = bytearray()
    for r in range(side):
        for c in range(side):
            place = 3 * (32 * (r * 32 // side) + c * 32 // side)
            rgb = pixels[place:place + 3]
            result += rgb if channels == 3 else bytes([(299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) // 1000])
    return bytes(result)


def interval(values):
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, len(values) - 1))
    return mean, 2.1 * deviation / math.sqrt(len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.path.join(ROOT, ".build/release/archprior"))
    parser.add_argument("--shared", default=os.path.join(ROOT, "../shared/data"))
    parser.add_argument("--evaluation-tasks", type=int, default=200, help="tasks of each evaluation")
    parser.add_argument("--tasks", type=int, default=60, help="tasks that are adapted to, each once with all and once with one query picture")
    parser.add_argument("--budget", type=int, default=400, help="tasks of a meta-training")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="archprior-agrees-")
    environment = dict(os.environ, XDG_DATA_HOME=os.path.join(scratch, "data"))

    def program(*arguments):
        done = subprocess.run([options.program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    classes = photographs(options.shared)
    if classes is None:
        print(f"no photographs in {options.shared}: drawings in their place", file=sys.stderr)
        classes = drawn(17, 30)
    print("| pictures | classes | method | evaluate | adapt, all at once | difference by its interval | adapt, one picture | agree |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    rows_in_all = len(METHODS) * sum(len(ways) for _, _, _, ways in CASES)
    normal = statistics.NormalDist()
    together = normal.inv_cdf((1 + 0.95 ** (1 / rows_in_all)) / 2) / normal.inv_cdf(0.975)
    failed, outside = False, 0
    try:
        for title, side, channels, ways in CASES:
            name = f"mine-{side}-{channels}"
            folder = os.path.join(scratch, name)
            for label, images in enumerate(classes):
                os.makedirs(f"{folder}/c{label:02d}")
                for index, image in enumerate(images[:30]):
                    write_png(f"{folder}/c{label:02d}/{index:02d}.png", side, channels, resized(image, side, channels))
            program("datasets", "import", folder, "--name", name, "--size", str(side), "--channels", str(channels))
            configuration = os.path.join(scratch, name + ".yaml")
            source = "[icons-actions, icons-mimetypes]" if channels == 3 else "[glyphs-greek, glyphs-cyrillic]"
            with open(configuration, "w") as file:
                file.write(BASE % (source, channels, side, options.budget))
            for method in METHODS:
                run = os.path.join(scratch, f"run-{name}-{method}")
                program("meta-train", configuration, "--set", f"method={method}", "--output", run)
                for way in ways:
                    rows = json.loads(program(
                        "evaluate", run, "--dataset", name, "--ways", str(way), "--tasks", str(options.evaluation_tasks), "--batch-norm", "support-statistics",
                        "--json"))
                    expected, width = rows[0]["mean"], (rows[0]["upper"] - rows[0]["lower"]) / 2
                    accuracies, single = [], []
                    for task in range(options.tasks):
                        draw = random.Random(f"{name} {way} {task}")
                        place = os.path.join(scratch, "task")
                        shutil.rmtree(place, ignore_errors=True)
                        for label in draw.sample(range(len(classes)), way):
                            chosen = draw.sample(range(min(30, len(classes[label]))), 6)
                            for part, images in [("support", chosen[:1]), ("query", chosen[1:])]:
                                os.makedirs(f"{place}/{part}/c{label:02d}")
                                for image in images:
                                    shutil.copy(f"{folder}/c{label:02d}/{image:02d}.png", f"{place}/{part}/c{label:02d}")
                        read = ["--ink", "keep"]
                        everything = json.loads(program("adapt", run, "--task", place, "--json", *read))
                        accuracies.append(everything["accuracy"])
                        kept = draw.choice(everything["predictions"])
                        shutil.rmtree(f"{place}/query")
                        os.makedirs(f"{place}/query/{kept['label']}")
                        shutil.copy(f"{folder}/{kept['label']}/{os.path.basename(kept['file'])}", f"{place}/query/{kept['label']}")
                        alone = json.loads(program("adapt", run, "--task", place, "--json", *read))["predictions"][0]
                        single.append(alone["predicted"] == kept["predicted"]
                                      and abs(alone["probability"] - kept["probability"]) < 1e-3)
                    mean, spread = interval(accuracies)
                    apart = abs(mean - expected) / math.sqrt(width ** 2 + spread ** 2)
                    agree = apart <= together and all(single)
                    failed = failed or not agree
                    outside += apart > 1
                    print(f"| {title} {side}×{side} | {way} | {method} | {100 * expected:.1f} ± {100 * width:.1f} % "
                          f"| {100 * mean:.1f} ± {100 * spread:.1f} % | {apart:.2f} | the same answer in {sum(single)} of {len(single)} "
                          f"| {'yes' if agree else 'NO'} |", flush=True)
        print(f"\n{outside} of {rows_in_all} differences are outside of their own 95 % interval ({0.05 * rows_in_all:.1f} are expected by chance); "
              f"the bound for all of them together is {together:.2f} intervals.")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
