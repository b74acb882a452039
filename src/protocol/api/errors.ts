/**
 * The HTTP status of each error code. Any other error is one of the controller or of a node, with status 500. 400: not what
 * the schema says; 403: the client may not; 409: not in the present state; 422: a value that fits the schema, but not the rest.
 * Errors that agents of earlier builds get keep 403.
 */
export const ERROR_STATUS = {
  'request/invalid': 400,
  'request/no-json': 400,
  'request/too-deep': 400,
  'request/too-large': 413,
  'range/unsatisfiable': 416,
  'protocol/version': 403,

  'identity/none': 401,
  'identity/expired': 403,
  'identity/former-ca': 403,
  'identity/unknown-role': 403,
  'identity/retired': 403,
  'identity/wrong-role': 403,
  'identity/not-permitted': 403,
  'identity/revoked': 403,
  'identity/unknown': 403,

  'login/denied': 403,
  'login/invalid-answer': 403,
  'login/lapsed': 403,
  'login/no-name': 403,
  'login/no-role': 403,
  'login/other-browser': 403,
  'oidc/refused': 403,

  'login/no-oidc': 404,
  'path/unknown': 404,
  'cluster/unknown': 404,
  'node/unknown': 404,
  'creds/unknown': 404,
  'kubeconfig/unknown': 404,
  'administrator/unknown': 404,
  'enrol/unknown': 404,
  'bundle/unknown': 404,
  'bundle-file/unknown': 404,

  'kubeconfig/wrong-subject': 422,
  'pem/invalid': 422,
  'disk/unusable': 422,
  'interface/missing': 422,
  'interface/no-address': 422,
  'labels/reserved': 422,
  'roles/contradictory': 422,
  'subnet/invalid': 422,
  'subnet/one-node': 422,
  'subnet/overlap': 422,
  'subnet/reserved': 422,
  'subnet/unaligned': 422,

  'cluster/gone': 403,
  'csr/invalid': 403,
  'enrol/cluster-gone': 403,
  'enrol/other-cluster': 403,
  'enrol/refused': 403,
  'enrol/too-many': 403,
  'enrol/used-up': 403,
  'invitation/not-due': 403,
  'node/key-in-use': 403,
  'node/removed': 403,
  'operator/not-due': 403,

  'kubeconfig/too-many': 409,
  'administrator/exists': 409,
  'administrator/last': 409,
  'backup/busy': 409,
  'bundle/ambiguous': 409,
  'bundle/in-use': 409,
  'bundle/none': 409,
  'ca/no-rotation': 409,
  'ca/rotating': 409,
  'ca/several': 409,
  'ca/stranded': 409,
  'cluster/exists': 409,
  'cluster/in-use': 409,
  'cluster/no-master': 409,
  'cluster/no-nodes': 409,
  'creds/exists': 409,
  'creds/too-many': 409,
  'masters/endpoint': 409,
  'masters/even': 409,
  'node/address-changed': 409,
  'node/has-begun': 409,
  'node/in-use': 409,
  'node/name-taken': 409,
  'node/no-facts': 409,
  'node/not-configurable': 409,
  'node/other-name': 409,
  'idempotency/answer-lost': 409,
  'idempotency/in-progress': 409,
  'pair-check/busy': 409,
  'pair-check/too-few': 409,
  'roles/too-many-masters': 409,
  'subnet/full': 409,
  unsupported: 409,

  'idempotency/other-request': 422,
  'precondition/failed': 412,

  'limit/bytes': 429,
  'limit/connections': 429,
  'limit/downloads': 429,
  'limit/logins': 429,
  'limit/pipelined': 429,
  'limit/requests': 429,
  'limit/waiting': 429,

  'oidc/unreachable': 503,

  'kubeconfig/no-master': 503,
  'kubeconfig/not-yet': 503,
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
  'identity/former-ca',
  'identity/unknown-role',
  'identity/wrong-role',
  'identity/not-permitted',
  'identity/retired',
  'identity/revoked',
  'identity/unknown',
  'node/removed',
  'cluster/gone',
  'limit/connections',
  'limit/pipelined',
  'limit/requests',
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

/** Further such errors of a request with If-Match, and of one with an Idempotency-Key. */
export const VERSIONED_ERRORS: readonly ErrorCode[] = ['precondition/failed']
export const REPEATABLE_ERRORS: readonly ErrorCode[] = [
  'idempotency/answer-lost',
  'idempotency/in-progress',
  'idempotency/other-request',
]

/** Further such errors of a request with a body. */
export const BODY_ERRORS: readonly ErrorCode[] = [
  'limit/bytes',
  'request/no-json',
  'request/too-deep',
  'request/too-large',
]
