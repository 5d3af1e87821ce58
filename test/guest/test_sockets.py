# SPDX-License-Identifier: MIT
"""AF_UNIX sockets, as programs use them."""


def test_names_streams_and_options(tap):
    tap("sockets")


def test_messages_descriptors_and_identities(tap):
    tap("sockets_msg")


def test_threads_that_pass_sockets_around(tap):
    for seed in (1, 2):
        tap(f"sockstress 3 {seed}", 90)


def test_messages_tell_when_they_were_sent(tap):
    tap("sockstamp")
