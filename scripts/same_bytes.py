#!/usr/bin/env python3
"""Whether two versions of ArchPrior make the same files: `scripts/same_bytes.py BEFORE AFTER`, each a commit or a program.

Runs the same commands with both: meta-trainings by six methods, an evaluation, an adaptation, a study of four cells, a search by four
strategies, a supernet search and the drawing of two scripts, on 1 and on 2 threads. Then compares all files that were written. Seconds, dates,
machines and the checksums over them are left out; a table below names keys that one version calls otherwise. Ends with exit code 1 where
anything differs. Five minutes for two programs; a commit is built first. Standard library only.
"""
import argparse, json, os, random, re, shutil, subprocess, sys, tempfile

from png import write_png

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Keys whose values are of the moment or the machine.
MOMENT = re.compile(
    r"(?i)^(startedAt|\w*curve|seconds\w*|\w*seconds|elapsed|\w*time|started|ended|finished_?at|date|host|hostname|pid|machine|processor|cpu|kernels|version|commit"
    r"|command\w*|arguments|threads|memory\w*|peak\w*|seal|checksum|line|bytes|id|identity)$")
# Keys that are called otherwise in a later version: old name → new name.
RENAMED = {}
# Files that are not results: what is made of results and the moment, what tells processes apart, and an imported pack, which says when and whence.
SKIPPED = re.compile(r"(\.html|\.lock|/lock|index\.sqlite[^/]*|events\.out\.tfevents[^/]*|test-seconds\.json|timing\.json|fonts\.txt|/bars\.archpack)$")

TRAINING = """
name: same
seed: 7
data: {sources: [glyphs-greek, glyphs-thai], image_size: 16, train_fraction: 0.5, validation_fraction: 0.2}
task: {way: 3, shot: 1, query: 3}
space: {stem: pooled-twice, channels: 4, nodes: 2}
conv4: {filters: 8}
inner: {steps: 2, test_steps: 2}
outer: {meta_batch: 2}
budget: {tasks: 12}
decoded: {tasks: 4, meta_batch: 2}
evaluation: {tasks: 6, validation_every: 6, validation_tasks: 3}
checkpoint_every: 6
"""
STUDY = """
name: same-study
datasets: [glyphs-greek, glyphs-thai]
train: [leave-one-out]
seeds: [1]
shots: [1]
tasks: 4
curve_tasks: 2
image_size: 16
base:
  data: {train_fraction: 0.5, validation_fraction: 0.2}
  space: {stem: pooled-twice, channels: 4, nodes: 2}
  conv4: {filters: 8}
  inner: {steps: 1, test_steps: 2}
  outer: {meta_batch: 2}
  task: {way: 3, shot: 1, query: 3}
  budget: {tasks: 6}
  decoded: {tasks: 2, meta_batch: 2}
  evaluation: {validation_every: null, validation_tasks: 2}
  checkpoint_every: 3
methods:
  - {name: T-NAS, set: {method: t-nas}}
  - {name: MAML, set: {method: maml}}
"""
METHODS = ["t-nas", "maml", "maml++", "reptile", "proto-net", "imaml"]
SCRIPTS = ["greek", "cherokee"]


def picture(path, label, index):
    """A grey PNG of 28×28: a bar whose slope is its class."""
    draw = random.Random(10 * label + index)
    x, y = draw.uniform(10, 18), draw.uniform(10, 18)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_png(path, 28, 1, bytes(0 if abs((r - y) - (label - 1) * (c - x)) < 2.5 else 255 for r in range(28) for c in range(28)))


def program_of(what, scratch, name):
    """A program as it is, or the one that a commit builds."""
    if os.path.isfile(what):
        return os.path.abspath(what)
    tree = os.path.join(scratch, name)
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", tree, what], check=True, capture_output=True)
    print(f"building {what}…", file=sys.stderr)
    subprocess.run(["make", "-C", tree, "build"], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(tree, ".build/release/archprior")


def make(program, folder, threads):
    """Runs all commands; their files lie in `folder`."""
    os.makedirs(folder)
    for name, text in (("training.yaml", TRAINING), ("study.yaml", STUDY)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    for label in range(3):
        for index in range(4):
            part = "support" if index < 2 else "query"
            picture(os.path.join(folder, f"task/{part}/bar{label}/{index}.png"), label, index)
    environment = dict(os.environ, ARCHPRIOR_DATASETS=os.path.join(ROOT, "datasets"), XDG_DATA_HOME=os.path.join(folder, "home"))

    def call(*arguments, keep=None):
        done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        if keep:
            with open(os.path.join(folder, keep), "w") as file:
                file.write(done.stdout)

    for method in METHODS:
        call("meta-train", "training.yaml", "--set", f"method={method}", "--output", f"run-{method}", "--threads", threads)
    for method in ("t-nas", "proto-net"):
        call("evaluate", f"run-{method}", "--threads", threads, "--json", keep=f"evaluate-{method}.json")
        call("adapt", f"run-{method}", "--task", "task", "--threads", threads, "--json", keep=f"adapt-{method}.json")
    call("study", "study.yaml", "--output", "study", "--jobs", threads)
    images = os.path.join(ROOT, "datasets/glyphs/greek.archpack")
    call("search", "random-search", "regularized-evolution", "local-search", "lstm-reinforce", "--space", "nas-bench-201", "--estimator", "synflow:channels=4",
         "--images", images, "--image-count", "16", "--evaluations", "8", "--seeds", "2", "--output", "search", "--threads", threads)
    call("datasets", "build", "glyphs", "--output", "glyphs", "--list", fonts(folder), "--scripts", *SCRIPTS)
    call("supernet", "darts-first", "gdas", "--dataset", small_images(call, folder), "--epochs", "2", "--images", "24", "--batch", "8", "--channels", "4",
         "--output", "supernet", "--threads", threads)


def fonts(folder):
    """The list of packages, cut down to those that are installed."""
    installed = set(subprocess.run(["dpkg-query", "-W", "-f", "${Package}\n"], capture_output=True, text=True).stdout.split())
    with open(os.path.join(ROOT, "datasets/glyphs/fonts.txt")) as file:
        lines = [line for line in file if line.split("#")[0].strip() in installed]
    if len(lines) < 12:
        sys.exit("error: fewer than 12 packages of fonts are installed\nhelp: sed 's/#.*//' datasets/glyphs/fonts.txt | xargs apt-get install -y "
                 "--no-install-recommends")
    path = os.path.join(folder, "installed.txt")
    with open(path, "w") as file:
        file.writelines(lines)
    return path


def small_images(call, folder):
    """The task's pictures, repeated, as a data set of 16×16."""
    for label in range(3):
        for index in range(20):
            picture(os.path.join(folder, f"pictures/bar{label}/{index}.png"), label, index)
    call("datasets", "import", "pictures", "--name", "bars", "--size", "16", "--into", ".")
    return os.path.join(folder, "bars.archpack")


def without_moment(value, depth=0):
    """A document without what is of the moment; the checksum over all of it is at its top."""
    if isinstance(value, dict):
        return {RENAMED.get(key, key): without_moment(item, depth + 1) for key, item in value.items()
                if not MOMENT.match(key) and not (depth == 0 and key in ("sha256", "check"))}
    if isinstance(value, list):
        return [without_moment(item, depth) for item in value]
    return value


def comparable(path, folder):
    """What has to be equal of a file."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith((".json", ".jsonl")) or path.endswith(("/checkpoint",)) and data[:1] == b"{":
        lines = data.decode().split("\n") if path.endswith(".jsonl") else [data.decode()]
        parts = [json.dumps(without_moment(json.loads(line)), sort_keys=True, indent=0) for line in lines if line.strip()]
        if path.endswith("/searches.jsonl"):  # in the order in which searches end
            parts.sort()
        text = "\n".join(parts)
        return text.replace(folder, "FOLDER").encode()
    if path.endswith(".csv"):
        rows = [line.split(",") for line in data.decode().split("\n")]
        dropped = {i for i, name in enumerate(rows[0]) if MOMENT.match(name.strip().replace(" ", "_"))}
        return "\n".join(",".join(c for i, c in enumerate(row) if i not in dropped) for row in rows).encode()
    if path.endswith("/configuration.yaml"):
        return b"\n".join(line for line in data.split(b"\n") if not line.startswith((b"threads:", b"# sha256")))
    return data


def files(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            short = os.path.relpath(path, folder)
            if not SKIPPED.search("/" + short):
                found[short] = path
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--keep", help="a folder for all files, which are removed otherwise")
    options = parser.parse_args()
    scratch = options.keep or tempfile.mkdtemp(prefix="archprior-same-")
    os.makedirs(scratch, exist_ok=True)
    trees = []
    try:
        programs = []
        for name, what in (("before", options.before), ("after", options.after)):
            programs.append(program_of(what, scratch, f"tree-{name}"))
        different = compared = 0
        reference = None
        for threads in ("1", "2"):
            for name, program in zip(("before", "after"), programs):
                place = os.path.join(scratch, f"{name}-{threads}")
                make(program, os.path.join(place, "work"), threads)
                found = files(os.path.join(place, "work"))
                contents = {short: comparable(path, os.path.join(place, "work")) for short, path in found.items()}
                if reference is None:
                    reference = contents
                    continue
                for short in sorted(set(reference) | set(contents)):
                    compared += 1
                    if reference.get(short) != contents.get(short):
                        different += 1
                        how = "missing" if short not in contents else "new" if short not in reference else "different"
                        print(f"{name}, {threads} threads: {how}: {short}")
        print(f"{compared} files compared, {different} differ")
        return 1 if different else 0
    finally:
        if not options.keep:
            for name in ("tree-before", "tree-after"):
                if os.path.isdir(os.path.join(scratch, name)):
                    subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", os.path.join(scratch, name)])
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
