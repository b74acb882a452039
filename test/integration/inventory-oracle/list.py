"""Reads each inventory named in the arguments with Ansible. Prints the hosts as JSON, by file; null for one that it refuses."""

import json
import sys

from ansible.inventory.helpers import get_group_vars
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import combine_vars

ALWAYS = ("inventory_hostname", "inventory_hostname_short", "group_names", "inventory_file", "inventory_dir")


def host_of(host):
    variables = combine_vars(get_group_vars(host.get_groups()), host.get_vars())
    return {
        "variables": {key: value for key, value in variables.items() if key not in ALWAYS},
        "groups": sorted(group.name for group in host.get_groups() if group.name not in ("all", "ungrouped")),
    }


def read(path):
    try:
        inventory = InventoryManager(loader=DataLoader(), sources=[path], cache=False)
    except Exception:
        return None
    return {name: host_of(host) for name, host in inventory.hosts.items()}


print(json.dumps({path: read(path) for path in sys.argv[1:]}))
