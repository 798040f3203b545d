# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be made to go wrong: rules that pick requests, and what is done to those that they pick."""
