# SPDX-License-Identifier: MIT
"""Pseudo terminals, and the programs that live on them."""


def test_both_ends_of_a_pseudo_terminal(tap):
    tap("ptys")


def test_what_few_programs_ask_of_a_terminal(tap):
    tap("ttyctl")
