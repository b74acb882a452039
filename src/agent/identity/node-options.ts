import { attempt } from '../../base/agent-error.ts'
import { Secret } from '../../base/text/secret.ts'
import type { HttpProxy } from '../../host/network.ts'
import { unsealText } from '../../pki/sealing/sealed-text.ts'
import { MOST_NODE_OPTION_BYTES, NODE_OPTIONS, NodeOptions } from '../../protocol/api/identities/node-options.ts'
import { refuse } from './credential-file.ts'

/** The options of an installation that the credentials file has; those of the command line are stronger. */
export interface CarriedOptions {
  /** With the password, if there is one. */
  proxy?: HttpProxy
  registryLogins?: Readonly<Record<string, Secret>>
}

const AGAIN =
  'copy the whole file again, with the passphrase file that was written with it; or create new credentials on the controller (controller creds renew CLUSTER)'

/** Reads the block of NAME.pem. Throws AgentError `credentials/damaged-options`, without what the block says. */
export function readNodeOptions(block: string, passphrase: Secret, credsFile: string): CarriedOptions {
  const damaged = (why: string, cause?: unknown) =>
    refuse('damaged-options', `the block ${NODE_OPTIONS.label} in ${credsFile} ${why}`, AGAIN, cause)
  const text = attempt(
    () => unsealText(block, passphrase.reveal(), NODE_OPTIONS),
    (cause) => damaged('was changed, or was written with another passphrase', cause),
  )
  if (Buffer.byteLength(text) > MOST_NODE_OPTION_BYTES)
    throw damaged(`has ${Buffer.byteLength(text)} bytes; wanted at most ${MOST_NODE_OPTION_BYTES}`)
  // The error of JSON, and that of the schema, may quote a password.
  const { data } = NodeOptions.safeParse(
    attempt(
      () => JSON.parse(text) as unknown,
      () => damaged('is no JSON'),
    ),
  )
  if (!data) throw damaged('has values that this build of the agent does not take')
  const { proxy, registryLogins } = data
  return {
    ...(proxy && { proxy: proxy as HttpProxy }),
    ...(registryLogins && {
      registryLogins: Object.fromEntries(
        Object.entries(registryLogins).map(([host, login]) => [host, new Secret(login)]),
      ),
    }),
  }
}
