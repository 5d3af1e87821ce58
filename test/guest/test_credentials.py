# SPDX-License-Identifier: MIT
"""Who may do what: set-user-id programs, capabilities, and an ordinary user."""


def test_set_user_id_programs_and_ordinary_users(tap):
    tap("suid")
