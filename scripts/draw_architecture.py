#!/usr/bin/env python3
"""Draws docs/images/architecture-light.svg and -dark.svg: the rooms of Package.swift, floor by floor. Standard library only.

Floors and rooms are read from Package.swift. On a floor a room stands to the right of those that it imports. A room without words here, words
without a room, and an import of a higher floor are errors."""

import html
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = ["kernels", "basics", "engine", "problems and data", "methods", "experiments", "programs"]
ROOMS = {
    "CKernels": ["C kernels for AVX-512, AVX2 and any other processor, chosen at run time"],
    "Basics": ["random numbers, files, checksums, error messages"],
    "Statistics": ["intervals, tests, effect sizes"],
    "Tensors": ["values, buffers, threads"],
    "Autodiff": ["primitives and their derivatives"],
    "NeuralNetworks": ["layers and optimisers"],
    "SearchSpaces": ["architectures as values,", "their cost, their tables"],
    "CellNetworks": ["networks and supernets", "of these spaces"],
    "Datasets": ["images, their readers,", "few-shot tasks"],
    "Bilevel": ["inner loops and", "hypergradients"],
    "MetaLearning": ["MAML, Reptile, ProtoNet"],
    "ArchitecturePriors": ["T-NAS: w and θ adapt together"],
    "SearchStrategies": ["random, evolution, BOHB, TPE, RL …"],
    "Runs": ["configurations,", "checkpoints, journal"],
    "Reports": ["charts, tables,", "HTML pages"],
    "SupernetSearch": ["DARTS, GDAS,", "ENAS and others"],
    "PerformanceEstimators": ["judge an architecture", "by its network"],
    "Experiments": ["meta-training,", "comparisons, studies"],
    "ArchPrior": ["the library:", "import ArchPrior"],
    "ArchPriorCommands": ["the commands,", "as a library"],
    "archprior": ["the program"],
    "ArchPriorTesting": ["contracts for methods", "of your own"],
}
HEADLINE = "ArchitecturePriors"
THEMES = {
    "light": dict(page="#ffffff", floor="#f6f8fa", room="#ffffff", edge="#c4ccd5", name="#1f2328", words="#4d5761", head="#ddf4ff", headEdge="#0969da"),
    "dark": dict(page="#0d1117", floor="#161b22", room="#21262d", edge="#484f58", name="#f0f6fc", words="#b1bac4", head="#0c2d6b", headEdge="#58a6ff"),
}
WIDTH, LABEL, GAP = 960, 172, 8
LEGEND = "A module imports only modules on floors below it, or to its left."


def floors():
    """The rooms of every floor, from the lowest."""
    text = (ROOT / "Package.swift").read_text()
    parts = re.split(r"// Floor (\d+):", text.split("// Benchmarks and examples.")[0])[1:]
    target = re.compile(r'\.(?:executableT|t)arget\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?')
    needs = [{name: set(re.findall(r'"(\w+)"', names)) & ROOMS.keys() for name, names in target.findall(part)} for part in parts[1::2]]
    rooms = {room for floor in needs for room in floor}
    if rooms != ROOMS.keys() or len(needs) != len(FLOORS):
        sys.exit(f"error: Package.swift and this script differ in {sorted(rooms ^ ROOMS.keys())}")
    placed, found = set(), []
    for floor in needs:
        found.append([])
        while rest := [room for room in floor if room not in placed]:
            room = next((room for room in rest if floor[room] <= placed), None)
            if room is None:
                sys.exit(f"error: of {rest} each imports one of the others, or a room on a higher floor")
            placed.add(room)
            found[-1].append(room)
    return found


def picture(found, theme):
    colours = THEMES[theme]
    parts, y = [], GAP

    def text(x, y, content, colour, size, weight=400, anchor="middle"):
        parts.append(f'<text x="{x:g}" y="{y:g}" fill="{colours[colour]}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">{html.escape(content)}</text>')

    for number, rooms in reversed(list(enumerate(found))):
        lines = max(len(ROOMS[room]) for room in rooms)
        height = 44 + 16 * lines
        parts.append(f'<rect x="{GAP}" y="{y}" width="{WIDTH - 2 * GAP}" height="{height}" rx="8" fill="{colours["floor"]}"/>')
        text(GAP + 14, y + height / 2 + 5, f"{number}  {FLOORS[number]}", "words", 14, 600, "start")
        # Wide names get more of the floor.
        shares = [max(13, len(room)) for room in rooms]
        space = WIDTH - LABEL - 2 * GAP - GAP * (len(rooms) - 1)
        x = LABEL - GAP
        for share, room in zip(shares, rooms):
            x, width, head = x + GAP, space * share / sum(shares), room == HEADLINE
            parts.append(f'<rect x="{x:g}" y="{y + 8}" width="{width:g}" height="{height - 16}" rx="6" fill="{colours["head" if head else "room"]}" stroke="{colours["headEdge" if head else "edge"]}" stroke-width="{2 if head else 1}"/>')
            base = y + height / 2 + 2.5 - 8 * len(ROOMS[room])
            text(x + width / 2, base, room, "name", 14, 600)
            for line, content in enumerate(ROOMS[room]):
                text(x + width / 2, base + 18 + 16 * line, content, "words", 12.5)
            x += width
        y += height + GAP
    text(WIDTH / 2, y + 14, LEGEND, "words", 13)
    y += 28
    title = "The modules of ArchPrior on seven floors. " + LEGEND
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" aria-label="{title}" '
            f'font-family="-apple-system, BlinkMacSystemFont, \'Segoe UI\', \'Noto Sans\', Helvetica, Arial, sans-serif">\n<title>{title}</title>\n'
            f'<rect width="{WIDTH}" height="{y}" rx="10" fill="{colours["page"]}"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main():
    found = floors()
    for theme in THEMES:
        (ROOT / f"docs/images/architecture-{theme}.svg").write_text(picture(found, theme))


if __name__ == "__main__":
    main()
