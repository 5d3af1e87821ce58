# SPDX-License-Identifier: MIT
"""Bytes moved between files without a program's buffer."""


def test_splice_tee_and_vmsplice(tap):
    tap("splices")
