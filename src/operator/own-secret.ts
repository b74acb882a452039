import { OPERATOR_NAMESPACE } from '../protocol/cluster-namespaces.ts'

/** The API path of the operator's own secret, the only one that it may change. */
export const OWN_SECRET = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/secrets/operator`
