# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo and the tests share: a mini cloud that runs, plays against it, and the variables that lead to it."""
