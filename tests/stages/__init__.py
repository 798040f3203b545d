# SPDX-License-Identifier: GPL-3.0-or-later
"""All that `make test` runs: `python -m stages all|fast|lint|build`, or single stages by name.

`workspace` prepares copies of the collection and environments, `commands` starts programs, `outcome` counts, `collection` checks what is
shipped, `catalog` lists the stages, `__main__` runs them and prints the summary.
"""
