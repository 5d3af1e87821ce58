# SPDX-License-Identifier: MIT
"""Who may do what: set-user-id programs, capabilities, and an ordinary user."""


def test_set_user_id_programs_and_ordinary_users(tap):
    tap("suid")


def test_setpriv_takes_powers_away(vm):
    ids = "--reuid=65534 --regid=65534 --clear-groups"
    assert vm.ok(f"setpriv {ids} id -u") == "65534\n"
    assert vm.run(f"setpriv {ids} cat /root/none /etc/passwd- 2>&1; setpriv {ids} kill -9 1")[0] != 0
    caps = vm.ok(f"setpriv {ids} --inh-caps=+kill --ambient-caps=+kill grep CapEff /proc/self/status")
    assert caps == "CapEff:\t0000000000000020\n"
    assert "no_new_privs: 1" in vm.ok("setpriv --no-new-privs setpriv -d")
    assert vm.ok("setpriv --bounding-set=-sys_admin grep CapBnd /proc/self/status") == \
        "CapBnd:\t000001ffffdfffff\n"
    assert vm.run("setpriv --bounding-set=-sys_admin mount -t tmpfs none /tmp")[0] != 0
    assert "1" in vm.ok("setpriv --no-new-privs grep NoNewPrivs /proc/self/status")
