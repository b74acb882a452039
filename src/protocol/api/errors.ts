/** The HTTP status of each error code. Any other error is one of the controller or of a node, with status 500. */
export const ERROR_STATUS = {
  'request/invalid': 400,
  'request/no-json': 400,
  'request/too-deep': 400,
  'request/too-large': 413,
  'range/unsatisfiable': 416,
  'protocol/version': 403,

  'identity/none': 403,
  'identity/expired': 403,
  'identity/unknown-role': 403,
  'identity/retired': 403,
  'identity/wrong-role': 403,

  'path/unknown': 404,
  'cluster/unknown': 404,
  'node/unknown': 404,
  'enrol/unknown': 404,
  'bundle-file/unknown': 404,

  'pem/invalid': 400,
  'disk/unusable': 400,
  'interface/missing': 400,
  'interface/no-address': 400,
  'labels/reserved': 400,
  'roles/contradictory': 400,
  'subnet/invalid': 400,
  'subnet/one-node': 400,
  'subnet/overlap': 400,
  'subnet/reserved': 400,
  'subnet/unaligned': 400,

  'bundle/none': 403,
  'cluster/exists': 403,
  'cluster/gone': 403,
  'cluster/in-use': 403,
  'cluster/no-master': 403,
  'cluster/no-nodes': 403,
  'csr/invalid': 403,
  'enrol/cluster-gone': 403,
  'enrol/other-cluster': 403,
  'enrol/refused': 403,
  'enrol/too-many': 403,
  'invitation/not-due': 403,
  'masters/endpoint': 403,
  'masters/even': 403,
  'node/address-changed': 403,
  'node/has-begun': 403,
  'node/in-use': 403,
  'node/key-in-use': 403,
  'node/name-taken': 403,
  'node/no-facts': 403,
  'node/not-configurable': 403,
  'node/other-name': 403,
  'node/removed': 403,
  'operator/not-due': 403,
  'pair-check/busy': 403,
  'pair-check/too-few': 403,
  'roles/too-many-masters': 403,
  'subnet/full': 403,
  unsupported: 403,

  'store/access-denied': 503,
  'store/disk-error': 503,
  'store/full': 503,
  'store/locked': 503,
  'store/no-database': 503,
  'store/no-privilege': 503,
  'store/read-only': 503,
  'store/slow': 503,
  'store/tls': 503,
  'store/unreachable': 503,
  'store/wrong-password': 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

export function statusOf(code: string): number {
  return Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code as ErrorCode] : 500
}

/** Errors with which any request can be refused before its route is called. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'identity/none',
  'identity/expired',
  'identity/unknown-role',
  'identity/wrong-role',
  'identity/retired',
  'node/removed',
  'cluster/gone',
  'path/unknown',
  'request/invalid',
  'store/access-denied',
  'store/disk-error',
  'store/full',
  'store/locked',
  'store/no-database',
  'store/no-privilege',
  'store/read-only',
  'store/slow',
  'store/tls',
  'store/unreachable',
  'store/wrong-password',
]

/** Further such errors of a request with a body. */
export const BODY_ERRORS: readonly ErrorCode[] = ['request/no-json', 'request/too-deep', 'request/too-large']
