// biome-ignore-all format: written by scripts/reference.ts
// biome-ignore-all lint: written by scripts/reference.ts
/** By code; "…" stands for what was found. */
export const ERROR_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  "account/exists": [
    "there already is an account …"
  ],
  "account/unknown": [
    "there is no account …"
  ],
  "administrator/exists": [
    "there already is an administrator …"
  ],
  "administrator/last": [
    "… is the last administrator with a valid certificate"
  ],
  "administrator/unknown": [
    "there is no administrator …"
  ],
  "agent-update/no-release": [
    "… is imported; imported releases: …"
  ],
  "agent-update/none": [
    "the update of the agents of cluster … was cancelled",
    "the agents of cluster … were never updated by this controller"
  ],
  "agents/unknown-file": [
    "no imported release of the agent has a file …"
  ],
  "backup/busy": [
    "another backup is being made"
  ],
  "bundle-file/unknown": [
    "there is no … in a bundle …"
  ],
  "bundle/ambiguous": [
    "… is the name of several bundles, with the manifests …"
  ],
  "bundle/in-use": [
    "bundle … is used by the clusters …"
  ],
  "bundle/unknown": [
    "there is no bundle …; imported: …"
  ],
  "ca/no-rotation": [
    "no rotation of the keys is in progress"
  ],
  "ca/rotating": [
    "a rotation of the keys is in progress"
  ],
  "ca/several": [
    "… other controllers of this database run"
  ],
  "ca/stranded": [
    "these would be shut out: ……"
  ],
  "cluster/exists": [
    "cluster … already exists"
  ],
  "cluster/gone": [
    "the cluster of this certificate was deleted",
    "cluster … was deleted"
  ],
  "cluster/in-use": [
    "node … is …: Kubernetes may be installed on it"
  ],
  "console/none": [
    "this controller was built without the web console"
  ],
  "creds/exists": [
    "cluster … already has credentials …"
  ],
  "creds/too-many": [
    "cluster … already has … sets of credentials"
  ],
  "csr/invalid": [
    "found …; a certificate request signed by its own P-256 key is required"
  ],
  "disk/unusable": [
    "disk … of node … …"
  ],
  "enrol/cluster-gone": [
    "the cluster of these credentials was deleted"
  ],
  "enrol/refused": [
    "an administrator refused or removed this node"
  ],
  "enrol/too-many": [
    "… nodes already wait for approval"
  ],
  "enrol/unknown": [
    "the controller does not know this key"
  ],
  "etcd-backup/unknown": [
    "no connected master of cluster … has the backup …",
    "this node has no complete backup …"
  ],
  "idempotency/answer-lost": [
    "the request was carried out, but its answer was not kept"
  ],
  "idempotency/in-progress": [
    "a request with this Idempotency-Key is in progress"
  ],
  "idempotency/other-request": [
    "this Idempotency-Key was used for another request"
  ],
  "identity/exceeds-own": [
    "… does not have the role … …"
  ],
  "identity/none": [
    "the request has no client certificate, API token or session",
    "found no client certificate of this controller"
  ],
  "identity/retired": [
    "the key … is not one that node … has now",
    "the key … of this node was retired"
  ],
  "identity/revoked": [
    "credentials … of cluster … were revoked"
  ],
  "identity/unknown-role": [
    "found a certificate of an unknown kind"
  ],
  "identity/wrong-role": [
    "found …; wanted …"
  ],
  "images/in-bundle": [
    "found …: nodes have such images from their bundle, and no other"
  ],
  "images/no-space": [
    "found … free in the data directory of the controller; wanted …"
  ],
  "images/not-uploaded": [
    "found no complete archive with the SHA-256 sum …"
  ],
  "images/too-large": [
    "found an archive of …; wanted at most …"
  ],
  "images/too-many": [
    "cluster … would have … images; wanted at most …"
  ],
  "images/unknown": [
    "cluster … has no image … that was added"
  ],
  "images/unknown-file": [
    "this controller has no archive … of an image"
  ],
  "images/uploading": [
    "another request is working with the same archive",
    "found … uploads that have begun; wanted at most … at a time"
  ],
  "interface/missing": [
    "node … has no interface …; it has: …"
  ],
  "interface/no-address": [
    "interface … of node … has no address"
  ],
  "invitation/not-due": [
    "the node has no open instruction to join a cluster"
  ],
  "join/expired": [
    "this join command expired at …"
  ],
  "join/revoked": [
    "this join command was revoked"
  ],
  "join/unknown": [
    "the controller does not know the token of this join command"
  ],
  "kubeconfig/not-yet": [
    "the certificate waits for …"
  ],
  "kubeconfig/too-many": [
    "cluster … already has … kubeconfigs"
  ],
  "kubeconfig/wrong-subject": [
    "found a certificate request whose subject is not … alone"
  ],
  "labels/reserved": [
    "found label …, which NodeRestriction does not allow a node to set on itself; wanted a label outside kubernetes.io and k8s.io, or one of node.kubernetes.io/*, topology.kubernetes.io/zone, topology.kubernetes.io/region"
  ],
  "labels/too-many": [
    "found … labels of node …, … with those of its cluster; wanted at most …, and …"
  ],
  "limit/bytes": [
    "… sends more than … bytes per second"
  ],
  "limit/logins": [
    "found too many attempts to sign in"
  ],
  "limit/pipelined": [
    "found several requests at once on one connection"
  ],
  "login/denied": [
    "the login was denied at the OIDC provider"
  ],
  "login/lapsed": [
    "nobody entered the code in time",
    "the login took too long, or its code was used before",
    "the login code was used, is older than 5 minutes, or ended with the session that created it"
  ],
  "login/no-name": [
    "found no name in the claim …; wanted up to 100 printable ASCII characters without spaces"
  ],
  "login/no-oidc": [
    "this controller has no OIDC provider"
  ],
  "node/has-begun": [
    "…; it cannot become …",
    "…; it cannot change to …"
  ],
  "node/key-in-use": [
    "the key … is already in use; wanted a new key"
  ],
  "node/name-taken": [
    "node … already has the name …",
    "node … with the name … …"
  ],
  "node/no-facts": [
    "node … has not reported its facts yet"
  ],
  "node/not-configurable": [
    "node … is …; wanted APPROVED"
  ],
  "node/not-in-cluster": [
    "node … is …, so it is not in its cluster"
  ],
  "node/other-name": [
    "node … does not have the name …"
  ],
  "node/removed": [
    "an administrator removed this node",
    "node … was removed"
  ],
  "oidc/unreachable": [
    "cannot reach the OIDC provider …: …"
  ],
  "operator/not-due": [
    "the cluster has no master"
  ],
  "override/not-usable": [
    "the override of kubeadm passes --… to the kubelet, which has lost this flag in Kubernetes …",
    "the override of … …; … is required"
  ],
  "pair-check/busy": [
    "a pair check of cluster … is already running"
  ],
  "password/none": [
    "you are not signed in with a password"
  ],
  "password/wrong": [
    "the present password is wrong"
  ],
  "path/unknown": [
    "unknown path: …",
    "found a tunnel inside a tunnel",
    "this path has no websocket"
  ],
  "path/wrong-method": [
    "this path has no …; it has …"
  ],
  "pem/invalid": [
    "found … instead of valid PEM"
  ],
  "precondition/failed": [
    "… has changed: its revision is …"
  ],
  "protocol/no-upgrade": [
    "wanted an upgrade to a websocket"
  ],
  "protocol/version": [
    "wanted subprotocol …"
  ],
  "range/unsatisfiable": [
    "the file has … bytes"
  ],
  "recover/no-data": [
    "… is not a connected master of cluster … with data of etcd"
  ],
  "request/headers-too-large": [
    "the headers of the request are too large"
  ],
  "request/invalid": [
    "…: found more than … values"
  ],
  "request/no-http": [
    "the request is not HTTP/1.1, or did not arrive in time"
  ],
  "request/no-json": [
    "the body is not JSON",
    "the request has no body"
  ],
  "request/other-origin": [
    "the request comes from a page of another site",
    "the request for a tunnel comes from a page"
  ],
  "request/secret-in-url": [
    "found a token in the URL"
  ],
  "request/too-deep": [
    "the body is nested too deeply"
  ],
  "request/too-large": [
    "the body has more than … values",
    "the body is too large"
  ],
  "request/unusable": [
    "after: not the end of a page"
  ],
  "restore/busy": [
    "node … of cluster … is carrying out another run"
  ],
  "roles/contradictory": [
    "found roles … in cluster … with dedicated masters; wanted master alone"
  ],
  "roles/too-many-masters": [
    "cluster … has … masters; wanted at most …: more masters make etcd slower"
  ],
  "session/csrf": [
    "the request has no valid … header"
  ],
  "session/ended": [
    "the session is of another kind"
  ],
  "session/unknown": [
    "session … has ended"
  ],
  "session/wrong-password": [
    "the name or the password is wrong"
  ],
  "settings/no-mirror": [
    "found … in mirrorOnly; wanted registries that registryMirrors has"
  ],
  "store/access-denied": [
    "…, does not admit the user …: …"
  ],
  "store/disk-error": [
    "the disk reported an error at …: …"
  ],
  "store/full": [
    "…, has no space left: …",
    "the file system of … has no space left"
  ],
  "store/locked": [
    "controllers are using the database",
    "… is in use by another controller"
  ],
  "store/no-database": [
    "…, does not exist"
  ],
  "store/no-privilege": [
    "…: the user … lacks a privilege that the controller needs: …"
  ],
  "store/read-only": [
    "…, is read-only: …",
    "… cannot be written: …"
  ],
  "store/slow": [
    "…, did not answer in time: …"
  ],
  "store/unreachable": [
    "…, does not answer: …"
  ],
  "store/wrong-password": [
    "…, refuses the password of …"
  ],
  "subnet/invalid": [
    "found … …; wanted …"
  ],
  "subnet/one-node": [
    "…; …"
  ],
  "subnet/reserved": [
    "…; wanted a private range"
  ],
  "token/exists": [
    "there already is a token …"
  ],
  "token/invalid": [
    "found no API token of this controller",
    "found neither an API token of this controller nor a login code"
  ],
  "token/too-many": [
    "… has … tokens"
  ],
  "token/unknown": [
    "there is no token …"
  ],
  "unsupported": [
    "received … that this agent does not support (…)"
  ],
  "upgrade/none": [
    "cluster … is not being upgraded"
  ],
  "upgrade/not-ready": [
    "the labels of the nodes are unknown: …"
  ]
}
