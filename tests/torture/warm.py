"""What the process that others are forked from has imported: all that the commands import as they go."""

import dreamer.api
import dreamer.cli.animate
import dreamer.cli.batch
import dreamer.cli.networks.train
import dreamer.film.write
import dreamer.jobs.executors.processes
import dreamer.jobs.films
import dreamer.networks.training  # noqa: F401
