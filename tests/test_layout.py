"""Tests mirror the package: dreamer/ROOM/MODULE.py is tested in tests/ROOM/test_MODULE.py, or the reason is here."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# (modules, where they are tested, why not in a file of their own)
ELSEWHERE = [
    ("__main__.py", "cli/test_main.py", "calls the command line"),
    ("cli/batch.py", "jobs/test_run.py", "commands that are killed and shared, beside the runner that they prove"),
    ("cli/inspect/*.py", "cli/test_inspect.py", "one table of all its commands"),
    ("cli/networks/*.py", "cli/test_networks.py", "one test of all its commands"),
    ("cli/suggest.py", "cli/test_inspect.py", "looks inside like the commands of inspect"),
    ("cli/recipe.py", "cli/test_again.py", "prints what `again` renders"),
    ("cli/sheet.py", "cli/test_gallery.py", "shows pictures as a gallery does"),
    ("cli/listening.py", "cli/test_sound.py", "songs of every command"),
    ("cli/interruption.py", "cli/test_render.py", "signals to a command that renders"),
    ("cli/event_texts.py", "cli/test_progress.py", "what the displays show"),
    ("cli/address_space.py", "test_memory.py", "limits of memory"),
    ("cli/*options.py", "cli/test_main.py", "shared by all commands"),
    ("cli/run*.py", "cli/test_main.py", "what all commands share: messages and exit codes"),
    ("dreaming/events.py", "dreaming/test_dream.py", "data that the engine reports"),
    ("dreaming/protocols.py", "tiny.py", "types alone; the tiny network is one of their kind"),
    ("dreaming/grid.py", "dreaming/test_gradient.py", "units in whole pictures and in tiles"),
    ("dreaming/*targets.py", "dreaming/test_targets.py", "bound by `bind_target`"),
    ("dreaming/extent.py", "dreaming/test_wrapping.py", "sizes of pictures that wrap or are too small"),
    ("dreaming/masks.py", "dreaming/test_canvas.py", "part of the canvas"),
    ("dreaming/noise.py", "dreaming/test_canvas.py", "part of the canvas"),
    ("dreaming/objectives.py", "dreaming/test_targets.py", "which targets count at an octave"),
    ("dreaming/reports.py", "dreaming/test_dream.py", "what the engine reports"),
    ("dreaming/octaves.py", "dreaming/test_canvas.py", "sizes of the canvas"),
    ("dreaming/normalization.py", "dreaming/test_gradient.py", "part of the gradient"),
    ("dreaming/tile_plan.py", "dreaming/test_tiles.py", "which tiles there are"),
    ("dreaming/transforms.py", "dreaming/test_ascent.py", "part of a step"),
    ("dreaming/randomness.py", "dreaming/test_dream.py", "same seed, same pixels"),
    ("dreaming/statistics.py", "motion/test_stabilization.py", "the measures that are held"),
    ("film/frame_facts.py", "film/test_store.py", "facts of the store"),
    ("jobs/film_keys.py", "jobs/test_films.py", "which frames can be used again"),
    ("film/facts.py", "film/test_probe.py", "the data that probing returns"),
    ("film/command.py", "film/test_write.py", "ffmpeg's arguments, by the films that come out"),
    ("gallery/item.py", "gallery/test_page.py", "data of the page"),
    ("jobs/claims.py", "jobs/test_journal.py", "files beside the journal"),
    ("jobs/estimate.py", "jobs/test_plan.py", "a plan's time"),
    ("jobs/events.py", "jobs/test_render.py", "data that the renderer reports"),
    ("jobs/executors/*.py", "jobs/executors/test_executors.py", "one contract, every executor"),
    ("jobs/growth.py", "jobs/test_view.py", "one of the views of a still"),
    ("jobs/sheets.py", "jobs/test_view.py", "views of a still"),
    ("jobs/show.py", "jobs/test_view.py", "writes the views of a still"),
    ("jobs/groups.py", "jobs/test_run.py", "what goes together in a run"),
    ("jobs/inputs.py", "jobs/test_plan.py", "a plan's inputs"),
    ("jobs/orders.py", "jobs/test_plan.py", "a plan's file of jobs"),
    ("jobs/outputs.py", "jobs/test_plan.py", "a plan's outputs"),
    ("jobs/sweeps.py", "jobs/test_plan.py", "a plan's grid"),
    ("jobs/work.py", "jobs/test_plan.py", "a plan's time"),
    ("jobs/read_ahead.py", "jobs/test_render.py", "part of the renderer"),
    ("jobs/stills.py", "test_shipped_presets.py", "every preset that ships, rendered"),
    ("inspection/figures/*.py", "cli/test_inspect.py", "drawn by every command of inspect"),
    ("inspection/heatmaps.py", "cli/test_inspect.py", "drawn by every command of inspect"),
    ("inspection/masking.py", "cli/test_mask.py", "drawn by `dreamer mask`"),
    ("inspection/rules.py", "inspection/test_deconvolution.py", "the rules that go backward"),
    ("inspection/tracing.py", "inspection/test_deconvolution.py", "a projection of a whole map"),
    ("pictures/origin.py", "pictures/test_jpeg.py", "the data that reading returns"),
    ("pictures/quantize.py", "pictures/test_write.py", "the last step of writing"),
    ("pictures/png16.py", "pictures/test_deep.py", "what is written in 16 bits is read by others"),
    ("pictures/tiff.py", "pictures/test_deep.py", "what is written in 16 bits is read by others"),
    ("pictures/exr.py", "pictures/test_extras.py", "written and read again"),
    ("networks/kernel_statistics.py", "networks/test_descriptions.py", "makes what is described"),
    ("networks/metadata.py", "networks/test_weights.py", "metadata that was tampered with"),
    ("networks/receptive.py", "inspection/test_receptive.py", "against the pixels that have a gradient"),
    ("networks/folding.py", "networks/test_cut.py", "folded cuts against plain ones"),
    ("networks/network.py", "networks/test_fidelity.py", "the fast gradient against the plain one"),
    ("networks/labels.py", "networks/test_catalog.py", "classes of the networks that are listed"),
    ("networks/training/run_state.py", "networks/training/test_loop.py", "what a run saves"),
    ("networks/training/training_plan.py", "networks/training/test_loop.py", "data of a run"),
    ("presets/json_schema.py", "presets/test_reference.py", "the schema for editors"),
    ("presets/model/*.py", "presets/test_reference.py", "one field, one source: validation, schema and page"),
    ("presets/adjust.py", "cli/test_render.py", "--size, --seed and --preview"),
    ("presets/source/named_files.py", "presets/source/test_load.py", "paths in presets"),
    ("presets/source/toml_files.py", "presets/source/test_load.py", "what every preset is read by"),
    ("presets/source/layers.py", "presets/source/test_load.py", "`extends` and `--set`"),
    ("presets/timeline/checks.py", "presets/timeline/test_keyframes.py", "mistakes in keyframes"),
]


def without_own_test() -> list[str]:
    """The modules without a counterpart, as paths below dreamer/."""
    modules = (file.relative_to(ROOT / "dreamer") for file in (ROOT / "dreamer").rglob("*.py"))
    alone = (
        module.as_posix()
        for module in modules
        if module.name != "__init__.py" and not (ROOT / "tests" / module.parent / f"test_{module.name}").is_file()
    )
    return sorted(alone)


def test_every_module_has_its_tests_or_a_reason() -> None:
    assert [name for name in without_own_test() if not any(fnmatch(name, pattern) for pattern, _, _ in ELSEWHERE)] == []


@pytest.mark.parametrize(("pattern", "where", "reason"), ELSEWHERE, ids=lambda text: str(text).replace("/", "."))
def test_every_reason_is_still_one(pattern: str, where: str, reason: str) -> None:
    assert any(fnmatch(name, pattern) for name in without_own_test()), f"{pattern} has tests of its own, or is gone"
    assert (ROOT / "tests" / where).is_file()
    assert reason
