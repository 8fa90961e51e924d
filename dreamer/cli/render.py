"""`dreamer render`: presets over photos, folders of them, or noise."""

from __future__ import annotations

import click

from dreamer.cli.job_options import (
    FIELDS,
    PlanOptions,
    RunOptions,
    no_recipe_option,
    order_options,
    output_option,
    plan_options,
    run_options,
    view_options,
)
from dreamer.cli.options import verbosity_options
from dreamer.cli.pipes import check_one, standard_input, standard_output
from dreamer.cli.run_jobs import print_plan, print_presets, run_here
from dreamer.jobs.orders import Order
from dreamer.jobs.outputs import OutputTemplate
from dreamer.jobs.own_names import with_own_names
from dreamer.jobs.plan import find_order_inputs, find_variants, plan_jobs, shown_by

TEMPLATE = "outputs/{variant}/{stem}.png"


@click.command()
@order_options(preview="The same look at a quarter of the area, much sooner.")
@view_options
@output_option(TEMPLATE, f"Where pictures go; -, or jpg:- and so on: to standard output. Fields: {FIELDS}.")
@no_recipe_option
@plan_options
@run_options
@verbosity_options
@click.pass_context
def command(ctx: click.Context, order: Order, output: str, only: PlanOptions, options: RunOptions) -> None:
    """Dream over each INPUT: pictures, folders of pictures, patterns, "-" (standard input), or the word "noise".

    Without INPUT, presets that start from noise or gray need none. A finished picture is not rendered again, and
    one that other settings made is kept: the new one gets a number behind its name.
    """
    if only.print_preset:
        print_presets(order)
        return
    variants = find_variants(order, films=False)
    with standard_input(order) as spooled, standard_output(output, options) as template:
        inputs = find_order_inputs(spooled, variants, below=False)
        check_one(output, len(inputs) * len(variants), beside=order.compare or order.variants is not None)
        plan = plan_jobs(inputs, variants, OutputTemplate(template), files=order.files, shown=shown_by(order))
        plan = plan if options.force else with_own_names(plan)
        if only.dry_run:
            print_plan(plan, options.as_json)
        else:
            run_here(ctx, plan, options)
