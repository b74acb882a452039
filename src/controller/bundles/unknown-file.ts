import { AgentError } from '../../base/agent-error.ts'
import { remedy } from '../../protocol/api/remedy.ts'

/** A node asked for `what` of a bundle that is not here, or has no such file. */
export const unknownFile = (what: string, sha256: string): AgentError =>
  new AgentError('bundle-file/unknown', `there is no ${what} in a bundle ${sha256}`, {
    ...remedy`import the bundle again: ${{ do: 'bundle.import' }}`,
    kind: 'invalid',
  })
