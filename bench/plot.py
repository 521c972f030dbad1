"""Draws docs/performance.json: how many times better each row is than its peer, and what rows cost as work grows."""
import json
import sys

import matplotlib
import matplotlib.pyplot as plt

# Okabe and Ito's colours, told apart by every eye; markers tell them apart without.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#555555",
)  # fmt: skip
LINES = {
    "propagate-from-keys": (BLUE, "o"),
    "propagate-cached": (SKY, "s"),
    "stroke-added": (GREEN, "^"),
    "walk-from-keys": (VERMILION, "D"),
    "walk-stroke-added": (ORANGE, "v"),
    "crf-cold": (PURPLE, "P"),
    "crf-warm": (BLUE, "X"),
}


def bars(axes, rows):
    rows = [row for row in rows if not row["name"].startswith("browser")][::-1]
    ratios = [row["ratio"] for row in rows]
    colours = [BLUE if ratio >= 1 else VERMILION for ratio in ratios]
    # From 1, the same: longer to the right is better, to the left worse.
    axes.barh([row["name"] for row in rows], [ratio - 1 for ratio in ratios], left=1, color=colours, height=0.6)
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, *ratios) / 1.3, max(ratios) * 2.5)
    axes.xaxis.set_major_formatter("{x:g}×")
    for place, ratio in enumerate(ratios):
        axes.text(max(ratio, 1) * 1.08, place, f"{ratio:.3g}×", va="center", fontsize=8)
    axes.set_title("Times better than the peer (640 × 480, K = 5)")
    axes.tick_params(axis="y", labelsize=8)


def lines(axes, cells, names, x, peer, title, xlabel):
    cells = sorted(cells, key=lambda cell: cell[x])
    for name in names:
        own = [cell for cell in cells if cell["name"] == name]
        colour, marker = LINES[name]
        axes.plot([c[x] for c in own], [c["ours"] for c in own], color=colour, marker=marker, markersize=5, label=name)
    for name, label, style in peer:
        theirs = [cell for cell in cells if cell["name"] == name and cell.get("peer")]
        axes.plot(
            [c[x] for c in theirs], [c["peer"] for c in theirs], style, color=GREY, marker=".", linewidth=1.2, label=label
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted({cell[x] for cell in cells})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(xlabel)
    axes.set_ylabel("ms")
    axes.set_title(title)
    least, most = axes.get_ylim()
    axes.set_ylim(least, most * (most / least) ** 0.2)  # room for the legend
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(fontsize=7, frameon=False, loc="upper left", ncols=2)


def main(source, target):
    figures = json.load(open(source))
    matplotlib.rcParams.update({
        "svg.hashsalt": "saltworks", "font.size": 9, "axes.titlesize": 10, "axes.spines.top": False,
        "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6e6e6", "axes.axisbelow": True,
    })  # fmt: skip
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), facecolor="white", layout="constrained")
    bars(axes[0, 0], figures["rows"])
    cells = [cell for cell in figures.get("growth", []) if cell["axis"] == "labels"]
    for cell in cells:
        cell["pixels"] = cell["width"] * cell["height"]
    solvers = ["propagate-from-keys", "propagate-cached", "stroke-added", "walk-from-keys", "walk-stroke-added"]
    fit = [("propagate-cached", "scikit-learn fit", "--")]
    crf = [("crf-cold", "pydensecrf with set-up", "--"), ("crf-warm", "pydensecrf inference", ":")]
    five = [cell for cell in cells if cell["labels"] == 5]
    middle = [cell for cell in cells if cell["width"] == 640]
    lines(axes[0, 1], [c for c in five if c["name"] in solvers], solvers, "nodes", fit, "Larger images, K = 5", "nodes")
    lines(axes[1, 0], [c for c in middle if c["name"] in solvers], solvers, "labels", fit, "More labels, 640 × 480", "K")
    crfs = ["crf-cold", "crf-warm"]
    lines(axes[1, 1], [c for c in middle if c["name"] in crfs], crfs, "labels", crf, "Dense CRF, 640 × 480", "K")
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:3])
