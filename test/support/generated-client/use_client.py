"""Uses the generated client: `create` prints the installer's certificate; `provision` brings the cluster up and deletes it."""

import json
import ssl
import sys
import time
from os import environ

from cantrip_client import AuthenticatedClient
from cantrip_client.api.clusters import create_cluster, delete_cluster, list_clusters, provision_cluster, show_cluster
from cantrip_client.api.nodes import configure_node, list_nodes
from cantrip_client.models import (
    ConfigureNodeBody,
    ConfigureNodeBodyRolesItem,
    CreateClusterBody,
    CreateClusterBodySettings,
    DeleteClusterForce,
    ProblemDetails,
)

NAME = "generated"
client = AuthenticatedClient(
    base_url=environ["URL"],
    token=environ["TOKEN"],
    verify_ssl=ssl.create_default_context(cafile=environ["CA"]),
)


def done(answer):
    """The answer, unless the controller refused."""
    if answer is None or isinstance(answer, ProblemDetails):
        raise SystemExit(f"refused: {answer}")
    return answer


def create():
    body = CreateClusterBody(name=NAME, csr=environ["CSR"], settings=CreateClusterBodySettings(location="hall 1"))
    created = done(create_cluster.sync(client=client, body=body, idempotency_key="create-1"))
    again = create_cluster.sync(client=client, body=body)
    assert isinstance(again, ProblemDetails) and again.code == "cluster/exists", again
    print(json.dumps({"certificate": created.installer.certificate, "ca": created.installer.ca}))


def provision():
    [node] = done(list_nodes.sync(client=client, cluster=NAME)).items
    roles = [ConfigureNodeBodyRolesItem.MASTER, ConfigureNodeBodyRolesItem.WORKER]
    done(configure_node.sync(node.id, client=client, body=ConfigureNodeBody(roles=roles)))
    cluster = done(provision_cluster.sync(NAME, client=client))
    assert cluster.state == "PROVISIONING", cluster.state
    deadline = time.monotonic() + 60
    while done(show_cluster.sync(NAME, client=client)).state != "READY":
        assert time.monotonic() < deadline, "the cluster is not READY after 60 s"
        time.sleep(0.2)
    refused = delete_cluster.sync(NAME, client=client)
    assert isinstance(refused, ProblemDetails) and refused.code == "cluster/in-use", refused
    done(delete_cluster.sync(NAME, client=client, force=DeleteClusterForce.VALUE_1))
    assert done(list_clusters.sync(client=client)).items == []
    print("done")


{"create": create, "provision": provision}[sys.argv[1]]()
