"""What cloud-init reads from the keys of vSphere: standard input is {"environment": …, "ovf": …}; prints both as JSON."""
import json
import os
import sys

given = json.load(sys.stdin)
os.environ.update(given["environment"])

from cloudinit import helpers  # noqa: E402
from cloudinit.sources import DataSourceOVF, DataSourceVMware  # noqa: E402

source = DataSourceVMware.DataSourceVMware({}, None, helpers.Paths({"cloud_dir": "/tmp/cloud", "run_dir": "/tmp/run"}))
DataSourceVMware.guestinfo_redact_keys = lambda *_: None
DataSourceVMware.wait_on_network = lambda _: {}
assert source._get_data()
text = source.userdata_raw
metadata, user_data, _ = DataSourceOVF.read_ovf_environment(given["ovf"], read_network=True)
print(json.dumps({
    "vmware": {
        "metadata": source.metadata,
        "userData": text.decode() if isinstance(text, bytes) else text,
        "network": source.network_config,
    },
    "ovf": {"metadata": metadata, "userData": user_data.decode()},
}, default=str))
