import type { Grant } from '../../../protocol/api/access.ts'
import type { ClusterRole } from '../../../protocol/names.ts'

/** A certificate, with which people or programs act, and how it can end before it expires. */
interface IssuedIdentity {
  createdAt: string
  expiresAt: string
  /** The administrator; null: the controller itself, or an earlier build that did not record it. */
  issuedBy: string | null
  lastUsedAt: string | null
  revokedAt: string | null
  revokedBy: string | null
}

/** A set of installer credentials, with which nodes enrol in the cluster: NAME.pem and its passphrase. */
export interface CredentialSet extends IssuedIdentity {
  /** Unique in the cluster, also among those that are revoked. */
  name: string
  /** Of its certificate, in hexadecimal. Null: an earlier build issued it, and no node has enrolled with it since. */
  serial: string | null
  /** How many nodes can enrol with it; null: any number. */
  maxNodes: number | null
  /** How many have. */
  enrolled: number
  /** Machines can fetch it with the token of a join command. */
  offer?: Offer
}

/** What a machine gets for the token of a join command. The passphrase of the key is in the command only. */
export interface Offer {
  /** Hexadecimal. */
  tokenSha256: string
  expiresAt: string
  /** Encrypted PKCS#8, PEM. Empty after nobody can fetch it any more, like the certificate. */
  key: string
  /** PEM. */
  certificate: string
}

/** A person's access to the API of a cluster: a kubeconfig, whose key and certificate the controller does not have. */
export interface ClusterAccess {
  /** In Kubernetes: see ClusterUser. */
  user: string
  role: ClusterRole
  createdAt: string
  expiresAt: string
  /** Who asked for it, and has the key. */
  issuedBy: string
  revokedAt: string | null
  revokedBy: string | null
  /** Whether the cluster may still have its permissions. */
  isBound: boolean
}

export interface Administrator extends IssuedIdentity {
  /** Of the certificate, in hexadecimal. */
  serial: string
  name: string
}

/** A person who signs in by a password. */
export interface Account {
  name: string
  /** argon2id, in the PHC string format. */
  password: string
  grants: Grant[]
  createdAt: string
  createdBy: string
  lastUsedAt: string | null
  disabledAt: string | null
}

export interface ApiToken extends IssuedIdentity {
  /** SHA-256 of the secret, in hexadecimal. */
  hash: string
  name: string
  grants: Grant[]
  /** Whose it is: it never has more rights than this account. Null: of a person without a local account. */
  account: string | null
}

/** What a session ends with, if it is not that of an account or of a person at the OIDC provider. `id`: its serial number, or the hash of its secret. */
export interface SessionHolder {
  kind: 'administrator' | 'token'
  name: string
  id: string
}

/** Somebody who has signed in. */
export interface UserSession {
  /** SHA-256 of the secret, in hexadecimal. */
  hash: string
  id: string
  /** Of the account, `oidc:` and a name at the OIDC provider, or kind and name of the holder. */
  name: string
  /** Null: the present ones of the account. Those of a holder are the present ones, too. */
  grants: Grant[] | null
  holder: SessionHolder | null
  /** Nobody has exchanged the login code yet, whose hash this is. */
  isCode: boolean
  /** The id of the session with which the login code was created, and ends; null: it was created otherwise, or there was no code. */
  madeBy: string | null
  kind: 'cookie' | 'token'
  /** From which it began. */
  address: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
}
