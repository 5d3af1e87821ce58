# SPDX-License-Identifier: MIT
"""The memory calls: every flag and errno (programs that tell them as TAP)."""


def test_seals_of_memory_files_and_of_areas(tap):
    tap("seals")
